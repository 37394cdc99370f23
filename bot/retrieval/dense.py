"""Nearest vectors, gathered by chunk."""

from __future__ import annotations

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


def nearest_chunks(index: LoadedIndex, query: NDArray[np.float32]) -> dict[int, DenseMatch]:
    """Return the matches by chunk number for the nearest rows.

    Args:
        query: float32 (dim,), a unit vector.
    """
    matches: dict[int, DenseMatch] = {}
    for row_id, cosine in index.store.nearest(query, ROWS):
        chunk_no, kind, part_no = (int(value) for value in index.rows[row_id])
        match = matches.setdefault(chunk_no, DenseMatch())
        if kind == RowKind.PASSAGE:
            match.passage = max(match.passage, cosine)
        elif kind == RowKind.QUESTION:
            match.question = max(match.question, cosine)
        else:
            match.sentence = max(match.sentence, cosine)
            match.sentences[part_no] = cosine
    return matches
