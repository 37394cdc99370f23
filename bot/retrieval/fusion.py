"""Dense and lexical scores become one, on an absolute scale.

Reciprocal ranks were tried as well: they throw away how sure each side is, which abstention needs.
"""

from __future__ import annotations

from bot.retrieval.dense import DenseMatch

# Weights chosen on the development questions by `benchmarks/fusion.py`; see its table.
LEXICAL_WEIGHT = 0.4
# A wording of the question counts a little more than a passage: a question is like a question.
_PASSAGE_DISCOUNT = 0.95
_SENTENCE_DISCOUNT = 0.95


def dense_score(match: DenseMatch) -> float:
    """Return the discounted best cosine of a chunk, 0..1."""
    best = max(match.question, match.passage * _PASSAGE_DISCOUNT, match.sentence * _SENTENCE_DISCOUNT)
    return max(0.0, best)


def fused_score(*, dense: float, lexical: float) -> float:
    """Mix both scores, each 0..1, into one, 0..1."""
    return (1 - LEXICAL_WEIGHT) * dense + LEXICAL_WEIGHT * lexical
