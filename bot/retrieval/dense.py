"""Nearest vectors, gathered by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    def add(self, kind: int, part_no: int, cosine: float) -> None:
        """Take in one row."""
        if kind == RowKind.PASSAGE:
            self.passage = max(self.passage, cosine)
        elif kind == RowKind.QUESTION:
            self.question = max(self.question, cosine)
        else:
            self.sentence = max(self.sentence, cosine)
            self.sentences[part_no] = cosine


def rows_by_chunk(index: LoadedIndex) -> dict[int, list[int]]:
    """Return the row ids of each chunk."""
    rows: dict[int, list[int]] = {}
    for row_id, chunk_no in enumerate(index.rows[:, 0].tolist()):
        rows.setdefault(chunk_no, []).append(row_id)
    return rows


def nearest_chunks(index: LoadedIndex, query: NDArray[np.float32], *, rows: int = ROWS) -> dict[int, DenseMatch]:
    """Return the matches by chunk number for the nearest rows.

    Args:
        query: float32 (dim,), a unit vector.
        rows: How many rows are looked at.
    """
    matches: dict[int, DenseMatch] = {}
    ids, cosines = index.store.nearest(query, rows)
    for (chunk_no, kind, part_no), cosine in zip(index.rows[ids].tolist(), cosines.tolist(), strict=True):
        matches.setdefault(chunk_no, DenseMatch()).add(kind, part_no, cosine)
    return matches


def complete_matches(
    index: LoadedIndex, query: NDArray[np.float32], chunks: Iterable[int], *, rows_of: Mapping[int, list[int]]
) -> dict[int, DenseMatch]:
    """Return the matches of some chunks by all their rows, the far ones too.

    Args:
        query: float32 (dim,), a unit vector.
        chunks: Chunk numbers.
        rows_of: The row ids of each chunk.
    """
    numbers = list(chunks)
    ids = [row for number in numbers for row in rows_of[number]]
    if not ids or not np.isfinite(query).all():
        return {}
    matches = {number: DenseMatch() for number in numbers}
    cosines = index.store.rows(ids) @ query
    for (chunk_no, kind, part_no), cosine in zip(index.rows[ids].tolist(), cosines.tolist(), strict=True):
        matches[chunk_no].add(kind, part_no, cosine)
    return matches
