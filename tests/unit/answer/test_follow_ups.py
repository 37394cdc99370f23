from __future__ import annotations

from bot.answer.follow_ups import follow_ups
from bot.domain import Hit
from tests.fakes.indexes import make_chunk

# fmt: off
TITLES = [
    "What is lupus?", "What is lupus, in short?", "Chapter 3", "How do cells grow?", "Who pays for travel?",
    "When is fever bad?",
]
# fmt: on
HITS = [Hit(make_chunk(f"s{number}", title=title), 0.5, 0.5, 0.5) for number, title in enumerate(TITLES)]


def test_offers_three_questions_that_differ_from_what_was_asked_and_shown() -> None:
    assert follow_ups(HITS, shown={"s3"}, asked="what is lupus") == ("Who pays for travel?", "When is fever bad?")


def test_offers_no_heading_that_is_no_question_and_none_twice() -> None:
    assert follow_ups([*HITS, *HITS], shown=(), asked="") == (TITLES[0], TITLES[3], TITLES[4])


def test_offers_nothing_where_nothing_was_found() -> None:
    assert follow_ups([], shown=(), asked="x") == ()
