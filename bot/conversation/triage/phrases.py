"""A small language for wordings, matched in bounded time over the tokens of a message.

A *pattern* is a row of elements, made of the families of `bot.conversation.triage.lexicon`::

    {chest} ..4 {pain}        a chest word, at most four words between, a pain word, in this order
    my|his|her leg? swell*    alternatives; the question mark makes an element optional
    can|could !not            "can", but not "can not"
    out_of_breath             an underscore joins the words of a group
    {fever} & {confused}      both parts, in any order, anywhere in the message
    {fever} & + {medicine}    the part after + only supports: it may stand in the past or in a question
    ^ stop $                  at the beginning of a thought, at the end of a sentence

No part of a pattern crosses the end of a sentence, and no gap passes over "no" or "not". No backtracking: the work
grows with tokens times elements.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.conversation.triage.lexicon import Hits, Lexicon, Places
from bot.conversation.triage.words import Text
from bot.errors import SettingsError

_MAX_MATCHES = 12
_OPENINGS = frozenset(
    ["hi", "hello", "hey", "so", "ok", "okay", "and", "or", "please", "well", "also", "sorry", "but", "then", "now"]
)
_NEGATORS = frozenset(["no", "not", "without", "never"])
"""No gap passes over these: "I have no fever" is not "have ... fever"."""


@dataclass(frozen=True, slots=True)
class Range:
    """A half-open range of tokens, 0-based."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Element:
    """One place of a pattern; `gap` is how many words may stand before it, `is_barred` that it must not follow."""

    family: str
    gap: int
    is_optional: bool
    is_barred: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Elements in a row, within one sentence; a support (marked ``+``) may be said in any context."""

    elements: tuple[Element, ...]
    at_start: bool
    at_end: bool
    is_support: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """Parts that must all be found; `number` is its place among all patterns of the lexicon."""

    number: int
    source: str
    parts: tuple[Part, ...]


def compile_pattern(source: str, *, lexicon: Lexicon) -> Pattern:
    """Turn the text of a pattern into a `Pattern` and note it in the lexicon.

    Raises:
        SettingsError: The pattern is empty or names an unknown family.
    """
    parts = tuple(_part(chunk.split(), source=source, lexicon=lexicon) for chunk in source.split(" & "))
    elements = [element for part in parts for element in part.elements]
    required = frozenset(e.family for e in elements if not (e.is_optional or e.is_barred))
    return Pattern(lexicon.register(required), source, parts)


def search(pattern: Pattern, *, hits: Hits, text: Text) -> Iterator[tuple[Range, ...]]:
    """Yield the places where all parts are found, at most a dozen; one range a part."""
    if pattern.number not in hits.live:
        return
    found = [_places(part, hits.places, text) for part in pattern.parts]
    if not all(found):
        return
    for first in found[0][:_MAX_MATCHES]:
        yield (first, *(_nearest(first, places) for places in found[1:]))


def _nearest(place: Range, places: list[Range]) -> Range:
    return min(places, key=lambda other: abs(other.start - place.start))


def _part(words: list[str], *, source: str, lexicon: Lexicon) -> Part:
    is_support = words[:1] == ["+"]
    words = words[is_support:]
    at_start, at_end = words[:1] == ["^"], words[-1:] == ["$"]
    elements: list[Element] = []
    gap = 0
    for word in words[at_start : len(words) - at_end]:
        if word.startswith(".."):
            gap = int(word[2:] or 3)
            continue
        family = lexicon.family(word.removesuffix("?").removeprefix("!"), source=source)
        elements.append(Element(family, gap, is_optional=word.endswith("?"), is_barred=word.startswith("!")))
        gap = 0
    if not elements or elements[0].is_optional or elements[0].is_barred:
        raise SettingsError(f"The triage pattern “{source}” has to begin with something that must be there.")
    return Part(tuple(elements), at_start, at_end, is_support)


def _places(part: Part, places: Places, text: Text) -> list[Range]:
    """Follow the elements from every possible start; keep the shortest way to each end."""
    ends = _first_ends(part, places, text)
    for element in part.elements[1:]:
        where = places.of(element.family)
        if element.is_barred:
            ends = {end: start for end, start in ends.items() if end not in where}
            continue
        reached = _step(ends, where, element.gap, text)
        ends = {**ends, **reached} if element.is_optional else reached
        if not ends:
            return []
    closed = [Range(start, end) for end, start in ends.items() if not part.at_end or _closes(end, text)]
    return sorted(closed, key=lambda place: (place.start, place.end))


def _first_ends(part: Part, places: Places, text: Text) -> dict[int, int]:
    ends: dict[int, int] = {}
    for start, stops in places.of(part.elements[0].family).items():
        if not part.at_start or _opens(start, text):
            ends.update({stop: max(start, ends.get(stop, start)) for stop in stops})
    return ends


def _step(ends: dict[int, int], where: Mapping[int, list[int]], gap: int, text: Text) -> dict[int, int]:
    reached: dict[int, int] = {}
    count = len(text.tokens)
    for end, start in ends.items():
        sentence = text.sentence[start]
        for begin in range(end, min(end + gap + 1, count)):
            if text.sentence[begin] != sentence:
                break
            for stop in where.get(begin, ()):
                reached[stop] = max(start, reached.get(stop, start))
            if text.tokens[begin] in _NEGATORS:
                break
    return reached


def _opens(start: int, text: Text) -> bool:
    """Does a thought begin here, but for words such as "hello" and "so" before it?"""
    before = start
    while before > 0 and text.segment[before - 1] == text.segment[start]:
        before -= 1
        if text.tokens[before] not in _OPENINGS:
            return False
    return True


def _closes(end: int, text: Text) -> bool:
    return end == len(text.tokens) or text.sentence[end] != text.sentence[end - 1]
