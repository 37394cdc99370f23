"""Finds dates of birth, and only those: a date is one when the words beside it say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.conversation.privacy.scan import Found

_MONTH = (
    r"(?:jan|feb|fév|fev|m[aä]r|a[pbv]r|ma[iyg]|j?u[nl]|jui|jun|jul|ao[uû]|a[gu][gou]|sep|set|o[ck]t|ott|"
    r"out|nov|d[eéi][czs]|ene|gen|giu|lug)"
    r"[^\W\d_]{0,8}\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|er|\.|º)?"
_YEAR = r"(?:(?:19|20)\d\d|'?\d\d)(?!\d)"
_FULL = (
    rf"(?:\d{{1,2}} ?[/.-] ?\d{{1,2}} ?[/.-] ?(?:\d{{4}}|\d\d)(?!\d)|\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}}|"
    rf"(?<!\d)\d{{8}}(?!\d)|"
    rf"{_DAY} ?(?:of |de |-|/)?{_MONTH},?(?: ?(?:of |de |del |-|/)?{_YEAR})?|{_MONTH} {_DAY}(?!\d),?(?: "
    rf"{_YEAR})?|\d{{1,2}}/\d{{1,2}}(?![\d/])|"
    rf"\d{{1,2}} \d{{1,2}} (?:19|20)?\d\d(?!\d))"
)
_BORN = (
    r"\b(?:d\.? ?o\.? ?b\.?|date of birth|birth ?date|birth ?day|b-?day|born|geboren|geb\.|geburtsdatum|"
    r"geburtstag|née?|date de naissance|"
    r"naci(?:do|da|ó)?|nací|fecha de nacimiento|cumpleaños|nat[oa]|data di nascita|nascid[oa]|nasci|data "
    r"de nascimento|geboortedatum)"
)
_AFTER = re.compile(
    rf"{_BORN}[\s:=,(-]{{0,4}}(?:(?:is|was|on|the|in|am|le|el|den|op|il|em|:|=) ?)"
    rf"{{0,4}}(?P<date>{_FULL})",
    re.IGNORECASE,
)
_NEAR = re.compile(rf"{_BORN}(?: [^\W\d_]{{1,14}}){{1,5}} (?P<date>{_FULL})", re.IGNORECASE)
_MONTH_ONLY = re.compile(rf"{_BORN} (?:in |en |im )?(?P<date>{_MONTH} (?:of |de )?{_YEAR})", re.IGNORECASE)
_BEFORE = re.compile(
    rf"(?<![\d.])(?P<date>{_FULL}) {{0,2}}[(,]?(?: ?(?:is|was) )?(?: ?(?:my|his|her|our|their) "
    rf"(?:\w{{2,12}}'s )?)?(?:dob|date of birth|birth ?date|birthday)\b",
    re.IGNORECASE,
)


def find_births(text: str) -> Iterator[Found]:
    """Yield the dates of birth; a year of birth alone stays, as an age does."""
    for pattern in (_AFTER, _NEAR, _MONTH_ONLY, _BEFORE):
        for match in pattern.finditer(text):
            yield Found(match.start("date"), match.end("date"), "birth_date")
