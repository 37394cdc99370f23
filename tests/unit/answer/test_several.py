from __future__ import annotations

import time

import pytest

from bot.answer.several import Comparison, comparison_in, parts_of, preface_of
from tests.fakes.indexes import make_chunk


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("What is CRS? And how long is the stay?", ("What is CRS?", "And how long is the stay?")),
        ("who pays and do I need a helper?", ("who pays?", "do I need a helper?")),
        ("Is it red, and at night, who watches it?", ("Is it red?", "at night, who watches it?")),
        ("Two things: is salt bad, and what about sun?", ("is salt bad?", "what about sun?")),
        ("What is salt and pepper?", ()),
        ("My knees hurt. What is lupus?", ()),
        ("", ()),
    ],
)
def test_finds_the_questions_of_a_message_in_order(text: str, parts: tuple[str, ...]) -> None:
    assert parts_of(text) == parts


def test_takes_no_more_than_the_last_three() -> None:
    assert parts_of("What is red? What is blue? What is green? What is grey?")[0] == "What is blue?"


def test_the_preface_is_what_stands_before_a_part() -> None:
    assert preface_of("My aunt has lupus. Is it red?", "Is it red?") == "My aunt has lupus."
    assert preface_of("Is it red?", "not in it") == ""


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("What is the difference between CRS and ICANS?", ("CRS", "ICANS")),
        ("belimumab versus anifrolumab, what's the difference?", ("belimumab", "anifrolumab")),
        ("Is rituximab better than belimumab?", ("rituximab", "belimumab")),
        ("Which lasts longer, your own cells or the donor ones?", ("cells", "donor")),
        ("Is it better than nothing?", None),
        ("What is lupus?", None),
    ],
)
def test_finds_what_is_set_side_by_side(text: str, compared: tuple[str, str] | None) -> None:
    found = comparison_in(text)

    assert (None if found is None else (found.one, found.two)) == compared


def test_a_passage_that_speaks_of_both_needs_no_second_one() -> None:
    compared = Comparison("fever", "infusion")

    assert compared.questions == ("What is fever?", "What is infusion?")
    assert compared.is_in(make_chunk())
    assert not Comparison("fever", "sunscreen").is_in(make_chunk())


@pytest.mark.parametrize("text", ["and what " * 3_000, "a or b, " * 3_000, "? " * 20_000, "is a and " * 3_000])
def test_a_hostile_message_is_read_at_once(text: str) -> None:
    started = time.process_time()

    parts_of(text)
    comparison_in(text)
    assert time.process_time() - started < 2.0
