"""The door to faiss: unit rows in, nearest rows out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadIndexError

VECTORS_FILE = "vectors.faiss"


class VectorStore:
    """A flat inner-product index with mapped ids: exact, and fast enough for a hundred thousand rows."""

    def __init__(self, *, index: Any) -> None:
        import faiss

        # Measured faster with one thread, alone and under concurrent searches.
        faiss.omp_set_num_threads(1)
        self._index = index

    @classmethod
    def build(cls, vectors: NDArray[np.float32]) -> VectorStore:
        """Index float32 (n, dim) unit rows under the ids 0..n-1."""
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        index.add_with_ids(np.ascontiguousarray(vectors), np.arange(len(vectors), dtype=np.int64))
        return cls(index=index)

    def save(self, folder: Path) -> None:
        """Write the index file.

        Raises:
            OSError: The disk is full or read-only; faiss itself would raise a bare RuntimeError.
        """
        import faiss

        (folder / VECTORS_FILE).write_bytes(faiss.serialize_index(self._index).tobytes())

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

    def nearest(self, query: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return up to k row ids and their cosines, best first; none for a vector that is not finite.

        Args:
            query: float32 (dim,), a unit vector.

        Raises:
            BadIndexError: The vector is of another dimension, so of another model.
        """
        if query.shape != (self._index.d,):
            raise BadIndexError("The index was made with another embedding model. Run 'lupus-bot index build'.")
        if not np.isfinite(query).all():
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        scores, ids = self._index.search(query.reshape(1, -1), min(k, self._index.ntotal))
        found = ids[0] >= 0
        return ids[0][found], scores[0][found]

    def rows(self, ids: list[int]) -> NDArray[np.float32]:
        """Return the vectors of some rows: float32 (len(ids), dim)."""
        import faiss

        # The ids are the places in the flat index, so the map need not be asked for each.
        flat = faiss.downcast_index(self._index.index)
        vectors: NDArray[np.float32] = flat.reconstruct_batch(np.asarray(ids, dtype=np.int64))
        return vectors

    def all_rows(self) -> NDArray[np.float32]:
        """Return every vector in the order of the ids: float32 (n, dim)."""
        import faiss

        flat = faiss.downcast_index(self._index.index)
        vectors: NDArray[np.float32] = flat.reconstruct_n(0, flat.ntotal)
        return vectors
