from __future__ import annotations

import pytest

from bot.answer.generative.quotes import find_quote

PASSAGE = (
    "In one small study, 16 of 80 people\nhad  a mild form of CRS. It’s not approved yet.\n\n- Rest.\n- Call the team."
)


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        pytest.param("16 of 80 people had a mild form", "16 of 80 people\nhad  a mild form", id="white-space-folded"),
        pytest.param("It's not approved yet.", "It’s not approved yet.", id="printed-otherwise"),
        pytest.param("  had a mild form of CRS. ", "had  a mild form of CRS.", id="white-space-around"),
        pytest.param("Rest.", "Rest.", id="short-whole-sentence"),
    ],
)
def test_finds_a_quote_where_it_stands(quote: str, stands: str) -> None:
    span = find_quote(quote, PASSAGE)
    assert span is not None
    assert PASSAGE[span.start : span.end] == stands


@pytest.mark.parametrize(
    "quote",
    [
        pytest.param("6 of 80 people had", id="number-cut"),
        pytest.param("16 of 8", id="number-cut-at-the-end"),
        pytest.param("mall study, 16 of 80", id="word-cut"),
        pytest.param("approved", id="one-word"),
        pytest.param("approved yet", id="two-words"),
        pytest.param("a mild form", id="three-words"),
        pytest.param("16 of 80 people had a severe form", id="changed"),
        pytest.param("IN ONE SMALL STUDY", id="other-case"),
        pytest.param("", id="empty"),
        pytest.param(" \n ", id="blank"),
        pytest.param("In one small study … mild form of CRS.", id="with-a-gap"),
        pytest.param(PASSAGE + " More.", id="longer-than-the-passage"),
        pytest.param("a" * 10_000, id="huge"),
    ],
)
def test_a_quote_that_does_not_stand_there_is_not_found(quote: str) -> None:
    assert find_quote(quote, PASSAGE) is None


def test_a_short_whole_sentence_is_a_quote_and_a_part_of_one_is_not() -> None:
    passage = "Lupus is lasting. It may help. Fever can mean CRS."
    assert find_quote("It may help.", passage) is not None
    assert find_quote("Lupus is lasting.", passage) is not None
    assert find_quote("may help.", passage) is None
    assert find_quote("Lupus is lasting", passage) is None
