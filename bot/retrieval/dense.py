"""Cosines of all vectors with a query, gathered by chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.index.loaded import LoadedIndex
from bot.index.rows import RowKind

# What a chunk has no vector of; no two texts are that opposite.
ABSENT = -1.0


@dataclass(frozen=True, slots=True)
class Cosines:
    """How near every chunk is to a query, -1..1; `ABSENT` where it has no such row.

    Attributes:
        passage: float32 (chunks,).
        question: float32 (chunks,), its title or wording that is nearest.
        sentence: float32 (chunks,), its nearest sentence.
        rows: float32 (rows,), every vector.
    """

    passage: NDArray[np.float32]
    question: NDArray[np.float32]
    sentence: NDArray[np.float32]
    rows: NDArray[np.float32]

    @property
    def best(self) -> NDArray[np.float32]:
        """Return the best cosine of any row: float32 (chunks,)."""
        best: NDArray[np.float32] = np.maximum(np.maximum(self.passage, self.question), self.sentence)
        return best


class DenseSearch:
    """Compares queries with every vector of one index; exact, and about a millisecond for ten thousand rows.

    Args:
        index: The loaded index.
    """

    def __init__(self, *, index: LoadedIndex) -> None:
        self._store = index.store
        self._places = index.rows
        self._kinds = {kind: _Kind.of(index, kind) for kind in RowKind}

    def cosines(self, query: NDArray[np.float32]) -> Cosines:
        """Return the cosines of a query with everything; all are absent for a vector that is not finite.

        Args:
            query: float32 (dim,), a unit vector.

        Raises:
            BadIndexError: The vector is of another dimension, so of another model.
        """
        rows = self._store.cosines(query)
        if not np.isfinite(rows).all():
            rows = np.full_like(rows, ABSENT)
        best = {kind: found.best(rows) for kind, found in self._kinds.items()}
        return Cosines(best[RowKind.PASSAGE], best[RowKind.QUESTION], best[RowKind.SENTENCE], rows)

    def sentences(self, cosines: Cosines, chunk_no: int) -> list[tuple[int, float]]:
        """Return the number and cosine of each sentence of a chunk."""
        ids = self._kinds[RowKind.SENTENCE].rows_of(chunk_no)
        return list(zip(self._places[ids, 2].tolist(), cosines.rows[ids].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Kind:
    """The rows of one kind in chunk order, and where in them each chunk that has some begins."""

    ids: NDArray[np.int64]
    owners: NDArray[np.int64]
    starts: NDArray[np.int64]
    chunks: int

    @classmethod
    def of(cls, index: LoadedIndex, kind: RowKind) -> _Kind:
        ids = np.flatnonzero(index.rows[:, 1] == kind)
        ids = ids[np.argsort(index.rows[ids, 0], kind="stable")]
        owners, starts = np.unique(index.rows[ids, 0], return_index=True)
        return cls(ids, owners, starts, len(index.chunks))

    def best(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the highest value of each chunk's rows: float32 (chunks,)."""
        found = np.full(self.chunks, ABSENT, dtype=np.float32)
        if len(self.ids):
            found[self.owners] = np.maximum.reduceat(rows[self.ids], self.starts)
        return found

    def rows_of(self, chunk_no: int) -> NDArray[np.int64]:
        """Return the row ids of one chunk."""
        place = int(np.searchsorted(self.owners, chunk_no))
        if place == len(self.owners) or self.owners[place] != chunk_no:
            return self.ids[:0]
        end = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.ids)
        return self.ids[self.starts[place] : end]
