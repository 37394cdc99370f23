"""Words that no chunk has are replaced by the nearest word that one has: ``lukaferesis``, ``lupis``."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.index.lexical import LexicalIndex

# Shorter words have too many neighbours ("cold", "gold") to guess.
_SHORTEST = 5
# Similarity 0..1 of the edit distance; at 0.72 a ten-letter word may have two or three wrong letters.
_SIMILAR = 0.72


def corrected(query_terms: list[str], lexical: LexicalIndex) -> list[str]:
    """Return the query's terms with unknown words replaced where a near one is known."""
    return [_nearest(term, lexical) for term in query_terms]


def _nearest(term: str, lexical: LexicalIndex) -> str:
    if term in lexical.document_counts or len(term) < _SHORTEST or not term.isalpha():
        return term
    return _look_up(term, _vocabulary(lexical))


@lru_cache(maxsize=4)
def _vocabulary(lexical: LexicalIndex) -> tuple[str, ...]:
    return tuple(sorted(t for t in lexical.document_counts if len(t) >= _SHORTEST - 1 and t.isalpha()))


@lru_cache(maxsize=4096)
def _look_up(term: str, vocabulary: tuple[str, ...]) -> str:
    best = process.extractOne(
        term, vocabulary, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=_SIMILAR
    )
    return best[0] if best else term
