"""What every reader of a file format hands back: the text it found, and where its parts stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.corpus.text import cleaned, on_one_line

# A heading longer than this is a paragraph in disguise; the rest is cut off in titles, never in the text.
MAX_TITLE_CHARS = 160
# Far above any book for patients: a longer text is a wrong file.
MAX_CHARS = 20_000_000
_NO_TITLES = frozenset(
    {"untitled", "untitled document", "word document", "document", "title", "template", "presentation"}
)
_FILE_NAME = re.compile(r"\.[A-Za-z]{2,5}\d?$|^[a-z]+://|\\|^/")
_WORD = re.compile(r"[^\W\d_]{2}")


@dataclass(frozen=True, slots=True)
class Part:
    """One page, or the text below one heading, before it has its place in the whole.

    Attributes:
        heading: The heading as it stands in the file; it becomes a line of the text in front of the body.
        title: What to call the part where it has no heading; None: by the document.
    """

    heading: str | None
    body: str
    title: str | None = None
    page_no: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A part in its place: ``text[char_start:char_end]`` of the extract, white space trimmed."""

    title: str | None
    char_start: int
    char_end: int
    page_no: int | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """The text of a file, its own title where it has one, and its parts in order; no part is empty."""

    text: str
    title: str | None
    places: tuple[Place, ...]


def joined(parts: Iterable[Part], *, title: str | None) -> Extract:
    """Lay the parts one after another, each heading a paragraph before its body."""
    pieces: list[str] = []
    places: list[Place] = []
    length = 0
    for part in parts:
        heading, body = on_one_line(part.heading or ""), cleaned(part.body).strip()
        for piece in (heading, body):
            if piece:
                pieces.append(piece)
                length += len(piece) + 2
        if body:
            start = length - 2 - len(body)
            places.append(Place(heading or part.title, start, start + len(body), part.page_no))
    return Extract("\n\n".join(pieces), short_title(title), tuple(places))


def short_title(words: str | None) -> str | None:
    """Return a title on one line and of bearable length; None where nothing is left of it."""
    title = on_one_line(words or "")
    if len(title) > MAX_TITLE_CHARS:
        title = title[:MAX_TITLE_CHARS].rsplit(" ", 1)[0] + " …"
    return title or None


def sane_title(words: str | None) -> str | None:
    """Return a title from a file's properties, where it is one and not what a program left there."""
    title = (short_title(words) or "").removeprefix("Microsoft Word - ").removeprefix("Microsoft PowerPoint - ")
    is_file_name = _FILE_NAME.search(title) is not None
    return None if is_file_name or title.casefold() in _NO_TITLES or not _WORD.search(title) else title


def trimmed_place(text: str, start: int, end: int, *, title: str | None) -> Place | None:
    """Return the place of ``text[start:end]`` without the white space around it; None where nothing is left."""
    body = text[start:end]
    first = start + len(body) - len(body.lstrip())
    last = start + len(body.rstrip())
    return Place(title, first, last) if first < last else None
