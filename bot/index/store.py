"""The door to faiss: unit rows in, nearest rows out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadIndexError

VECTORS_FILE = "vectors.faiss"


class VectorStore:
    """A flat inner-product index with mapped ids: exact, and fast enough for a hundred thousand rows."""

    def __init__(self, *, index: object) -> None:
        import faiss

        # Measured faster with one thread, alone and under concurrent searches.
        faiss.omp_set_num_threads(1)
        self._index: faiss.IndexIDMap2 = index

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> VectorStore:
        """Index float32 (n, dim) unit rows under the ids 0..n-1."""
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(np.ascontiguousarray(vectors), np.arange(len(vectors), dtype=np.int64))
        return cls(index=index)

    def save(self, folder: Path) -> None:
        """Write the index file."""
        import faiss

        faiss.write_index(self._index, str(folder / VECTORS_FILE))

    @classmethod
    def load(cls, folder: Path, *, dimension: int, count: int) -> VectorStore:
        """Read an index file whose digest has been checked.

        Raises:
            BadIndexError: It cannot be read, or its shape is not the manifest's.
        """
        import faiss

        try:
            index = faiss.read_index(str(folder / VECTORS_FILE))
        except RuntimeError as error:
            raise BadIndexError("The vector index cannot be read; build the index again.") from error
        if index.d != dimension or index.ntotal != count:
            raise BadIndexError("The vector index does not fit its manifest; build the index again.")
        return cls(index=index)

    def nearest(self, query: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
        """Return up to k (row id, cosine) pairs, best first.

        Args:
            query: float32 (dim,), a unit vector.
        """
        if not np.isfinite(query).all() or query.shape != (self._index.d,):
            return []
        scores, ids = self._index.search(query.reshape(1, -1), min(k, self._index.ntotal))
        return [(int(i), float(s)) for i, s in zip(ids[0], scores[0], strict=True) if i >= 0]

    def rows(self, ids: list[int]) -> NDArray[np.float32]:
        """Return the vectors of some rows: float32 (len(ids), dim)."""
        vectors: NDArray[np.float32] = np.stack([self._index.reconstruct(i) for i in ids])
        return vectors
