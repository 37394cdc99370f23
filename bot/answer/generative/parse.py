"""A model's output, as it comes, becomes claims: a sentence, the passages it cites, the quote it rests on.

Asked for is one JSON object a line. Read is any run of JSON objects, whatever stands between them: fences, commas,
list brackets, remarks, thoughts. What is no such object is never shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# An object is a sentence and a quote; what is longer is none.
_MOST_OBJECT_CHARS = 6_000
_MOST_PASSAGES = 10
_MOST_DIGITS = 4
_THINK, _UNTHINK = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence as the model gave it; nothing of it is checked yet.

    Attributes:
        passages: The numbers it cites, as they came.
        quote: The words of a passage that it says it rests on.
    """

    text: str
    passages: tuple[int, ...]
    quote: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is no claim."""

    text: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The model says that the passages do not answer the question."""


Parsed = Claim | Malformed | NoAnswer


class ClaimReader:
    """Reads claims out of text that comes in pieces of any size."""

    def __init__(self) -> None:
        self._objects = _ObjectScanner()

    def feed(self, piece: str) -> Iterator[Parsed]:
        """Yield the claims that this piece completes."""
        for found in self._objects.feed(piece):
            yield from _parsed(found)

    def end(self) -> Iterator[Malformed]:
        """Yield what was left open when the text ended."""
        if rest := self._objects.rest():
            yield Malformed(rest)


class _ObjectScanner:
    """Cuts text into JSON objects by their braces; begins anew where one is broken."""

    def __init__(self) -> None:
        self._object: list[str] = []
        self._depth = 0
        self._in_string = self._is_escaped = self._is_thinking = False
        self._before = ""
        self._tail = ""

    def feed(self, piece: str) -> Iterator[str]:
        for letter in piece:
            if not self._depth:
                self._outside(letter)
            elif self._in_string:
                yield from self._inside_string(letter)
            else:
                yield from self._inside(letter)

    def rest(self) -> str:
        return "".join(self._object)

    def _outside(self, letter: str) -> None:
        self._tail = (self._tail + letter)[-len(_UNTHINK) :]
        if self._is_thinking:
            self._is_thinking = not self._tail.endswith(_UNTHINK)
        elif self._tail.endswith(_THINK):
            self._is_thinking = True
        elif letter == "{":
            self._begin()

    def _inside_string(self, letter: str) -> Iterator[str]:
        if letter == "\n":  # no JSON string holds one: the object was broken off
            yield self._finish()
            return
        self._object.append(letter)
        if self._is_escaped:
            self._is_escaped = False
        elif letter == "\\":
            self._is_escaped = True
        elif letter == '"':
            self._in_string, self._before = False, letter
        yield from self._too_long()

    def _inside(self, letter: str) -> Iterator[str]:
        if letter == "{" and self._before not in (":", "[", ","):  # another one begins where none may
            yield self._finish()
            self._begin()
            return
        self._object.append(letter)
        self._in_string = letter == '"'
        self._depth += (letter == "{") - (letter == "}")
        if not letter.isspace():
            self._before = letter
        if not self._depth:
            yield self._finish()
        else:
            yield from self._too_long()

    def _too_long(self) -> Iterator[str]:
        if len(self._object) > _MOST_OBJECT_CHARS:
            yield self._finish()

    def _begin(self) -> None:
        self._object, self._depth, self._before = ["{"], 1, "{"

    def _finish(self) -> str:
        found = "".join(self._object)
        self._object, self._depth, self._before, self._tail = [], 0, "", ""
        self._in_string = self._is_escaped = False
        return found


def _parsed(found: str) -> Iterator[Parsed]:
    try:
        value = json.loads(found)
    except (ValueError, RecursionError):
        yield Malformed(found)
        return
    listed = value.get("sentences")
    for item in listed if isinstance(listed, list) else [value]:
        yield _claim(item, found)


def _claim(item: Any, found: str) -> Parsed:
    if not isinstance(item, dict):
        return Malformed(found)
    text, quote = item.get("sentence"), item.get("quote")
    if text is None and item.get("answered") is False:
        return NoAnswer()
    passages = _numbers(item.get("passages"))
    if not isinstance(text, str) or not isinstance(quote, str) or passages is None:
        return Malformed(found)
    return Claim(text=text, passages=passages, quote=quote)


def _numbers(value: Any) -> tuple[int, ...] | None:
    """Return passage numbers in their order, each once; None where the value holds anything else."""
    values = value if isinstance(value, list) else [value]
    numbers = [_number(item) for item in values]
    if len(numbers) > _MOST_PASSAGES or None in numbers:
        return None
    return tuple(dict.fromkeys(number for number in numbers if number is not None))


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
