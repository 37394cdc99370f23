from __future__ import annotations

from datetime import date

from bot.domain import Section
from bot.evaluation.baseline import PlainRetriever
from tests.fakes.encoders import HashEmbedder


def section(name: str, text: str, *, source: str = "lupus.md") -> Section:
    return Section(
        id=name,
        chapter_id="lupus",
        chapter_title="Lupus",
        title=f"About {name}?",
        text=text,
        source=source,
        char_start=0,
        char_end=len(text),
        also_asked=("a wording that only our own search may use",),
        reviewed_on=date(2026, 11, 1),
    )


def retriever(*sections: Section) -> PlainRetriever:
    return PlainRetriever(sections=sections, encode=HashEmbedder().encode)


def test_the_nearest_chunk_leads_to_its_section() -> None:
    plain = retriever(section("sun", "Shade helps the skin. " * 60), section("fever", "Fever is an early sign. " * 60))
    assert plain.ranked("fever sign", k=2) == ["fever", "sun"]
    assert plain.ranked("shade skin", k=1) == ["sun"]


def test_a_chunk_that_holds_several_short_sections_names_them_all() -> None:
    plain = retriever(section("one", "Short."), section("two", "Short as well."), section("three", "x", source="b.md"))
    assert set(plain.ranked("short", k=5)) == {"one", "two", "three"}


def test_other_wordings_are_not_read() -> None:
    texts: list[str] = []

    class Noting(HashEmbedder):
        def encode(self, text: str):  # type: ignore[no-untyped-def]
            texts.append(text)
            return super().encode(text)

    PlainRetriever(sections=[section("sun", "Shade helps.")], encode=Noting().encode)
    assert texts == ["## About sun?\n\nShade helps."]


def test_progress_counts_the_chunks() -> None:
    steps: list[tuple[str, int, int]] = []
    PlainRetriever(
        sections=[section("sun", "Shade helps the skin. " * 100)],
        encode=HashEmbedder().encode,
        progress=lambda *step: steps.append(step),
    )
    assert [done for _, done, _ in steps] == list(range(1, steps[-1][2] + 1))
    assert len(steps) > 1
