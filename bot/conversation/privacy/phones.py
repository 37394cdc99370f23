"""Finds telephone numbers, in figures (judged by the phonenumbers library) and spoken out in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from bot.conversation.privacy.scan import Found

REGIONS = ("US", "GB", "ES", "IN")
"""Whose national forms are tried without a country code or a leading zero, which most other countries write."""

MAX_CHECKS = 600
"""Library calls for one message, about 20 ms; beyond it, whatever has nine digits is taken for a telephone number."""

_CANDIDATE = re.compile(
    r"(?<![\w.,:/-])(?:\+ ?|00 ?)?\(?\d(?:(?: |-|\.|/|\) ?| \(|\)-| - )?\d){5,17}(?![\w%])(?![.,:]\d)"
)
_GROUP = re.compile(r"\d+")
_CONTEXT = re.compile(
    r"(?:phone|\btel\b|telephone|mobile|\bmob\b|\bcell\b|\bcall|\bring\b|\btext\b|\btxt\b|\breach\b|"
    r"whatsapp|\bsignal\b|\bfax\b|contact|"
    r"\bsms\b|\bdial\b|landline|my number|number is|\bhandy\b|m[oó]vil|tel[eé]fono|telefon|"
    r"t[eé]l[eé]phone|portable|rufnummer|ll[aá]mame)"
    r"[^.!?\n\d]{0,30}$",
    re.IGNORECASE,
)
_AMERICAN = re.compile(r"(?:1[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}$")
_DATE = re.compile(
    r"(?:\d{1,2}[/. -]\d{1,2}[/. -](?:19|20)?\d\d|(?:19|20)\d\d[/. -]\d{1,2}[/. -]\d{1,2}|(?:(?:19|20)"
    r"\d\d[ /-]*)+)$"
)
_TRIPLES = re.compile(r"\d{1,3}(?: \d{1,3}){2,}$")
_DIGIT_WORD = (
    r"(?:zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine|double|triple|cero|uno|dos|tres|"
    r"cuatro|cinco|seis|siete|ocho|"
    r"nueve|null|eins|zwei|zwo|drei|vier|fünf|fuenf|sechs|sieben|acht|neun|z[eé]ro|deux|trois|quatre|"
    r"cinq|sept|huit|neuf|\d{1,4})"
)
_SPOKEN = re.compile(rf"\b{_DIGIT_WORD}(?:[ ,.-]{{1,3}}{_DIGIT_WORD}){{5,19}}\b", re.IGNORECASE)


def find_phones(text: str) -> Iterator[Found]:
    """Yield telephone numbers; helplines and dates are left to the caller's protected ranges."""
    checks = _Checks()
    for match in _CANDIDATE.finditer(text):
        has_context = _CONTEXT.search(text[max(0, match.start() - 48) : match.start()]) is not None
        window = _phone_window(match.group(), has_context=has_context, checks=checks)
        if window is not None:
            yield Found(match.start() + window[0], match.start() + window[1], "phone")
    for match in _SPOKEN.finditer(text):
        if len(re.findall(r"[^\W\d_]{2,}", match.group())) >= 4:
            yield Found(match.start(), match.end(), "phone")


class _Checks:
    """Counts the library calls of one message."""

    def __init__(self) -> None:
        self.left = MAX_CHECKS

    def is_valid(self, number: str, region: str) -> bool:
        self.left -= 1
        try:
            return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
        except phonenumbers.NumberParseException:
            return False


def _phone_window(candidate: str, *, has_context: bool, checks: _Checks) -> tuple[int, int] | None:
    """Return the part of a run of figures that is a telephone number: other numbers may stand right beside it."""
    groups = [match.span() for match in _GROUP.finditer(candidate)]
    for first in range(min(3, len(groups))):
        for last in range(len(groups) - 1, first - 1, -1):
            start = groups[first][0] if first else 0
            if _is_phone(candidate[start : groups[last][1]], has_context=has_context, checks=checks):
                return start, groups[last][1]
    return None


def _is_phone(number: str, *, has_context: bool, checks: _Checks) -> bool:
    count = sum(character.isdigit() for character in number)
    if number.startswith("+"):
        return 8 <= count <= 15
    if count > 15 or count < 6 or _DATE.match(number) or _is_decimal_list(number):
        return False
    if has_context or (number.startswith("00") and count >= 10):
        return True
    return count >= 9 and _is_national(number, count, checks)


def _is_decimal_list(number: str) -> bool:
    separators = {character for character in number if not character.isdigit() and character not in "()"}
    return "." in separators and len(separators) > 1


def _is_national(number: str, count: int, checks: _Checks) -> bool:
    if number.lstrip("(").startswith("0"):
        return 9 <= count <= 12
    if _TRIPLES.match(number):
        return False
    if checks.left <= 0:
        return True
    if _AMERICAN.match(number):
        return checks.is_valid(number, "US") or checks.is_valid(number, "IN")
    return any(checks.is_valid(number, region) for region in REGIONS)
