from __future__ import annotations

import pytest

from bot.retrieval.dense import DenseMatch
from bot.retrieval.fusion import LEXICAL_WEIGHT, dense_score, fused_score


def test_a_question_counts_a_little_more_than_a_passage() -> None:
    assert dense_score(DenseMatch(question=0.8)) > dense_score(DenseMatch(passage=0.8)) > 0.7


def test_opposite_meaning_counts_as_nothing() -> None:
    assert dense_score(DenseMatch(passage=-0.4)) == 0.0
    assert dense_score(DenseMatch()) == 0.0


@pytest.mark.parametrize(("dense", "lexical", "fused"), [(0, 0, 0), (1, 1, 1), (1, 0, 1 - LEXICAL_WEIGHT)])
def test_the_fused_score_is_a_share(dense: float, lexical: float, fused: float) -> None:
    assert fused_score(dense=dense, lexical=lexical) == pytest.approx(fused)
