from __future__ import annotations

import pytest

from bot.retrieval.medicines import is_medicine_like, medicine_words


@pytest.mark.parametrize(
    "word",
    ["rituximab", "leflunomide", "tacrolimus", "baricitinib", "abatacept", "atorvastatin", "thalidomide", "ibuprofen"],
)
def test_knows_the_endings_of_medicines(word: str) -> None:
    assert is_medicine_like(word)


@pytest.mark.parametrize("word", ["", "mab", "remod", "lupus", "fatigue", "infusion", "environment"])
def test_takes_no_other_word_for_a_medicine(word: str) -> None:
    assert not is_medicine_like(word)


def test_finds_them_in_a_question_in_order() -> None:
    assert medicine_words("Is Rituximab better than LEFLUNOMIDE, or CAR-T?") == ["rituximab", "leflunomide"]
