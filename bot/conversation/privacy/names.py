"""Finds people's names, but only where someone is introduced, addressed or signed as that person.

A name on its own is not looked for: "the Müller series of 2024" and "Hodgkin lymphoma" must stay. What gives a name
away is the phrase in front of it ("my name is", "Dr", "my daughter"), the word behind it ("Bruno Tester here"), or its
place at the end as a signature. The phrase also says how sure we are, and so how a name in lower case is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from bot.conversation.privacy import lexicon
from bot.conversation.privacy.scan import Found

MAX_NAME_WORDS = 6
MAX_NAMES = 6


class Trust(Enum):
    """How far the phrase before a name is trusted.

    GIVEN: "my name is": whatever stands there is a name. TITLE: "Dr": a capital, or no everyday word.
    HINT: "I'm", "my daughter": a known first name, or capitals that are no everyday word.
    FOREIGN: "ich bin", "soy": a known first name only, for nouns take capitals in German.
    """

    GIVEN = 1
    TITLE = 2
    HINT = 3
    FOREIGN = 4


_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f]|['-](?=[^\W\d_])){0,40}")
_GAP = re.compile(r"[ \t]{1,3}|(?<=\.)[ \t]{0,3}")

_KIN = (
    r"(?:daughters?|sons?|kids|children|wife|husband|partner|mother|mum|mom|mam|father|dad|sister|"
    r"brother|child|kid|baby|girl|boy|twins?|friend|mate|"
    r"girlfriend|boyfriend|fianc[eé]e?|aunt|auntie|uncle|niece|nephew|cousin|grand(?:mother|father|son|"
    r"daughter|ma|pa)|gran|nan|"
    r"doctor|doc|consultant|nurse|rheumatologist|nephrologist|oncologist|ha?ematologist|neurologist|"
    r"surgeon|gp|specialist|"
    r"coordinator|care?giver|carer|neighbou?r|colleague|boss|teacher|patient|(?:mother|father|sister|"
    r"brother|daughter|son)[ -]in[ -]law|"
    r"hija|hijo|esposa|esposo|marido|mujer|madre|padre|hermana|hermano|amiga|amigo|doctora?|tochter|sohn|"
    r"frau|mann|mutter|vater|schwester|"
    r"bruder|freundin|freund|ärztin|arzt|fille|fils|femme|mari|mère|père|sœur|soeur|frère|amie?|médecin)"
)
_OWNER = r"(?:my|our|his|her|their|the|mi|nuestra|nuestro|meine?|unsere?|ma|mon|notre)"

_PHRASES: tuple[tuple[Trust, re.Pattern[str]], ...] = (
    (
        Trust.GIVEN,
        re.compile(
            r"\b(?:my|me) ?(?:full |first |last |maiden |real |sur|legal )?na(?:m|me|em|mes)(?:'?s| is| iz| was|"
            r":| =)(?: (?:is|dr|mr|mrs|ms)\.?)?(?= )",
            re.IGNORECASE,
        ),
    ),
    (
        Trust.GIVEN,
        re.compile(
            r"\b(?:his|her|their|full|first|last|maiden|patient|child'?s|(?:my |our )\w{2,15}'s|surname|forename)"
            r" ?(?:name|surname)?(?:'s| is| was)? ?(?:(?<=name is)|(?<=name was)|(?<=name's)|(?<=name)[ ]?[:=])"
            r"(?= )",
            re.IGNORECASE,
        ),
    ),
    (Trust.GIVEN, re.compile(r"(?:^|[\n.;,(])\s{0,3}(?:sur|fore)?name ?[:=]", re.IGNORECASE)),
    (
        Trust.GIVEN,
        re.compile(
            r"\b(?:me llamo|mi nombre es|se llama|ich hei(?:ß|ss|s)e|mein name ist|hei(?:ß|ss)t|(?:je )?m'? "
            r"?appell?e|mon nom est|s'appelle|mi chiamo|(?:o )?meu nome [eé]|me chamo|ik heet|mijn naam is)(?= )",
            re.IGNORECASE,
        ),
    ),
    (
        Trust.HINT,
        re.compile(
            r"\b(?:(?:i am|i'm|im|i m)(?: called| named)?|this is|it's|its|it is|here is|call me|they call me|"
            r"known as|(?:hi|hello|hey),? from|signed|named|patient|caller)[:,]?(?= )",
            re.IGNORECASE,
        ),
    ),
    (
        Trust.HINT,
        re.compile(
            rf"\b{_OWNER} (?:[^\W\d_]{{2,14}} ){{0,2}}?{_KIN}(?:'s name is| is called| is named| called| named| "
            rf"is| are)?[,:]?(?= )",
            re.IGNORECASE,
        ),
    ),
    (Trust.FOREIGN, re.compile(r"\b(?:soy|ich bin|hier ist|je suis|c'est|sono|sou|eu sou|ik ben)(?= )", re.IGNORECASE)),
    (Trust.TITLE, re.compile(r"\b(?:dr|prof|mr|mrs)(?:\.(?= ?[^\W\d_])|(?= ))", re.IGNORECASE)),
    (
        Trust.HINT,
        re.compile(
            r"\b(?:Ms|MS|Miss|Mx|Nurse|nurse|Sister|Doctor|doctor|Professor|professor|Herrn?|Frau|Se[nñ]ora?|"
            r"Sra?|Dra|Monsieur|Madame|Mme|Docteur)\.?(?= )"
        ),
    ),
    (
        Trust.HINT,
        re.compile(
            r"\b(?:kind regards|best regards|regards|many thanks|thanks|thank you|cheers|sincerely|yours|best "
            r"wishes|saludos|gr(?:ü|ue)(?:ß|ss)e|cordialement)[,.!]{0,2}\s{1,4}(?=\S{1,30}(?: \S{1,30}){0,2}\s*$)",
            re.IGNORECASE,
        ),
    ),
)
# "call Zebulon Quarrie on 555 …": two capitals, and neither an everyday word.
_TO_CALL = re.compile(
    r"\b(?:[Cc]all|[Pp]hone|[Rr]ing|[Tt]ext|[Ee]-?mail|[Cc]ontact|[Aa]sk for|(?:[Tt]alk|[Ss]peak) (?:to|with)|[Rr]each)"
    r"(?= [A-Z][^\W\d_]{1,30} [A-Z])"
)
_FAMILY = re.compile(r"\b[Ww]e(?: are|'re) the (?=([A-Z][a-z]{2,20}s)\b(?! (?:of|who|that)\b))")
_HERE = re.compile(
    r"(?:^|[.,!;:\n]\s{0,2}|\b(?:hi|hello|hey)\s)((?:[^\W\d_][^\W\d_'.-]{0,30}\s){1,3})(?=here\b|"
    r"speaking\b|again\b)",
    re.IGNORECASE,
)
_LAST_LINE = re.compile(r"\n[ \t]*[-~]{0,2}[ \t]*(?=[^\n]{2,60}\s*$)")
_JOINED = re.compile(r"(?:,|,? (?:and|&|y|und|et))(?= )", re.IGNORECASE)
_CLOSED = re.compile(r"[,.!;:\n]|$|,? (?:and|here|from)\b")
_STUDY = re.compile(
    r"(?:'s?)?\s{0,2}(?:\(?(?:19|20)\d\d\b|et al|and colleagues|series\b|stud(?:y|ies)\b|paper\b|trial\b|"
    r"publication\b)",
    re.IGNORECASE,
)


def find_names(text: str) -> Iterator[Found]:
    """Yield the names that a message gives, without their titles."""
    for trust, phrase in _PHRASES:
        for match in phrase.finditer(text):
            yield from _names_at(text, match.end(), trust)
    for match in _TO_CALL.finditer(text):
        named = _name_at(text, match.end(), Trust.HINT)
        yield from (found for found in named if _is_full(text[found.start : found.end]))
    for match in _FAMILY.finditer(text):
        if _is_family(match.group(1)):
            yield Found(match.start(1), match.end(1), "name")
    for match in _HERE.finditer(text):
        yield from (found for found in _name_at(text, match.start(1), Trust.HINT) if found.end >= match.end(1) - 2)
    for match in _LAST_LINE.finditer(text):
        yield from (found for found in _name_at(text, match.end(), Trust.HINT) if not text[found.end :].strip(" .\n\t"))


def _names_at(text: str, at: int, trust: Trust) -> Iterator[Found]:
    """Yield one name, and the first names that "and" or a comma joins to it."""
    for _ in range(MAX_NAMES):
        found = next(iter(_name_at(text, at, trust)), None)
        if found is None:
            return
        yield found
        joined = _JOINED.match(text, found.end)
        if joined is None:
            return
        at, trust = joined.end(), Trust.FOREIGN


def _name_at(text: str, at: int, trust: Trust) -> Iterator[Found]:
    """Walk over the words of one name; `at` is where the phrase before it ended."""
    start, end = -1, -1
    position = at
    for count in range(MAX_NAME_WORDS):
        match = _next_word(text, position, is_first=count == 0)
        if match is None:
            break
        word, stop = _bare(match)
        is_dotted = text[stop : stop + 1] == "."
        is_particle = word.casefold() in lexicon.PARTICLES and not is_dotted and (start >= 0 or word[0].isupper())
        if not is_particle and not _belongs(text, word, stop, trust, first_letter=text[start] if end >= 0 else ""):
            break
        start = match.start() if start < 0 else start
        position = stop + 1 if len(word) == 1 and is_dotted else stop
        end = end if is_particle else position
        if stop < match.end():
            break
    if end - start > 1 and start >= 0 and not _is_source(text, start, end, trust):
        yield Found(start, end, "name")


def _belongs(text: str, word: str, stop: int, trust: Trust, *, first_letter: str) -> bool:
    """Tell whether a word is part of the name; `first_letter` is the name's, empty before its first word."""
    if _is_initial(word, is_dotted=text[stop : stop + 1] == "."):
        return True
    if first_letter:
        return _is_next_word(word, first_letter, trust)
    return _is_first_word(word, trust, text[stop : stop + 5])


