from __future__ import annotations

from typing import Any

import pytest

from bot.answer.in_view import View, bears_out, fit, seen, support
from bot.domain import Chunk, Hit
from bot.index.words import terms
from bot.retrieval.search import Found
from tests.fakes.indexes import make_chunk

TRIAL = make_chunk(
    "trial", "The trial treated 24 people. Of them 17 were women. It had two centres.", title="What was found?"
)
RISKS = make_chunk("risks", "Making the cells can fail. Another try is possible then.", title="What can go wrong?")


def view(asked: str, **changes: Any) -> View:
    values: dict[str, Any] = {
        "shown": frozenset({"trial"}),
        "asked": asked,
        "terms": terms(asked),
        "own_terms": terms(asked),
        "topic_terms": (),
        "must_have": (),
        "chapters": frozenset(),
        "names_a_thing": False,
        "is_about_relative": False,
        "alone": {},
        "idf": lambda term: 1.0,
    }
    return View(**{**values, **changes})


def order(asked: str, *scored: tuple[Chunk, float], **changes: Any) -> list[str]:
    hits = tuple(Hit(chunk, score, score, 0.5) for chunk, score in scored)
    return [hit.chunk.id for hit in seen(Found(hits, {}, ()), view(asked, **changes)).hits]


def test_a_detail_of_what_was_shown_is_found_there() -> None:
    assert order("how many women?", (RISKS, 0.60), (TRIAL, 0.58)) == ["trial", "risks"]


def test_what_was_said_already_gives_way_to_what_is_new() -> None:
    assert order("can it fail?", (TRIAL, 0.60), (RISKS, 0.55)) == ["risks", "trial"]


def test_without_an_answer_before_nothing_gives_way() -> None:
    assert order("so?", (TRIAL, 0.60), (RISKS, 0.58), shown=frozenset()) == ["trial", "risks"]


def test_a_heading_that_asks_in_the_same_way_comes_first() -> None:
    why = make_chunk("why", "The cells are made by hand.", title="Why is it dear?")

    assert order("why so much?", (RISKS, 0.60), (why, 0.58)) == ["why", "risks"]


def test_she_is_looked_for_where_a_woman_is() -> None:
    woman = make_chunk("woman", "A woman of 23 got better.", title="Was it tried?")

    assert order("how did she do?", (RISKS, 0.60), (woman, 0.58)) == ["woman", "risks"]


def test_she_is_anyone_where_the_patient_speaks_of_a_relative() -> None:
    woman = make_chunk("woman", "A woman of 23 got better.", title="Was it tried?")

    assert order("how is she?", (RISKS, 0.60), (woman, 0.58), is_about_relative=True) == ["risks", "woman"]


def test_what_does_not_bear_the_message_out_steps_behind_what_does() -> None:
    other = make_chunk("other", "In the other study, 9 women took part.", title="What was found?")
    risks = make_chunk("risks", "Women may find that making the cells can fail.", title="What can go wrong?")

    assert order("how many women?", (risks, 0.60), (other, 0.53)) == ["other", "risks"]


def test_scores_stay_between_nothing_and_one() -> None:
    near = view("why can it fail?", topic_terms=terms("cells"), alone={"risks": 1.0})
    found = seen(Found((Hit(RISKS, 1.0, 1.0, 1.0), Hit(TRIAL, 0.0, 0.0, 0.0)), {}, ()), near)

    assert all(0.0 <= hit.score <= 1.0 for hit in found.hits)


@pytest.mark.parametrize(
    ("asked", "borne_out"),
    [
        ("how many women?", True),
        ("how many hotels?", False),
        ("what was the success rate of women?", True),
        ("who invented it?", False),
        ("was it painful?", True),
        ("so?", True),
    ],
)
def test_what_the_message_itself_asks_for_must_be_there(asked: str, borne_out: bool) -> None:
    assert bears_out(TRIAL, view(asked)) is borne_out


def test_another_topic_bears_nothing_out() -> None:
    assert not bears_out(TRIAL, view("and diabetes?", must_have=("diabet",)))
    assert not bears_out(TRIAL, view("and diabetes?", names_a_thing=True))
    assert bears_out(TRIAL, view("and women?", names_a_thing=True))
    assert bears_out(TRIAL, view("is it so?", must_have=("diabet",), chapters=frozenset({TRIAL.chapter_id})))


def test_a_sentence_supports_by_its_words_and_by_its_kind() -> None:
    assert support("Of them 17 were women.", view("how many women?")) == 0.5 * 2
    assert support("It had two centres.", view("how many women?")) is None
    assert support("Women liked it.", view("how many women?")) == 0.5
    assert fit("Of them five were women.", view("how many women?"), closeness=0.2) == pytest.approx(1.2)


def test_a_number_is_the_same_in_words_and_digits() -> None:
    assert support("After 5 weeks they left.", view("what after five weeks?")) == 1.0
