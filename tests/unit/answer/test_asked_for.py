from __future__ import annotations

import pytest

from bot.answer.asked_for import COUNTED, holds, kind_of


@pytest.mark.parametrize(
    ("asked", "said", "other"),
    [
        ("How many people had it?", "Of them, 17 were women.", "Most were women."),
        ("For how many weeks does it last?", "It lasts about 3 weeks.", "It had 3 arms."),
        ("How long is the drip?", "The drip takes less than 30 minutes.", "The drip is short."),
        ("How old were they?", "The median age was 22.", "They were treated in 2021."),
        ("When was it approved?", "It was approved in January 2021.", "It was approved for adults."),
        ("Why is it dear?", "It is dear because each batch is made for one person.", "It is dear in all countries."),
    ],
)
def test_a_sentence_holds_what_is_asked_for_or_not(asked: str, said: str, other: str) -> None:
    kind = kind_of(asked)

    assert kind is not None
    assert holds(kind, said)
    assert not holds(kind, other)


@pytest.mark.parametrize("asked", ["", "Is lupus contagious?", "What is lupus?", "Can I drive?"])
def test_a_question_for_yes_or_no_asks_for_none_of_these(asked: str) -> None:
    assert kind_of(asked) is None


def test_how_common_asks_for_a_number() -> None:
    assert kind_of("How common is it?") == COUNTED
