"""The search itself: one query, one index, the best chunks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.domain import Hit
from bot.index.loaded import LoadedIndex
from bot.index.words import words
from bot.retrieval.dense import ABSENT, DenseSearch
from bot.retrieval.fusion import dense_scores, fused_scores
from bot.retrieval.spelling import Speller

# The model reads some 1,000 characters; what is longer than a long message is not read at all.
MAX_QUERY_CHARS = 4_000
# Scores are compared at this precision, so that the order of equals is by id on every machine.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        hits: Best first.
        sentences: Cosine with the query by (chunk id, sentence number), for the sentences of the hits.
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
        self.speller = Speller(spellings=_printed(index), is_word=is_word)
        self._dense = DenseSearch(index=index)
        self._encode = encode
        self._chunks_of: dict[str, list[int]] = {}
        for number, chunk in enumerate(index.chunks):
            self._chunks_of.setdefault(chunk.section_id, []).append(number)

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
        cosines = self._dense.cosines(self._encode(query))
        scores = np.round(fused_scores(dense=dense_scores(cosines), lexical=lexical), _DIGITS)
        best = cosines.best
        numbers = self._first(scores, listed=(best > ABSENT) | (lexical > 0), k=k)
        hits = tuple(
            Hit(
                chunk=self.index.chunks[number],
                score=_rounded(scores[number]),
                dense=_rounded(best[number]),
                lexical=_rounded(lexical[number]),
                question=_rounded(cosines.question[number]),
            )
            for number in numbers
        )
        sentences = {
            (self.index.chunks[number].id, sentence_no): cosine
            for number in numbers
            for sentence_no, cosine in self._dense.sentences(cosines, number)
        }
        return Found(hits, sentences, tuple(query_terms))

    def vector(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a text: float32 (dim,), a unit vector.

        Raises:
            ModelError: It could not be embedded.
        """
        return self._encode(text[:MAX_QUERY_CHARS])

    def likeness(self, first: str, second: str) -> float:
        """Return the cosine of two texts, -1..1; 0 for a vector that is not finite.

        Raises:
            ModelError: One could not be embedded.
        """
        cosine = float(self._encode(first) @ self._encode(second))
        return cosine if math.isfinite(cosine) else 0.0

    def nearness(self, text: str, section_id: str) -> float:
        """Return the cosine of a text with what is nearest to it in a section, -1..1.

        Raises:
            ModelError: The text could not be embedded.
        """
        best = self._dense.cosines(self._encode(text)).best
        return max((float(best[number]) for number in self._chunks_of.get(section_id, ())), default=ABSENT)

    def _first(self, scores: NDArray[np.float32], *, listed: NDArray[np.bool_], k: int) -> list[int]:
        """Return the k best of the listed chunks, best first, equals by chunk id."""
        scores = np.where(listed, scores, -1.0)
        least = np.partition(scores, -k)[-k] if len(scores) > k else 0.0
        # All that equal the last one are looked at, so that its id decides and not its place.
        positions = np.flatnonzero(scores >= max(least, 0.0)).tolist()
        chunks = self.index.chunks
        return sorted(positions, key=lambda number: (-scores[number], chunks[number].id))[:k]


def _printed(index: LoadedIndex) -> list[str]:
    """Return the words of passages and headings; those of patients' wordings are misspelt on purpose."""
    return sorted({word for chunk in index.chunks for word in words(f"{chunk.title} {chunk.text}")})


def _rounded(value: np.float32) -> float:
    return round(float(value), _DIGITS)