def _next_word(text: str, position: int, *, is_first: bool) -> re.Match[str] | None:
    gap = _GAP.match(text, position)
    if gap is None and not is_first:
        return None
    return _WORD.match(text, gap.end() if gap else position)


def _bare(match: re.Match[str]) -> tuple[str, int]:
    """Return the word without a possessive ending, and where it ends."""
    word = match.group()
    if word.casefold().endswith("'s") and len(word) > 2:
        return word[:-2], match.end() - 2
    return word, match.end()


def _is_full(name: str) -> bool:
    """Tell first and last name from "Poison Control"."""
    words = name.casefold().split()
    return len(words) > 1 and lexicon.everyday_words().isdisjoint(words)


def _is_family(word: str) -> bool:
    """Tell "the Johnsons" from "the Parents" and "the Americans"."""
    singular = word.casefold().removesuffix("s").removesuffix("e")
    known = lexicon.everyday_words() | lexicon.NEVER_NAMES
    return _may_be_name(singular) and known.isdisjoint({singular, singular + "e", word.casefold()})


def _is_initial(word: str, *, is_dotted: bool) -> bool:
    return len(word) == 1 and (is_dotted or (word.isupper() and word not in "AI"))


def _is_first_word(word: str, trust: Trust, behind: str) -> bool:
    """Judge the word right behind the phrase; `behind` is the text that follows it."""
    lower = word.casefold()
    if not _may_be_name(lower):
        return False
    if lower in lexicon.first_names():
        return True
    if _is_capital(word) and trust is not Trust.FOREIGN:
        is_plain = lower in lexicon.everyday_words() or _is_plain_ending(lower)
        return trust is not Trust.HINT or not is_plain or lower in lexicon.CAPITAL_NAMES
    if trust is Trust.HINT:
        return lower in lexicon.LOWER_NAMES and _CLOSED.match(behind) is not None
    return trust is Trust.GIVEN or (trust is Trust.TITLE and lower not in lexicon.everyday_words())


