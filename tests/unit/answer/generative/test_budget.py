from __future__ import annotations

from bot.answer.generative.budget import ANSWER_TOKENS, fitting
from bot.corpus.tokens import count

PASSAGE = "Lupus is a long-lasting disease of the immune system. " * 10


def test_takes_what_fits_in_order_and_cuts_nothing() -> None:
    one = int(count(PASSAGE) * 1.2) + 1 + 30
    room = ANSWER_TOKENS + 20 + 1
    fits = [fitting([PASSAGE] * 5, fixed=[""], max_tokens=room + whole * one) for whole in range(7)]
    assert fits == [0, 1, 2, 3, 4, 5, 5]


def test_a_passage_too_large_ends_the_list_though_a_smaller_one_follows() -> None:
    assert fitting([PASSAGE, PASSAGE * 100, PASSAGE], fixed=[], max_tokens=4000) == 1


def test_a_question_as_long_as_the_context_leaves_no_room() -> None:
    assert fitting([PASSAGE], fixed=["word " * 8000], max_tokens=8000) == 0


def test_counts_more_than_the_tokenizer_does_for_other_vocabularies() -> None:
    exact = ANSWER_TOKENS + 20 + count(PASSAGE)
    assert fitting([PASSAGE], fixed=[], max_tokens=exact) == 0
    assert fitting([], fixed=[], max_tokens=0) == 0
