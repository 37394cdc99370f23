"""Finds numbers that point to one person: health, insurance and identity numbers, cards, bank accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.conversation.privacy.scan import Found

_WHOSE = (
    r"(?:nhs|mrn|medical records?|health records?|records?|hospital|patient|insurance|insurer|insured|"
    r"policy|member(?:ship)?|subscriber|group|"
    r"consent|case|claim|passport|driv(?:er'?s?|ing) licen[cs]e|licen[cs]e|ssn|social security|social "
    r"insurance|national insurance|ni|"
    r"medicare|medicaid|health ?card|chi|identity|id card|national|employee|student|participant|subject|"
    r"screening|file|chart|booking|"
    r"prescription|visa|tax|account|acct|routing|sort code|customer|order|beneficiary|dni|nie|nif|nss|"
    r"ssn|bsn|siren|steuer|cedula|cpf|aadhaar|"
    r"versicherten|versicherungs|krankenkassen|krankenversicherungs|ausweis|reisepass|pasaporte|passeport|pass|"
    r"seguridad social|s[eé]curit[eé] sociale|carte vitale|tarjeta sanitaria|historia cl[ií]nica|expediente|dossier)"
)
_KIND = (
    r"(?:card |security |policy |identification |registration |reference |ref |de |d')?(?:numbers?|num|"
    r"no|nr|nummer|n[uú]mero|num[eé]ro|n°|nº|id|identifier|code|ref|reference|#)"
)
_LINK = r"[.:]?\s{0,2}(?:is|was|es|ist|est|:|=|#|-)?\s{0,2}"
_VALUE = (
    r"(?P<value>(?:[A-Za-z]{1,4}[ /-]?)?\d[A-Za-z0-9]{0,19}(?:[/_-][A-Za-z0-9]{1,12}){0,5}(?: (?:\d{2,6}|"
    r"[A-Z])(?![\w'.])){0,6})(?![\w@])"
)

_NAMED = re.compile(rf"(?i:\b{_WHOSE}[ -]?{_KIND}{_LINK}){_VALUE}")
_BARE_LABEL = re.compile(rf"(?i:\b{_WHOSE}{_LINK}){_VALUE}")
_ANY_NUMBER = re.compile(rf"(?i:\b(?:number|no\.|nr\.|num\.|id|#)\s{{0,2}}(?:is |: ?|= ?)?){_VALUE}")
_OWN = re.compile(
    rf"(?i:\b(?:my|his|her|our|their) (?:id|pin|mrn|ref|reference|file|chart|record|case|policy|member(?:ship)?)"
    rf"(?: {_KIND})?{_LINK}){_VALUE}"
)
_SOCIAL_SECURITY = re.compile(r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])")
_NATIONAL_INSURANCE = re.compile(
    r"\b(?!(?:BG|GB|NK|KN|TN|NT|ZZ))[A-CEGHJ-PR-TW-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]\b"
)
_HEALTH_SERVICE = re.compile(r"(?<![\w.+-])\d{3}[ -]\d{3}[ -]\d{4}(?![\w-])")
_SPANISH_ID = re.compile(r"\b(?:\d{8}|[XYZxyz]\d{7})[- ]?[A-HJ-NP-TV-Za-hj-np-tv-z]\b")
_LONG = re.compile(r"(?<![\w.,])\d(?:[ -]?\d){8,40}(?![\w])(?!,\d)")
_CARD = re.compile(r"(?<![\w.+])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b")
_SORT_CODE = re.compile(r"(?i:\bsort ?code\W{0,3}(?:is )?)(\d{2}[- ]?\d{2}[- ]?\d{2})\b")

_DATE = re.compile(r"(?:\d{1,2}[/-]\d{1,2}[/-]\d{2,4}|(?:19|20)\d\d(?:[/-](?:(?:19|20)\d\d|\d{1,2})){0,2})$")
_ROUND = re.compile(r"\d0+$")
_SPANISH_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def find_numbers(text: str) -> Iterator[Found]:
    """Yield numbers of records, insurance, identity papers, cards and accounts, without their labels."""
    yield from _cards_and_accounts(text)
    yield from _labelled(text)
    for pattern in (_SOCIAL_SECURITY, _NATIONAL_INSURANCE):
        yield from (Found(match.start(), match.end(), "number") for match in pattern.finditer(text))
    for pattern, is_real in (
        (_HEALTH_SERVICE, _is_health_service),
        (_SPANISH_ID, _is_spanish_id),
        (_LONG, _is_long_id),
    ):
        yield from (Found(m.start(), m.end(), "number") for m in pattern.finditer(text) if is_real(m.group()))


def _cards_and_accounts(text: str) -> Iterator[Found]:
    yield from (Found(m.start(), m.end(), "card") for m in _CARD.finditer(text) if _is_card(m.group()))
    for match in _IBAN.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()].casefold()
        if "iban" in before or _is_iban(match.group()):
            yield Found(match.start(), match.end(), "account")
    yield from (Found(m.start(1), m.end(1), "account") for m in _SORT_CODE.finditer(text))


def _labelled(text: str) -> Iterator[Found]:
    for pattern, min_digits in ((_NAMED, 3), (_OWN, 3), (_BARE_LABEL, 5), (_ANY_NUMBER, 4)):
        for match in pattern.finditer(text):
            value = match.group("value")
            digits = _digits(value)
            is_marked = pattern is not _ANY_NUMBER or len(digits) > 5 or re.search("[A-Za-z-]", value)
            if len(digits) >= min_digits and is_marked and not _DATE.match(value):
                yield Found(match.start("value"), match.end("value"), "number")


def _digits(value: str) -> str:
    return "".join(character for character in value if character.isdigit())


def _is_card(value: str) -> bool:
    """Accept what is grouped like a card or passes the Luhn check, and is not one round number."""
    digits = _digits(value)
    is_grouped = value.count(" ") + value.count("-") >= 2
    return not _ROUND.match(digits) and (is_grouped or len(digits) == 16 or _passes_luhn(digits))


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _is_iban(value: str) -> bool:
    compact = value.replace(" ", "").upper()
    if len(_digits(compact)) < 8 or not compact.isascii():
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def _is_health_service(value: str) -> bool:
    """Check the last digit of a British health number (modulus 11)."""
    digits = [int(digit) for digit in _digits(value)]
    check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return check % 11 == digits[9] and check != 10


def _is_spanish_id(value: str) -> bool:
    number = value[:-1].strip("- ").upper().translate(str.maketrans("XYZ", "012"))
    return _SPANISH_LETTERS[int(number) % 23] == value[-1].upper()


def _is_long_id(value: str) -> bool:
    """Nine digits and more in one run, or grouped so that no list of results looks like it."""
    digits = _digits(value)
    return not _ROUND.match(digits) and (value.isdigit() or len(digits) > 19)
