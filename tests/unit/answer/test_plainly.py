from __future__ import annotations

import time

import pytest

from bot.answer.plainly import is_wish_alone, wishes_brevity, without_wish


@pytest.mark.parametrize(
    "text",
    [
        "simpler please",
        "that's too long",
        "in plain words, please",
        "I don't understand",
        "explain like I'm five",
        "can you make it shorter?",
        "sorry, I have brain fog today, shorter please",
        "could I get a summary",
    ],
)
def test_a_wish_alone_is_about_the_last_answer(text: str) -> None:
    assert is_wish_alone(text)
    assert not wishes_brevity(text)


@pytest.mark.parametrize(
    "text",
    [
        "how long is too long in hospital?",
        "is the infusion shorter in trials?",
        "I don't understand what CRS is",
        "",
        "hi",
    ],
)
def test_a_question_is_no_wish(text: str) -> None:
    assert not is_wish_alone(text)
    assert not wishes_brevity(text)
    assert without_wish(text) == text


def test_a_wish_beside_a_question_asks_for_a_short_answer_and_is_not_searched_for() -> None:
    assert wishes_brevity("What is CRS in simple words?")
    assert without_wish("What is CRS in simple words?") == "What is CRS?"


@pytest.mark.parametrize("text", ["in very " * 4_000, "too " * 8_000, "don't really " * 4_000])
def test_a_hostile_message_is_read_at_once(text: str) -> None:
    started = time.process_time()

    is_wish_alone(text)
    without_wish(text)
    assert time.process_time() - started < 2.0
