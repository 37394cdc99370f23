"""Dense and lexical scores become one, on an absolute scale.

Reciprocal ranks were tried as well: they throw away how sure each side is, which abstention needs.
"""

from __future__ import annotations

from bot.retrieval.dense import DenseMatch

# Weights chosen on the development questions by `benchmarks/fusion.py`; see its table.
LEXICAL_WEIGHT = 0.3
# A wording of the question counts a little more than a passage: a question is like a question.
_PASSAGE_DISCOUNT = 0.95
_SENTENCE_DISCOUNT = 0.95
# The best row decides, but a section that is near with its passage, a wording and a sentence is nearer than one
# that is near with one of them by chance.
_AGREEMENT = 0.4


def dense_score(match: DenseMatch) -> float:
    """Return how near a chunk is by its best row and by all kinds of its rows together, 0..1."""
    best = max(match.question, match.passage * _PASSAGE_DISCOUNT, match.sentence * _SENTENCE_DISCOUNT)
    kinds = [cosine for cosine in (match.question, match.passage, match.sentence) if cosine > -1.0]
    agreement = sum(kinds) / len(kinds) if kinds else 0.0
    return max(0.0, (1 - _AGREEMENT) * best + _AGREEMENT * agreement)


def fused_score(*, dense: float, lexical: float) -> float:
    """Mix both scores, each 0..1, into one, 0..1."""
    return (1 - LEXICAL_WEIGHT) * dense + LEXICAL_WEIGHT * lexical
