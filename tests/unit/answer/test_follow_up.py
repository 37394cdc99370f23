from __future__ import annotations

import time

import pytest

from bot.answer.follow_up import (
    correction,
    has_pronoun,
    is_follow_up,
    last_question,
    names_relative,
    opens_topic,
    other_of,
    puts_in,
    resolved,
    root_of,
    subject_of,
    swaps,
    topic_of,
    without_opening,
    without_pair,
)
from bot.domain import Question

BEFORE = "Is methotrexate used in pregnancy?"


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("and for how long?", True),
        ("the one with sore knees, which medicine had they been given?", True),
        ("ok good. how long did those last in the blood?", True),
        ("no, I meant the tablets", True),
        ("another question: is sunlight bad?", False),
        ("Do vaccines against measles work less well on lupus medicines?", False),
    ],
)
def test_tells_what_leans_on_the_talk_from_what_stands_alone(text: str, leans: bool) -> None:
    assert is_follow_up(Question(text, (BEFORE,))) is leans
    assert is_follow_up(Question(text)) is False


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no, I meant azathioprine", "azathioprine"),
        ("wait, I was asking about the other rash", "the other rash"),
        ("no not that, the yellow one", "yellow"),
        ("I meant how long it takes", "how long it takes"),
        ("no sorry, rituximab I mean", "rituximab"),
        ("no", None),
        ("No, I am well. Is it bad?", None),
        ("I am asking about my mother", None),
    ],
)
def test_a_correction_says_what_was_meant(text: str, meant: str | None) -> None:
    assert correction(text) == meant


@pytest.mark.parametrize(
    "text", ["Changing the subject: is it bad?", "something else, is it bad?", "new topic: is it bad?"]
)
def test_a_new_topic_is_announced_by_words_that_are_not_searched_for(text: str) -> None:
    assert opens_topic(text)
    assert without_opening(text) == "is it bad?"


def test_the_topic_goes_back_to_the_last_message_that_stands_alone() -> None:
    earlier = ("What is lupus nephritis in the kidney?", "Can I drink wine with hydroxychloroquine?", "why?")

    assert topic_of(earlier) == "Can I drink wine with hydroxychloroquine? why?"
    assert root_of(earlier) == "Can I drink wine with hydroxychloroquine?"


def test_after_a_correction_the_topic_is_what_was_meant() -> None:
    assert topic_of(("Who can join the red trial?", "no not red, the blue phase 2 one")) == "blue phase 2"


def test_the_subject_of_a_question_is_without_its_frame() -> None:
    assert subject_of("What is a kidney biopsy?") == "kidney biopsy"
    assert subject_of("What is it?") == ""


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("ok, can it fail?", "can leukapheresis fail?"),
        ("and side effects?", "leukapheresis: side effects?"),
        ("how did she do?", "leukapheresis: how did the woman do?"),
    ],
)
def test_the_subject_stands_where_the_pronoun_was(text: str, whole: str) -> None:
    assert resolved(text, subject="leukapheresis") == whole


def test_something_else_is_put_into_each_place_of_the_question_before() -> None:
    assert "Is azathioprine used in pregnancy?" in swaps("how about azathioprine?", before=BEFORE)
    assert swaps("and in Spain?", before="How many have it in the US?")[0] == "How many have it in Spain"


@pytest.mark.parametrize(
    "text", ["and how long does it take?", "is it dangerous", "and", "", "and what about that then?"]
)
def test_a_question_of_its_own_is_put_in_nowhere(text: str) -> None:
    assert swaps(text, before=BEFORE) == ()


def test_the_other_of_two_is_the_one_that_was_not_shown() -> None:
    before = "Belimumab and anifrolumab: when was the first approved?"

    assert other_of("And the other one?", before=before, shown="What is belimumab?") == "anifrolumab"
    assert other_of("And the other one?", before=before, shown="What is lupus?") is None
    assert other_of("And why?", before=before, shown="What is belimumab?") is None
    assert without_pair(before, "anifrolumab") == "anifrolumab: when was the first approved?"


def test_knows_what_only_earlier_messages_name() -> None:
    assert has_pronoun("how did she do?")
    assert has_pronoun("has one been tried?")
    assert not has_pronoun("which one is better?")
    assert puts_in("and azathioprine?")
    assert not puts_in("no, I meant azathioprine")
    assert not puts_in("and gout, how many got better there?")


@pytest.mark.parametrize("text", ["and " * 4_000, "no, I meant " * 2_000, "the one " * 4_000, "ok " * 8_000 + "?"])
def test_a_hostile_message_is_read_at_once(text: str) -> None:
    started = time.process_time()

    is_follow_up(Question(text, (text,)))
    swaps(text, before=text)
    resolved(text, subject="x")
    assert time.process_time() - started < 2.0


def test_the_last_question_of_a_message_says_what_it_is_about() -> None:
    assert last_question("My sister has lupus. What are the signs of a flare?") == "What are the signs of a flare?"
    assert last_question("Is it? And what are the signs of a flare?") == "And what are the signs of a flare?"
    assert last_question("signs of a flare") == "signs of a flare"
    assert last_question("Signs of a flare, please. Why?") == "Signs of a flare, please. Why?"


@pytest.mark.parametrize(
    ("message", "is_known"),
    [
        ("My sister has lupus.", True),
        ("my poor old dad flares a lot", False),
        ("my poor dad flares a lot", True),
        ("what did the study say of the sister", False),
        ("my sisterhood meets on Monday", False),
    ],
)
def test_somebody_the_patient_knows_is_told_from_a_person_in_a_study(message: str, is_known: bool) -> None:
    assert names_relative(("hello", message)) is is_known


def test_she_is_anyone_where_the_patient_speaks_of_a_relative() -> None:
    assert resolved("what should she do?", subject="flare", is_relative=True) == "flare: what should someone do?"
    assert "the woman" in resolved("what should she do?", subject="flare")
