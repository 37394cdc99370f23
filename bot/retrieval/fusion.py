"""Dense and lexical scores become one, on an absolute scale.

Reciprocal ranks were tried as well: they throw away how sure each side is, which abstention needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.retrieval.dense import ABSENT, Cosines

# Weights chosen on the development questions by `benchmarks/fusion.py`; see its table.
LEXICAL_WEIGHT = 0.3
# A wording of the question counts a little more than a passage: a question is like a question.
_PASSAGE_DISCOUNT = 0.95
_SENTENCE_DISCOUNT = 0.95
# The best row decides, but a section that is near with its passage, a wording and a sentence is nearer than one
# that is near with one of them by chance.
_AGREEMENT = 0.4


def dense_scores(cosines: Cosines) -> NDArray[np.float32]:
    """Return how near each chunk is by its best row and by all kinds of its rows together: (chunks,), 0..1."""
    passage, question, sentence = cosines.passage, cosines.question, cosines.sentence
    best = np.maximum(question, np.maximum(passage * _PASSAGE_DISCOUNT, sentence * _SENTENCE_DISCOUNT))
    kinds = np.stack((question, passage, sentence))
    present = kinds > ABSENT
    agreement = np.where(present, kinds, 0.0).sum(axis=0) / np.maximum(present.sum(axis=0), 1)
    scores: NDArray[np.float32] = np.maximum(0.0, (1 - _AGREEMENT) * best + _AGREEMENT * agreement)
    return scores


def fused_scores(*, dense: NDArray[np.float32], lexical: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix both scores, each 0..1, into one, 0..1."""
    scores: NDArray[np.float32] = (1 - LEXICAL_WEIGHT) * dense + LEXICAL_WEIGHT * lexical
    return scores
