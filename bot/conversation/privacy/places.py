"""Finds postal addresses, postcodes and rooms: where one person can be met, not the city or country they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.conversation.privacy import lexicon
from bot.conversation.privacy.scan import Found

_STREET = (
    r"(?:street|str|st|road|rd|row|lane|ln|avenue|ave|drive|court|ct|close|crescent|cres|way|place|pl|"
    r"terrace|square|sq|boulevard|blvd|"
    r"gardens?|grove|hill|mews|walk|parkway|pkwy|highway|hwy|circle|cir|trail|rise|view|quay|wharf|green|"
    r"alley|parade|estate)"
)
_HOUSE_FIRST = re.compile(
    rf"(?<![\w.,:/-])(?:(?:flat|apt\.?|apartment|unit|suite|no\.?|number) {{0,1}}\w{{1,5}},? )"
    rf"?\d{{1,5}}[a-z]?(?:-\d{{1,4}})?,? "
    rf"(?P<name>(?:(?:n|s|e|w|north|south|east|west|old|new|the)\.? )?[^\W\d_][\w'.-]{{1,24}}(?: "
    rf"[^\W\d_][\w'.-]{{1,24}}){{0,3}}?) (?P<type>{_STREET})\b\.?",
    re.IGNORECASE,
)
_GERMAN = re.compile(
    r"\b[A-ZÄÖÜa-zäöü][\w-]{2,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm) "
    r"\d{1,4}[a-z]?\b(?:,? (?:D-)?\d{5} [A-ZÄÖÜ][\w-]{1,30})?"
)
_FRENCH = re.compile(
    r"\b\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|av\.?|boulevard|bd|place|chemin|allée|impasse|quai|route|cours) "
    r"(?:(?:de|du|des|la|le|les|l'|d') ?){0,2}[\w'-]{2,30}(?: [A-ZÉ][\w'-]{1,30}){0,3}(?:,? \d{5}(?: "
    r"[A-ZÉ][\w'-]{1,30})?)?",
    re.IGNORECASE,
)
_SPANISH = re.compile(
    r"\b(?:calle|c/|avenida|avda\.?|plaza|paseo|carrera|camino|via|viale|corso|rua|travessa) ?(?:(?:de|"
    r"del|la|las|los|el|da|do|dei) ){0,2}"
    r"[^\W\d_][\w'-]{1,30}(?: [^\W\d_][\w'-]{1,30}){0,3},? ?(?:n[º°.]? ?|número )?\d{1,4}[a-z]?\b(?:,? "
    r"\d{4,5}(?: [^\W\d_][\w-]{1,30})?)?",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"\b(?:p\.? ?o\.? ?box|postfach|apartado(?: de correos)?|bo[iî]te postale) ?#?\d{1,8}\b", re.IGNORECASE
)
_HOME = re.compile(
    r"(?i:\b(?:(?:home |postal |street |mailing )?address(?: is| was|:)|(?:i|we) live (?:at|on)|living "
    r"at|resid(?:e|ing) at|lives at|wohne (?:in der|am|in)|vivo en|habite(?: au)?) )"
    r"(?P<place>(?:(?:no\.?|number|flat) )?\d{1,5}[a-z]? [^\W\d_][^,.;!?\n]{1,40}?)(?=[,.;!?\n]|(?i: "
    r"(?:and|but|so|is|are|what|how|can|i|y|und|et)\b)|$)"
)
_TOWN = re.compile(
    r",? (?i:apt|apartment|flat|unit|suite)\.? ?\w{1,5}\b|,? ?[A-ZÀ-Ý][\w'-]{1,24}(?: "
    r"[A-ZÀ-Ý][\w'-]{1,24}){0,2}(?=[,.;!?)\n]|$|(?: (?:and|but|so|UK|USA)\b))|,? ?[A-Z]{2} "
    r"\d{5}(?:-\d{4})?\b|,? [A-Z]{2}\b(?=[,.;]|$)|,? \d{5}\b"
)
_LOWER_TOWN = re.compile(r",? [a-z][a-z'-]{2,24}(?=[,.;!?)\n]| (?:and|but|so|i|what|how|is|can)\b|$)")
_BRITISH_AREAS = (
    "AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|B|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH|"
    "EN|EX|E|FK|FY|GL|GU|G|HA|HD|HG|HP|"
    "HR|HS|HU|HX|IG|IM|IP|IV|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|L|ME|MK|ML|M|NE|NG|NN|NP|NR|NW|N|OL|OX|PA|"
    "PE|PH|PL|PO|PR|RG|RH|RM|SA|SE|SG|"
    "SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|S|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|W|YO|ZE"
)
_BRITISH_CODE = re.compile(rf"\b(?:{_BRITISH_AREAS})\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{{2}}\b")
_CANADIAN_CODE = re.compile(r"\b[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d\b")
_NAMED_CODE = re.compile(
    r"(?i:\b(?:zip(?: ?code)?|post ?code|postal code|plz|postleitzahl|c[oó]digo postal|code postal)(?: "
    r"is|:| =)? ?)([A-Za-z]{0,2}\d[A-Za-z\d]{0,4}(?:[ -]\d[A-Za-z\d]{1,4})?)\b"
)
_STATE_CODE = re.compile(
    r"\b(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|"
    r"T[NX]|UT|V[AT]|W[AIVY]) \d{5}(?:-\d{4})?\b"
)
_ROOM = re.compile(
    r"\b(?:room|rm|zimmer|chambre|habitaci[oó]n|stanza|kamer|ward|cubicle) (?:no\.? ?|number |nr\.? ?|n° ?|is |# ?)?"
    r"(?:[a-z]-?)?\d{1,4}[a-z]?\b(?![.%/]\d|%)(?:,? (?:bed|bett|lit|cama|bay) (?:no\.? ?|number )?\d{1,3}[a-z]?\b)?"
    r"(?! ?(?:°|degrees?|hours?|days?|weeks?|months?|times?|people|beds))",
    re.IGNORECASE,
)
_PLAIN_TYPES = frozenset(
    {"street", "road", "rd", "lane", "avenue", "ave", "boulevard", "blvd", "crescent", "drive", "row"}
)

_NO_STREET = lexicon.FUNCTION_WORDS | {
    *("mg", "mcg", "ml", "people", "patients", "days", "weeks", "months", "years", "hours", "minutes", "times")
}


def find_places(text: str) -> Iterator[Found]:
    """Yield addresses (with the town right behind them), postcodes and rooms."""
    for match in _HOUSE_FIRST.finditer(text):
        if _is_street(match):
            yield Found(match.start(), _with_town(text, match.end(), is_lower=match.group().islower()), "address")
    for match in _HOME.finditer(text):
        yield Found(
            match.start("place"), _with_town(text, match.end(), is_lower=match.group("place").islower()), "address"
        )
    for pattern in (_GERMAN, _FRENCH, _SPANISH, _BOX):
        yield from (Found(match.start(), match.end(), "address") for match in pattern.finditer(text))
    for pattern in (_BRITISH_CODE, _CANADIAN_CODE, _STATE_CODE):
        yield from (Found(match.start(), match.end(), "address") for match in pattern.finditer(text))
    yield from (Found(match.start(1), match.end(1), "address") for match in _NAMED_CODE.finditer(text))
    yield from (Found(match.start(), match.end(), "room") for match in _ROOM.finditer(text))


def _is_street(match: re.Match[str]) -> bool:
    """Tell "14 Larkspur Row" from "15 people on the way": capitals, or a plain name before the street."""
    words = match.group("name").split()
    if all(word[0].isupper() for word in words) and match.group("type")[0].isupper():
        return True
    is_plain = match.group("type").casefold() in _PLAIN_TYPES
    return is_plain and _NO_STREET.isdisjoint(word.casefold() for word in words)


def _with_town(text: str, end: int, *, is_lower: bool) -> int:
    for _ in range(3):
        match = (_LOWER_TOWN if is_lower else _TOWN).match(text, end)
        if match is None or match.group().strip(", ").casefold() in lexicon.FUNCTION_WORDS:
            break
        end = match.end()
        if is_lower:
            break
    code = re.compile(rf",? ?(?:{_BRITISH_CODE.pattern})").match(text, end)
    return code.end() if code else end
