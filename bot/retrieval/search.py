"""The search itself: one query, one index, the best chunks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain import Hit
from bot.index.loaded import LoadedIndex
from bot.index.words import terms
from bot.retrieval.dense import DenseMatch, nearest_chunks
from bot.retrieval.fusion import dense_score, fused_score
from bot.retrieval.spelling import corrected

# Chunks that each side brings to the fusion.
CANDIDATES = 50
# Scores are compared at this precision, so that the order of equals is by id on every machine.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        hits: Best first.
        sentences: Cosine with the query by (chunk id, sentence number), where sentences were near.
        query_terms: The query's stemmed words after spelling correction.
    """

    hits: tuple[Hit, ...]
    sentences: dict[tuple[str, int], float]
    query_terms: tuple[str, ...]


class Searcher:
    """Searches one index version.

    Args:
        index: The loaded index.
        encode: Turns a text into a unit vector of the index's model.
    """

    def __init__(self, *, index: LoadedIndex, encode: Callable[[str], NDArray[np.float32]]) -> None:
        self.index = index
        self._encode = encode

    def search(self, query: str, *, k: int = 10) -> Found:
        """Return up to k hits, best first; none for a query without words.

        Raises:
            ModelError: The query could not be embedded.
        """
        if not query.strip():
            return Found((), {}, ())
        query_terms = corrected(terms(query), self.index.lexical)
        lexical = self.index.lexical.scores(query_terms)
        dense = nearest_chunks(self.index, self._encode(query))
        numbers = set(sorted(dense, key=lambda n: -dense_score(dense[n]))[:CANDIDATES])
        numbers.update(int(n) for n in _top(lexical, CANDIDATES))
        hits = sorted((self._hit(n, dense.get(n), float(lexical[n])) for n in numbers), key=_order)
        sentences = {
            (self.index.chunks[n].id, part): cosine
            for n in numbers
            if n in dense
            for part, cosine in dense[n].sentences.items()
        }
        return Found(tuple(hits[:k]), sentences, tuple(query_terms))

    def _hit(self, chunk_no: int, match: DenseMatch | None, lexical: float) -> Hit:
        match = match or DenseMatch()
        score = fused_score(dense=dense_score(match), lexical=lexical)
        return Hit(
            chunk=self.index.chunks[chunk_no],
            score=round(score, _DIGITS),
            dense=round(match.best, _DIGITS),
            lexical=round(lexical, _DIGITS),
        )


def _order(hit: Hit) -> tuple[float, str]:
    return -hit.score, hit.chunk.id


def _top(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return the positions of the k highest scores above zero."""
    if len(scores) > k:
        positions = np.argpartition(scores, -k)[-k:]
    else:
        positions = np.arange(len(scores))
    found: NDArray[np.int64] = positions[scores[positions] > 0].astype(np.int64)
    return found
