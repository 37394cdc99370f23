"""A section's plain text as blocks a page can show, with the cited words kept apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain import Span

_CITE = re.compile(r"([0-9]{1,7})-([0-9]{1,7})")
_ITEM = re.compile(r"[ \t]*[-*+•][ \t]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is cited or not."""

    text: str
    is_cited: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph, or one list with its items; each item is its pieces in order."""

    is_list: bool
    items: tuple[tuple[Piece, ...], ...]


def parse_cite(value: str | None) -> Span | None:
    """Read ``<start>-<end>``, 0-based and end exclusive; anything else is None."""
    match = _CITE.fullmatch(value or "")
    if match is None or int(match[1]) >= int(match[2]):
        return None
    return Span(int(match[1]), int(match[2]))


def blocks_of(text: str, *, cited: Span | None = None) -> tuple[Block, ...]:
    """Split a section's text into paragraphs and lists.

    Args:
        cited: Offsets into `text` to keep apart; a span that does not fit the text marks nothing.
    """
    if cited is not None and cited.end > len(text):
        cited = None
    blocks: list[Block] = []
    for is_item, span in _runs(text):
        pieces = tuple(_pieces(text, span, cited))
        if is_item and blocks and blocks[-1].is_list:
            blocks[-1] = Block(True, (*blocks[-1].items, pieces))
        else:
            blocks.append(Block(is_item, (pieces,)))
    return tuple(blocks)


def _runs(text: str) -> Iterator[tuple[bool, Span]]:
    """Yield paragraphs and list items; lines that follow without a gap belong to the one before."""
    is_item, start, end = False, 0, 0
    offset = 0
    for line in text.splitlines(keepends=True):
        mark = _ITEM.match(line)
        if (mark or not line.strip()) and end > start:
            yield is_item, Span(start, end)
        if mark or not line.strip():
            is_item, start = mark is not None, offset + (mark.end() if mark else len(line))
            end = start
        if line.strip():
            end = offset + len(line.rstrip())
        offset += len(line)
    if end > start:
        yield is_item, Span(start, end)


def _pieces(text: str, span: Span, cited: Span | None) -> Iterator[Piece]:
    first = min(max(cited.start, span.start), span.end) if cited else span.end
    last = min(max(cited.end, first), span.end) if cited else span.end
    for start, end, is_cited in ((span.start, first, False), (first, last, True), (last, span.end, False)):
        if end > start:
            yield Piece(text[start:end], is_cited)
