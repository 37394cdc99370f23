"""The search itself: one query, one index, the best chunks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain import Hit
from bot.index.loaded import LoadedIndex
from bot.index.words import words
from bot.retrieval.dense import ROWS, DenseMatch, complete_matches, nearest_chunks, rows_by_chunk
from bot.retrieval.fusion import dense_score, fused_score
from bot.retrieval.spelling import Speller

# Chunks that each side brings to the fusion, at least.
CANDIDATES = 50
# Rows that a chunk has at most, about: how far to look for k chunks.
_ROWS_A_CHUNK = 25
# The model reads some 1,000 characters; what is longer than a long message is not read at all.
MAX_QUERY_CHARS = 4_000
# Scores are compared at this precision, so that the order of equals is by id on every machine.
_DIGITS = 6
_NO_MATCH = DenseMatch()


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
        is_word: Tells a word that is spelt right, though the index does not have it.

    Attributes:
        speller: Corrects words by those of this index.
    """

    def __init__(
        self,
        *,
        index: LoadedIndex,
        encode: Callable[[str], NDArray[np.float32]],
        is_word: Callable[[str], bool] = lambda word: False,
    ) -> None:
        self.index = index
        self.speller = Speller(spellings=index.lexical.spellings, is_word=is_word)
        self._rows_of = rows_by_chunk(index)
        self._encode = encode

    def search(self, query: str, *, k: int = 10) -> Found:
        """Return up to k hits, best first; none for a query without letters or digits.

        Args:
            query: In words; what is beyond `MAX_QUERY_CHARS` is not read.

        Raises:
            ModelError: The query could not be embedded.
            BadIndexError: The query model is not the one that the index was made with.
        """
        query = query[:MAX_QUERY_CHARS]
        if not any(letter.isalnum() for letter in query):
            return Found((), {}, ())
        query_terms = self.speller.stems(words(query))
        lexical = self.index.lexical.scores(query_terms)
        vector = self._encode(query)
        dense = nearest_chunks(self.index, vector, rows=max(ROWS, k * _ROWS_A_CHUNK))
        numbers = self._candidates(dense, lexical, most=max(CANDIDATES, k))
        dense = complete_matches(self.index, vector, sorted(numbers), rows_of=self._rows_of)
        hits = sorted((self._hit(n, dense.get(n, _NO_MATCH), float(lexical[n])) for n in numbers), key=_order)
        sentences = {
            (self.index.chunks[n].id, part): cosine
            for n in numbers & dense.keys()
            for part, cosine in dense[n].sentences.items()
        }
        return Found(tuple(hits[:k]), sentences, tuple(query_terms))

    def _candidates(self, dense: Mapping[int, DenseMatch], lexical: NDArray[np.float32], *, most: int) -> set[int]:
        """Return the chunks that either side puts first; equals are taken by id."""
        best = {number: dense_score(match) for number, match in dense.items()}
        return {*self._first(best, most), *self._first(_highest(lexical, most), most)}

    def _first(self, scores: Mapping[int, float], most: int) -> list[int]:
        chunks = self.index.chunks
        return sorted(scores, key=lambda number: (-round(scores[number], _DIGITS), chunks[number].id))[:most]

    def _hit(self, chunk_no: int, match: DenseMatch, lexical: float) -> Hit:
        score = fused_score(dense=dense_score(match), lexical=lexical)
        return Hit(
            chunk=self.index.chunks[chunk_no],
            score=round(score, _DIGITS),
            dense=round(match.best, _DIGITS),
            lexical=round(lexical, _DIGITS),
            question=round(match.question, _DIGITS),
        )


def _order(hit: Hit) -> tuple[float, str]:
    return -hit.score, hit.chunk.id


def _highest(scores: NDArray[np.float32], most: int) -> dict[int, float]:
    """Return the highest scores above zero by position: `most` of them, and all that equal the last."""
    least = np.partition(scores, -most)[-most] if len(scores) > most else 0.0
    positions = np.flatnonzero((scores >= least) & (scores > 0))
    return dict(zip(positions.tolist(), scores[positions].tolist(), strict=True))
