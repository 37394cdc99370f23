"""Reads plain text and Markdown without front matter: the text stays the file's own, cleaned."""

from __future__ import annotations

import re

from bot.corpus.extract import Extract, Place, short_title, trimmed_place
from bot.corpus.text import cleaned, decoded

# A first line up to this length, above more text, is taken for the title.
_TITLE_LINE_CHARS = 80
# A title is far shorter; the patterns that follow are slow on lines without end.
_MAX_HEADING_CHARS = 1_000
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# Code comes first, so that a heading inside it is never looked at.
_MARKS = re.compile(
    r"^ {0,3}(?P<fence>`{3,}|~{3,})[\s\S]*?(?:^ {0,3}(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|^ {0,3}\#{1,6}[ \t]+(?P<words>\S.*)$"
    r"|^ {0,3}(?P<above>[^\s>#*+|-].*)\n {0,3}(?:=+|-{2,})[ \t]*$",
    re.MULTILINE,
)
_HEADING_ID = re.compile(r"[ \t]*\{#[^}\s]*\}$")


def read_text_file(content: bytes, *, name: str) -> Extract:
    """Read a TXT file as one part; its title is its first line, if that is short and more follows.

    Raises:
        CorpusError: Empty or not UTF-8.
    """
    text = cleaned(decoded(content, name=name))
    first, _, rest = text.strip().partition("\n")
    has_title = len(first) <= _TITLE_LINE_CHARS and bool(rest.strip()) and not first.endswith((".", ",", ";"))
    title = short_title(first) if has_title else None
    place = trimmed_place(text, 0, len(text), title=title)
    return Extract(text, title, (place,) if place else ())


def read_markdown_file(content: bytes, *, name: str) -> Extract:
    """Read a Markdown file: one part a heading, comments left out, those in code left alone.

    Raises:
        CorpusError: Empty or not UTF-8.
    """
    text = cleaned(_COMMENT.sub("", decoded(content, name=name)))
    headings = [mark for mark in _MARKS.finditer(text) if mark["fence"] is None]
    starts = [0, *(heading.end() for heading in headings)]
    ends = [*(heading.start() for heading in headings), len(text)]
    titles = [None, *(_words(heading) for heading in headings)]
    places = [trimmed_place(text, *cut, title=title) for *cut, title in zip(starts, ends, titles, strict=True)]
    return Extract(text, titles[1] if headings else None, _present(places))


def _words(heading: re.Match[str]) -> str | None:
    words = (heading["words"] or heading["above"])[:_MAX_HEADING_CHARS].rstrip("# \t")
    return short_title(_HEADING_ID.sub("", words).replace("**", "").replace("`", ""))


def _present(places: list[Place | None]) -> tuple[Place, ...]:
    return tuple(place for place in places if place is not None)
