"""The door to faiss: unit rows in, cosines out."""

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
        self._faiss: Any = faiss  # its own types know few of its functions
        self._index = index
        # The ids are the places in the flat index below the map: `build` gives them so.
        self._flat: Any = faiss.downcast_index(index.index)

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

    def cosines(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of every row with a query, in the order of the ids: float32 (n,).

        All rows rather than the nearest: a chunk is judged by all of its rows, and for as many as a guide has
        sorting them out costs more than the products.

        Args:
            query: float32 (dim,), a unit vector.

        Raises:
            BadIndexError: The vector is of another dimension, so of another model.
        """
        if query.shape != (self._index.d,):
            raise BadIndexError("The index was made with another embedding model. Run 'lupus-bot index build'.")
        found = np.empty(self._index.ntotal, dtype=np.float32)
        whole = np.ascontiguousarray(query, dtype=np.float32)
        kernel = self._faiss.fvec_inner_products_ny
        pointer = self._faiss.swig_ptr
        kernel(pointer(found), pointer(whole), self._flat.get_xb(), self._index.d, len(found))
        return found

    def rows(self, ids: list[int]) -> NDArray[np.float32]:
        """Return the vectors of some rows: float32 (len(ids), dim)."""
        vectors: NDArray[np.float32] = self._flat.reconstruct_batch(np.asarray(ids, dtype=np.int64))
        return vectors

    def all_rows(self) -> NDArray[np.float32]:
        """Return every vector in the order of the ids: float32 (n, dim)."""
        vectors: NDArray[np.float32] = self._flat.reconstruct_n(0, self._flat.ntotal)
        return vectors
