"""Reads a Markdown guide: YAML front matter, one ``##`` heading a section, facts in a comment.

``corpus/README.md`` describes the format for its authors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from bot.domain import Section
from bot.errors import CorpusError

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^##[ \t]+(.+?)[ \t]*(?:\{#([^}\s]*)\})?[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"\s*<!--[ \t]*section[ \t]*\n(.*?)-->", re.DOTALL)
# Beside sections a guide may hold its title and remarks to its authors.
_OUTSIDE = re.compile(r"<!--(?s:.*?)-->|^#[ \t].*$", re.MULTILINE)
_LOST = re.compile(r"\S")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_GUIDE_KEYS = {"id", "title", "language", "audience", "reviewed_on", "expires_on", "references"}
_SECTION_KEYS = {"facts", "references", "expires_on", "reviewed_on", "also_asked"}


@dataclass(frozen=True, slots=True)
class _Chapter:
    id: str
    title: str
    language: str
    reviewed_on: date | None
    expires_on: date | None
    source: str


def is_guide(text: str) -> bool:
    """Tell a guide, which has front matter, from any other Markdown file."""
    return _FRONT.match(text) is not None


def read_guide(text: str, *, source: str) -> list[Section]:
    r"""Read the sections of one guide file.

    Args:
        text: The file's text, line ends as ``\n``; sections' offsets point into it.
        source: The file's name, for messages and citations.

    Raises:
        CorpusError: Front matter or a section's comment is malformed; the detail names file and line.
    """
    front = _FRONT.match(text)
    if front is None:
        raise CorpusError(f"{source}:1: no front matter; begin the file with '---' lines as corpus/README.md shows.")
    fields = _yaml(front.group(1), source=source, line=2)
    _refuse_unknown(fields, _GUIDE_KEYS, source=source, line=2)
    chapter = _Chapter(
        id=_identifier(fields.get("id"), source=source, line=2),
        title=_words(fields.get("title"), "title", source=source, line=2),
        language=_words(fields.get("language", "en"), "language", source=source, line=2),
        reviewed_on=_day(fields.get("reviewed_on"), "reviewed_on", source=source, line=2),
        expires_on=_day(fields.get("expires_on"), "expires_on", source=source, line=2),
        source=source,
    )
    headings = list(_HEADING.finditer(text, front.end()))
    _refuse_lost_text(text, front.end(), headings[0].start() if headings else len(text), source=source)
    ends = [*(heading.start() for heading in headings[1:]), len(text)][: len(headings)]
    return [_section(text, heading, end, chapter) for heading, end in zip(headings, ends, strict=True)]


def _refuse_lost_text(text: str, start: int, end: int, *, source: str) -> None:
    """Refuse text above the first heading: it would be in no section, and so never be found."""
    if found := _LOST.search(_OUTSIDE.sub(lambda mark: " " * len(mark[0]), text[start:end])):
        line = text.count("\n", 0, start + found.start()) + 1
        raise CorpusError(f"{source}:{line}: text above the first '##' heading; give it a heading or remove it.")


def _section(text: str, heading: re.Match[str], end: int, chapter: _Chapter) -> Section:
    line = text.count("\n", 0, heading.start()) + 1
    fields: dict[str, Any] = {}
    start = heading.end()
    if comment := _COMMENT.match(text, start, end):
        fields = _yaml(comment.group(1), source=chapter.source, line=line + 2)
        _refuse_unknown(fields, _SECTION_KEYS, source=chapter.source, line=line)
        start = comment.end()
    elif text[start:end].lstrip().startswith("<!-- section"):
        raise CorpusError(f"{chapter.source}:{line}: the section's comment does not end in '-->'; close it.")
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        raise CorpusError(f"{chapter.source}:{line}: the section has no text; write it or remove its heading.")
    expires = _day(fields.get("expires_on"), "expires_on", source=chapter.source, line=line)
    reviewed = _day(fields.get("reviewed_on"), "reviewed_on", source=chapter.source, line=line)
    return Section(
        id=_identifier(heading.group(2), source=chapter.source, line=line),
        chapter_id=chapter.id,
        chapter_title=chapter.title,
        title=heading.group(1),
        text=text[start:end],
        source=chapter.source,
        char_start=start,
        char_end=end,
        language=chapter.language,
        also_asked=_strings(fields.get("also_asked"), "also_asked", source=chapter.source, line=line),
        references=_strings(fields.get("references"), "references", source=chapter.source, line=line),
        facts=_strings(fields.get("facts"), "facts", source=chapter.source, line=line),
        reviewed_on=reviewed or chapter.reviewed_on,
        expires_on=expires or chapter.expires_on,
    )


def _yaml(text: str, *, source: str, line: int) -> dict[str, Any]:
    try:
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-01
        mark = getattr(error, "problem_mark", None)
        at = line + (mark.line if mark else 0)
        problem = getattr(error, "problem", None) or type(error).__name__
        raise CorpusError(f"{source}:{at}: not valid YAML ({problem}); correct it.") from error
    if not isinstance(loaded, dict):
        raise CorpusError(f"{source}:{line}: expected 'key: value' lines.")
    return loaded


def _refuse_unknown(fields: dict[str, Any], known: set[str], *, source: str, line: int) -> None:
    if unknown := sorted(str(key) for key in fields.keys() - known):
        raise CorpusError(f"{source}:{line}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}.")


def _identifier(value: object, *, source: str, line: int) -> str:
    if not isinstance(value, str) or _ID.fullmatch(value) is None:
        raise CorpusError(f"{source}:{line}: needs an id such as 'what-is-lupus', in a heading {{#what-is-lupus}}.")
    return value


def _words(value: object, key: str, *, source: str, line: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise CorpusError(f"{source}:{line}: {key} is missing.")
    return value.strip()


def _day(value: object, key: str, *, source: str, line: int) -> date | None:
    if value is None or type(value) is date:
        return value
    raise CorpusError(f"{source}:{line}: {key} must be a date such as 2026-11-22.")


def _strings(value: object, key: str, *, source: str, line: int) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(type(item) in (str, int, float) for item in value):
        raise CorpusError(f"{source}:{line}: {key} must be a list of words.")
    return tuple(str(item) for item in value)