def _is_next_word(word: str, first_letter: str, trust: Trust) -> bool:
    """Judge a further word: after a capitalised first name, a surname has a capital too."""
    lower = word.casefold()
    if not _may_be_name(lower):
        return False
    if _is_capital(word) or lower in lexicon.first_names():
        return True
    is_lower_too = not first_letter.isupper() or word.isupper() or trust is Trust.GIVEN
    return is_lower_too and lower not in lexicon.everyday_words()


def _may_be_name(lower: str) -> bool:
    return len(lower) > 1 and lower not in lexicon.NEVER_NAMES and lower not in lexicon.FUNCTION_WORDS


def _is_capital(word: str) -> bool:
    return word[0].isupper() and not (word.isupper() and len(word) > 1)


def _is_plain_ending(lower: str) -> bool:
    """Tell an adjective or adverb that happens to be capitalised from a name."""
    return lower.endswith(("ing", "ly", "ish", "ese", "tion", "ness", "itis")) or (
        lower.endswith("ed") and len(lower) > 4
    )


def _is_source(text: str, start: int, end: int, trust: Trust) -> bool:
    """An author of a publication is a source, not a person in the talk."""
    return trust is not Trust.GIVEN and _STUDY.match(text, end) is not None and len(text[start:end].split()) < 3
