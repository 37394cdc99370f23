"""The guide as its pages see it: chapters in order, each with its sections, dates and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.corpus.loader import Corpus
from bot.domain import Reference, Section


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of the guide; `reviewed_on` is the oldest review among its sections."""

    id: str
    title: str
    language: str
    sections: tuple[Section, ...]
    reviewed_on: date | None


@dataclass(frozen=True, slots=True)
class GuideView:
    """All chapters in the order of the guide's files, and every reference by its id."""

    chapters: tuple[Chapter, ...]
    references: dict[str, Reference]

    def chapter(self, chapter_id: str) -> Chapter | None:
        """Find a chapter by its id; None if there is none."""
        return next((chapter for chapter in self.chapters if chapter.id == chapter_id), None)


def view_of(corpus: Corpus) -> GuideView:
    """Arrange a loaded corpus as pages."""
    by_chapter: dict[str, list[Section]] = {}
    for section in corpus.sections:
        by_chapter.setdefault(section.chapter_id, []).append(section)
    return GuideView(tuple(_chapter(sections) for sections in by_chapter.values()), dict(corpus.references))


def cited_references(sections: tuple[Section, ...], references: dict[str, Reference]) -> tuple[Reference, ...]:
    """List the sources of some sections, each once, in the order in which they are first named."""
    names = dict.fromkeys(name for section in sections for name in section.references)
    return tuple(references[name] for name in names if name in references)


def _chapter(sections: list[Section]) -> Chapter:
    first = sections[0]
    reviews = [section.reviewed_on for section in sections if section.reviewed_on is not None]
    return Chapter(
        id=first.chapter_id,
        title=first.chapter_title,
        language=first.language,
        sections=tuple(sections),
        reviewed_on=min(reviews, default=None),
    )
