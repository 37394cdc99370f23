from __future__ import annotations

import pytest

from bot.domain import Span
from bot.web.guide_passages import Block, Piece, blocks_of, parse_cite


def _plain(*texts: str) -> tuple[tuple[Piece, ...], ...]:
    return tuple((Piece(text),) for text in texts)


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("One.", [Block(False, _plain("One."))]),
        ("One.\n\nTwo.", [Block(False, _plain("One.")), Block(False, _plain("Two."))]),
        ("Ask:\n\n- A.\n- B.", [Block(False, _plain("Ask:")), Block(True, _plain("A.", "B."))]),
        (
            "Ask:\n- A.\n- B.\n\nEnd.",
            [Block(False, _plain("Ask:")), Block(True, _plain("A.", "B.")), Block(False, _plain("End."))],
        ),
        ("One\ngoes on.", [Block(False, _plain("One\ngoes on."))]),
        ("- A\n  goes on.", [Block(True, _plain("A\n  goes on."))]),
        ("", []),
    ],
    ids=["one", "two", "list", "list without a gap", "two lines", "item of two lines", "empty"],
)  # fmt: skip
def test_splits_paragraphs_and_lists(text: str, blocks: list[Block]) -> None:
    assert list(blocks_of(text)) == blocks


def test_keeps_the_cited_words_apart() -> None:
    assert blocks_of("One. Two. Three.", cited=Span(5, 9)) == (
        Block(False, ((Piece("One. "), Piece("Two.", True), Piece(" Three.")),)),
    )


@pytest.mark.parametrize("cited", [Span(0, 99), Span(20, 30), None], ids=str)
def test_a_span_that_does_not_fit_marks_nothing(cited: Span | None) -> None:
    assert blocks_of("One. Two.", cited=cited) == (Block(False, _plain("One. Two.")),)


@pytest.mark.parametrize(
    ("value", "span"),
    [("3-9", Span(3, 9)), ("0-1", Span(0, 1)), (None, None), ("9-3", None), ("3", None), ("3-9 ", None)],
)
def test_reads_a_cite(value: str | None, span: Span | None) -> None:
    assert parse_cite(value) == span
