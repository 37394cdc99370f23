from __future__ import annotations

import time

import pytest

from bot.answer.condense import Reading, completed, questions_in, readings, without_worse_swaps
from bot.answer.follow_up import is_follow_up, topic_of
from bot.domain import Hit, Question, Shown
from bot.retrieval.search import Found
from tests.fakes.indexes import make_chunk

STORY = (
    "I was diagnosed nine years ago and since then I have tried almost everything that my doctors thought of, and last "
    "month my sister read an article about a trial in Germany. I am tired most days and my knees hurt. Can CAR-T put "
    "lupus into remission? My doctor does not know much about it."
)


@pytest.mark.parametrize(
    ("text", "earlier", "leans"),
    [
        ("What is lupus?", (), False),
        ("and how long?", ("What is cytokine release syndrome?",), True),
        ("is it dangerous", ("What is cytokine release syndrome?",), True),
        ("Which vaccines are safe before the infusion of CAR-T cells takes place?", ("What is lupus?",), False),
    ],
)
def test_a_short_message_that_leans_on_the_talk_is_a_follow_up(
    text: str, earlier: tuple[str, ...], leans: bool
) -> None:
    assert is_follow_up(Question(text, earlier)) is leans


def test_a_follow_up_is_read_with_its_topic_and_alone() -> None:
    queries = [reading.query for reading in readings(Question("is it dangerous", ("hello", "What is CRS?")))]

    assert queries[0] == "hello What is CRS? is it dangerous"
    assert "is it dangerous" in queries


def test_the_topic_is_the_last_message_that_stands_alone() -> None:
    assert topic_of(
        ("What is lupus nephritis in the kidney?", "Can I drink wine with hydroxychloroquine?", "why?")
    ) == ("Can I drink wine with hydroxychloroquine? why?")


def test_the_question_inside_a_story_leads() -> None:
    found = readings(Question(STORY))

    assert found[0].query == "Can CAR-T put lupus into remission?"
    assert STORY in [reading.query for reading in found]
    assert found[0].weight == max(reading.weight for reading in found)


def test_masks_are_not_searched_for() -> None:
    assert readings(Question("[name] asks what lupus is"))[0].query == "asks what lupus is"


@pytest.mark.parametrize("text", ["", " ", "?", "[name]", "no", "\n"], ids=repr)
def test_there_is_always_a_reading(text: str) -> None:
    assert readings(Question(text))
    assert readings(Question(text, ("What is lupus?",)))


@pytest.mark.parametrize("text", ["what " * 5_000, "?" * 20_000, "a," * 10_000, "and what " * 3_000, "." * 20_000])
def test_a_hostile_message_is_read_at_once(text: str) -> None:
    started = time.process_time()

    assert readings(Question(text))
    assert time.process_time() - started < 2.0


def test_readings_weigh_between_nothing_and_one() -> None:
    for text in (STORY, "what is sle", "who pays?"):
        assert all(0 < reading.weight <= 1 for reading in readings(Question(text)))


def test_finds_the_questions_of_a_message_last_first() -> None:
    assert questions_in("What harms the kidneys most? I am new. Does sunlight make a flare worse?") == [
        "Does sunlight make a flare worse?",
        "What harms the kidneys most?",
    ]


def test_a_question_that_points_back_in_its_message_is_read_with_the_sentence_before() -> None:
    assert completed("My nurse says that it is the fog. What do others do with this?") == [
        "My nurse says that it is the fog. What do others do with this?"
    ]
    assert completed("They give a strong medicine first. Nobody said why. Could you explain that?") == [
        "They give a strong medicine first. Nobody said why. Could you explain that?"
    ]
    assert completed("I am tired. Which vaccines work against measles?") == []
    assert completed("What is this?") == []


def test_a_follow_up_is_read_with_what_the_last_reply_was_about() -> None:
    shown = Shown(("leukapheresis",), ("What is leukapheresis?",))
    queries = [reading.query for reading in readings(Question("can it fail?", ("What about the collection?",), shown))]

    assert "can leukapheresis fail?" in queries


def test_only_the_words_of_the_message_count_for_a_follow_up() -> None:
    found = readings(Question("can it fail?", ("What is leukapheresis?",)))

    assert found[0].asked == "can it fail?"
    assert found[0].is_context


def test_after_a_correction_the_question_before_is_not_searched_for() -> None:
    found = readings(Question("no, I meant azathioprine", ("Is methotrexate used in pregnancy?",)))

    assert found[0].query == "azathioprine"
    assert not any(reading.is_context for reading in found)


def test_of_guesses_only_the_one_that_finds_most_is_kept() -> None:
    def finds(score: float) -> Found:
        return Found((Hit(make_chunk(), score, score, score),), {}, ())

    plain, poor, good = (Reading(name, 1.0, is_swap=name != "plain") for name in ("plain", "poor", "good"))
    kept = without_worse_swaps([(plain, finds(0.1)), (poor, finds(0.2)), (good, finds(0.3)), (poor, Found((), {}, ()))])

    assert [item for item, _ in kept] == [plain, good]


def test_a_wish_for_plain_words_is_not_searched_for() -> None:
    assert readings(Question("What is a flare, in simple words?"))[0].query == "What is a flare?"
