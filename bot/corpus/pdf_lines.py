"""A PDF knows lines on a page, not paragraphs: this puts together what the typesetter cut apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from itertools import takewhile

from bot.corpus.text import cleaned

# A line at the edge of pages is a running one when it stands on at least three pages and on four in ten
# (running heads often alternate between left and right pages, and chapter openings carry none), and when it
# is no sentence: "Call your team if you have a fever." at the foot of every page is content.
_EDGE_LINES = 2
_MIN_REPEATS = 3
_MIN_SHARE = 0.4
# A line broken because the next word did not fit is about as long as the others; letters differ in width.
_FULL_SHARE = 0.85
_MAX_HEADING_CHARS = 80

# What may stand beside a page's number.
_PAGE_WORDS = frozenset({"page", "pages", "p", "pg", "of", "seite", "s", "von", "página", "de", "pagina", "sur"})

_BULLET = re.compile(r"^(?:[•▪◦‣●○■□·]\s*|[-*]\s+)")
_NUMBER = re.compile(r"^\d{1,2}[.)]\s+\S")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN_WORD = re.compile(r"([^\W\d_]+)[-\u2010]$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_INTEGER = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"[.!?…:][\"'”’)\]]*$")


def without_running_lines(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Drop headers, footers and page numbers that repeat at the edges of pages.

    A line that differs from page to page is one only if it is a page's number: "Day 1", "Day 2" are headings.
    """
    filled = [[text for line in page if (text := " ".join(cleaned(line).split()))] for page in pages]
    counts = Counter(key for at, page in enumerate(filled) for key in _edge_keys(page, at))
    enough = max(_MIN_REPEATS, _MIN_SHARE * sum(bool(page) for page in filled))
    running = {key for key, count in counts.items() if count >= enough}
    return [_without(page, at, running) for at, page in enumerate(pages)]


def _edge_keys(lines: Sequence[str], at: int) -> set[str]:
    edges = {*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:]}
    return {key for line in edges for key in _keys(line, at)}


def _keys(line: str, at: int) -> set[str]:
    """Return the line itself; for a page's number also what each number in it is ahead of the page's place."""
    if _SENTENCE_END.search(line):
        return set()
    if not {word.casefold() for word in _WORD.findall(line)} <= _PAGE_WORDS:
        return {line}
    counting = {
        f"{line[: number.start()]}\0{int(number[0]) - at}\0{line[number.end() :]}"
        for number in _INTEGER.finditer(line)
        if len(number[0]) <= 5
    }
    return {line} | counting


def _without(page: Sequence[str], at: int, running: Set[str]) -> list[str]:
    lines = [" ".join(cleaned(line).split()) for line in page]
    filled = [index for index, line in enumerate(lines) if line]
    dropped = {*_leading(filled, lines, at, running), *_leading(filled[::-1], lines, at, running)}
    return [line for index, line in enumerate(lines) if index not in dropped]


def _leading(indices: Sequence[int], lines: Sequence[str], at: int, running: Set[str]) -> Iterator[int]:
    """Yield the running lines from the edge inwards, up to the first that is none."""
    yield from takewhile(lambda index: bool(_keys(lines[index], at) & running), indices[:_EDGE_LINES])


def typical_width(pages: Sequence[Sequence[str]]) -> int:
    """Return the length that nine in ten of the lines do not exceed, in characters."""
    lengths = sorted(len(line) for page in pages for line in page if line)
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def words_of(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Return every word that stands unbroken somewhere in the file, lower case."""
    return frozenset(
        word.casefold() for page in pages for line in page for word in _WORD.findall(_BROKEN_WORD.sub("", line))
    )


def paragraphs(lines: Sequence[str], *, width: int, words: Set[str]) -> str:
    """Join the lines of a page: paragraphs are set apart by an empty line, list items stand on lines of their own.

    Args:
        width: The length of a full line in characters.
        words: The file's words, which tell a word cut at a line's end from one spelled with a hyphen.
    """
    pieces: list[str] = []
    for block in _blocks(_marked(lines), width):
        is_list = bool(pieces) and _is_item(block[0]) and _is_item(pieces[-1])
        pieces.append(("\n" if is_list else "\n\n") if pieces else "")
        pieces.append(_joined(block, words))
    return "".join(pieces)


def _marked(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with every bullet as ``- ``; a bullet alone on its line is moved to its text."""
    bullet = False
    for line in _without_spacing(lines):
        text = _BULLET.sub("", line)
        bullet = bullet or text != line
        if text or not bullet:
            yield f"- {text}" if bullet else text
            bullet = False


def _without_spacing(lines: Sequence[str]) -> list[str]:
    """Drop empty lines where the file has one after nearly every line: they say nothing then."""
    filled = [line for line in lines if line]
    return filled if len(lines) - len(filled) > 0.4 * len(lines) else list(lines)


def _blocks(lines: Iterator[str], width: int) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if block and not (line and _continues(block[-1], line, width)):
            yield block
            block = []
        if line:
            block.append(line)
    if block:
        yield block


def _continues(line: str, following: str, width: int) -> bool:
    if following.startswith("- "):
        return False
    is_full = len(line) + 1 + len(following.split(maxsplit=1)[0]) >= _FULL_SHARE * width
    has_ended = _SENTENCE_END.search(line) is not None
    if _NUMBER.match(following) and (has_ended or not is_full):
        return False
    return is_full or (following[0].islower() and not has_ended)


def _joined(block: Sequence[str], words: Set[str]) -> str:
    text = block[0]
    for line in block[1:]:
        broken, first = _BROKEN_WORD.search(text), _FIRST_WORD.match(line)
        if broken and first:
            text = text[: broken.start()] + _mended(broken[1], first[0], words) + line[first.end() :]
        else:
            is_compound = text.endswith("-") and not text.endswith(" -") and line[0].isalnum()
            text = f"{text}{line}" if is_compound else f"{text} {line}"
    return text


def _mended(start: str, end: str, words: Set[str]) -> str:
    """Put a word together again, with its hyphen only where it is spelled with one.

    >>> _mended("treat", "ment", set()), _mended("long", "term", {"long-term"}), _mended("CAR", "T", set())
    ('treatment', 'long-term', 'CAR-T')
    """
    whole, hyphened = start + end, f"{start}-{end}"
    if whole.casefold() in words:
        return whole
    is_spelled_so = hyphened.casefold() in words or end[0].isupper() or start.isupper()
    return hyphened if is_spelled_so else whole


def _is_item(text: str) -> bool:
    return text.startswith("- ") or _NUMBER.match(text) is not None


def page_heading(body: str) -> str | None:
    """Return the first paragraph of a page where it is a heading: short, capital first, no full stop, text below."""
    first, _, rest = body.partition("\n\n")
    is_heading = (
        bool(rest)
        and len(first) <= _MAX_HEADING_CHARS
        and "\n" not in first
        and (first[0].isupper() or first[0].isdigit())
        and not _is_item(first)
        and first[-1] not in ".,;:"
        and _FIRST_WORD.search(first) is not None
    )
    return first if is_heading else None
