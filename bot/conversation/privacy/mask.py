"""Masks a message: the one function that the service calls before anything else looks at patient text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.conversation.privacy.births import find_births
from bot.conversation.privacy.contacts import find_contacts
from bot.conversation.privacy.names import find_names
from bot.conversation.privacy.numbers import find_numbers
from bot.conversation.privacy.phones import find_phones
from bot.conversation.privacy.places import find_places
from bot.conversation.privacy.scan import Found, scan

MARKS: Mapping[str, str] = {
    "link": "[link]",
    "email": "[e-mail]",
    "secret": "[password]",
    "birth_date": "[date of birth]",
    "address": "[address]",
    "room": "[room]",
    "account": "[account number]",
    "card": "[card number]",
    "number": "[number]",
    "phone": "[phone]",
    "handle": "[handle]",
    "name": "[name]",
}
"""What stands in the text instead, by kind; where two kinds overlap, the one named first here is kept."""

MAX_CHARS = 20_000
"""Longest text that is read, the highest limit that the settings allow; of a longer one both ends are kept."""

_CUT = " … "

MAX_PASSES = 4
"""A mark can join what stood around it; each pass masks at least one more thing, and people need one or two."""

MIN_LEFT_DIGITS = 5
"""What is left beside an amount with a unit is an identifier only if it is longer than a laboratory value."""

_NUMERIC = frozenset({"phone", "number", "card"})
_DETECTORS: tuple[Callable[[str], Iterable[Found]], ...] = (
    find_contacts,
    find_births,
    find_places,
    find_numbers,
    find_phones,
    find_names,
)
_KEPT = re.compile(
    r"\bNCT ?0?\d{8}\b|\bISRCTN ?\d{8}\b|\b\d{4}-\d{6}-\d{2}(?:-\d{2})?\b|\b10\.\d{4,9}/[^\s]{1,80}|"
    r"\bPMID:? ?\d{1,9}\b|\bPMC ?\d{1,9}\b|"
    r"\bDRKS ?\d{8}\b|\b(?:jRCT|ChiCTR|CTRI|medRxiv|bioRxiv|arXiv) ?[\w/:.-]{4,24}\b|"
    r"\b116 ?123\b|\b0800 111 0 ?111\b|\b0800 111 0 ?222\b|\b800 911 2000\b|\b13 ?11 ?14\b|\b0800[ -]567 "
    r"?567\b|\b0800[ -]?0113\b|"
    r"(?<![\d-])(?:\d{1,3}(?:[ ,]\d{3}){1,4}|\d{1,15})(?:\.\d{1,3})? ?(?:x ?10|×|\^|(?:cells?|mg|mcg|µg|"
    r"ug|ml|iu|units?|copies|mm3?|/ ?[uµ]l)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A message without identifiers.

    Attributes:
        text: The message with marks; safe to store, search and send to a model.
        kinds: What was masked, keys of `MARKS`, each once, in order of appearance; empty when nothing was.
    """

    text: str
    kinds: tuple[str, ...]


def mask(text: str) -> Masked:
    """Replace what identifies a person by neutral marks; pure, idempotent, and bounded in time.

    Longer text than `MAX_CHARS` is cut in its middle first, so that nothing passes unread.
    """
    if len(text) > MAX_CHARS:
        half = (MAX_CHARS - len(_CUT)) // 2
        text = f"{text[:half]}{_CUT}{text[-half:]}"
    kinds: dict[str, None] = {}
    for _ in range(MAX_PASSES):
        text, found = _mask_once(text)
        if not found:
            break
        kinds.update(dict.fromkeys(found))
    return Masked(text=text, kinds=tuple(kinds))


def _mask_once(text: str) -> tuple[str, list[str]]:
    view = scan(text)
    kept = [match.span() for match in _KEPT.finditer(view.text)]
    found = [item for detector in _DETECTORS for item in detector(view.text)]
    spans = _merged(left for item in found if (left := _without(kept, item, view.text)) is not None)
    parts: list[str] = []
    position = 0
    for item in spans:
        start, end = view.origins[item.start], view.origins[item.end - 1] + 1
        parts += [text[position:start], MARKS[item.kind]]
        position = end
    return "".join([*parts, text[position:]]), [item.kind for item in spans]


def _without(kept: Iterable[tuple[int, int]], item: Found, text: str) -> Found | None:
    """Cut off study numbers, helplines and amounts with a unit: they belong to the question."""
    start, end = item.start, item.end
    for kept_start, kept_end in kept if item.kind in _NUMERIC else ():
        if start < kept_end and kept_start < end:
            start, end = (start, kept_start) if kept_start > start else (kept_end, end)
            if sum(character.isdigit() for character in text[start:end]) < MIN_LEFT_DIGITS:
                return None
    end = start + len(text[start:end].rstrip())
    return Found(start, end, item.kind) if end > start else None


def _merged(found: Iterable[Found]) -> list[Found]:
    """Join overlapping ranges; the joined range takes the kind that comes first in `MARKS`."""
    order = list(MARKS)
    spans: list[Found] = []
    for item in sorted(found, key=lambda each: (each.start, -each.end)):
        if spans and item.start < spans[-1].end:
            kind = min(spans[-1].kind, item.kind, key=order.index)
            spans[-1] = Found(spans[-1].start, max(spans[-1].end, item.end), kind)
        else:
            spans.append(item)
    return spans
