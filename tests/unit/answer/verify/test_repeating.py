from __future__ import annotations

import pytest

from bot.answer.verify.repeating import repeats

PASSAGE = "Fever of 38.5 °C counts. Call the team.\n\n- Live vaccines may harm.\n- Rest helps, but not always."


@pytest.mark.parametrize(
    ("sentence", "is_repeated"),
    [
        pytest.param("Call the team.", True, id="a sentence"),
        pytest.param("call the  team", True, id="spacing, capital and full stop"),
        pytest.param("Live vaccines may harm.", True, id="an item of a list"),
        pytest.param("Call the team. Fever of 38.5 °C counts.", True, id="two sentences"),
        pytest.param("Rest helps", False, id="a part that lost its not"),
        pytest.param("Live vaccines harm.", False, id="a word left out"),
        pytest.param("Fever of 385 °C counts.", False, id="a point left out"),
        pytest.param("Call the team. Rest.", False, id="one of two"),
        pytest.param("", False, id="nothing"),
        pytest.param("...", False, id="no words"),
    ],
)
def test_only_whole_sentences_are_repetitions(sentence: str, is_repeated: bool) -> None:
    assert repeats(sentence, PASSAGE) == is_repeated


def test_nothing_repeats_an_empty_passage() -> None:
    assert not repeats("Call the team.", "")
