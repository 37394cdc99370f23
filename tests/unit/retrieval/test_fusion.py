from __future__ import annotations

import numpy as np
import pytest

from bot.retrieval.dense import ABSENT, Cosines
from bot.retrieval.fusion import LEXICAL_WEIGHT, dense_scores, fused_scores


def score(*, passage: float = ABSENT, question: float = ABSENT, sentence: float = ABSENT) -> float:
    columns = [np.array([value], dtype=np.float32) for value in (passage, question, sentence)]
    return float(dense_scores(Cosines(*columns, rows=np.empty(0, dtype=np.float32)))[0])


def test_a_question_counts_a_little_more_than_a_passage() -> None:
    assert score(question=0.8) > score(passage=0.8) > 0.7


def test_opposite_meaning_counts_as_nothing() -> None:
    assert score(passage=-0.4) == 0.0
    assert score() == 0.0


def test_near_in_every_kind_is_nearer_than_near_in_one() -> None:
    assert score(question=0.8, passage=0.8, sentence=0.8) > score(question=0.8, passage=0.3, sentence=0.2)


def test_a_kind_that_a_chunk_does_not_have_lowers_nothing() -> None:
    assert score(question=0.8) == pytest.approx(0.8)


@pytest.mark.parametrize(("dense", "lexical", "fused"), [(0, 0, 0), (1, 1, 1), (1, 0, 1 - LEXICAL_WEIGHT)])
def test_the_fused_score_is_a_share(dense: float, lexical: float, fused: float) -> None:
    found = fused_scores(dense=np.array([dense], dtype=np.float32), lexical=np.array([lexical], dtype=np.float32))

    assert found.tolist() == pytest.approx([fused])
