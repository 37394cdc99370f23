from __future__ import annotations

from datetime import date

from bot.corpus.loader import Corpus
from bot.domain import Reference, Section
from bot.web.guide_view import cited_references, view_of


def _section(section_id: str, chapter_id: str, reviewed_on: date | None, references: tuple[str, ...] = ()) -> Section:
    return Section(
        section_id, chapter_id, chapter_id.title(), "Why?", "So.", "a.md", 0, 3,
        references=references, reviewed_on=reviewed_on,
    )  # fmt: skip


def test_chapters_keep_their_order_and_show_the_oldest_review() -> None:
    sections = (
        _section("one", "b", date(2026, 5, 1)),
        _section("two", "a", None),
        _section("three", "b", date(2026, 3, 1)),
    )
    view = view_of(Corpus(sections, {}, {}, "digest"))
    assert [(chapter.id, len(chapter.sections), chapter.reviewed_on) for chapter in view.chapters] == [
        ("b", 2, date(2026, 3, 1)),
        ("a", 1, None),
    ]
    assert view.chapter("c") is None


def test_sources_come_once_in_the_order_of_their_first_use_without_unknown_ones() -> None:
    references = {name: Reference(name, name) for name in ("R1", "R2")}
    sections = (_section("one", "a", None, ("R2", "R9")), _section("two", "a", None, ("R1", "R2")))
    assert [reference.id for reference in cited_references(sections, references)] == ["R2", "R1"]
