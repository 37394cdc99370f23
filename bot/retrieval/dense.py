"""Nearest vectors, gathered by chunk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.index.loaded import LoadedIndex
from bot.index.rows import RowKind

# Rows looked at for one query. A section has up to 25 rows, so this reaches some 40 sections at least.
ROWS = 1_000


@dataclass(slots=True)
class DenseMatch:
    """The best cosine of each kind of row of one chunk, -1..1; absent kinds stay at -1."""

    passage: float = -1.0
    question: float = -1.0
    sentence: float = -1.0
    sentences: dict[int, float] = field(default_factory=dict)

    @property
    def best(self) -> float:
        """Return the best cosine of any row."""
        return max(self.passage, self.question, self.sentence)


def nearest_chunks(index: LoadedIndex, query: NDArray[np.float32], *, rows: int = ROWS) -> dict[int, DenseMatch]:
    """Return the matches by chunk number for the nearest rows.

    Args:
        query: float32 (dim,), a unit vector.
        rows: How many rows are looked at.
    """
    matches: dict[int, DenseMatch] = {}
    ids, cosines = index.store.nearest(query, rows)
    for (chunk_no, kind, part_no), cosine in zip(index.rows[ids].tolist(), cosines.tolist(), strict=True):
        match = matches.get(chunk_no)
        if match is None:
            match = matches[chunk_no] = DenseMatch()
        # Best first: the first of a kind is the best of it.
        if kind == RowKind.PASSAGE:
            match.passage = cosine
        elif kind == RowKind.QUESTION:
            match.question = max(match.question, cosine)
        else:
            match.sentence = max(match.sentence, cosine)
            match.sentences[part_no] = cosine
    return matches


def passage_matches(index: LoadedIndex, query: NDArray[np.float32], chunks: Iterable[int]) -> dict[int, DenseMatch]:
    """Return the matches of chunks whose rows were not among the nearest, by their passages alone.

    Args:
        query: float32 (dim,), a unit vector.
        chunks: Chunk numbers; the passage of a chunk is the row of the same number.
    """
    numbers = list(chunks)
    if not numbers or not np.isfinite(query).all():
        return {}
    cosines = index.store.rows(numbers) @ query
    return {number: DenseMatch(passage=cosine) for number, cosine in zip(numbers, cosines.tolist(), strict=True)}
