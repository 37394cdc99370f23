"""An encoder without a model: the same words give the same vector, shared words bring vectors closer."""

from __future__ import annotations

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

DIMENSION = 384
_WORD = re.compile(r"\w+")


class HashEmbedder:
    """Sums one fixed random direction a word.

    Texts with no word in common are nearly at right angles (cosine within 0.2 of 0); order does not matter.

    Args:
        dimension: Length of the vectors, 384 as the real model's.
    """

    def __init__(self, *, dimension: int = DIMENSION) -> None:
        self._dimension = dimension

    def encode(self, text: str) -> NDArray[np.float32]:
        """Return float32 (dim,), a unit vector."""
        # A text without words has a direction of its own, so that every vector is a unit vector.
        words = _WORD.findall(text.casefold()) or [""]
        total = np.sum([self._direction(word) for word in words], axis=0)
        unit: NDArray[np.float32] = (total / np.linalg.norm(total)).astype(np.float32)
        return unit

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        """Return float32 (n, dim), unit rows, in the order of the texts."""
        rows: NDArray[np.float32] = np.array([self.encode(text) for text in texts], dtype=np.float32)
        return rows.reshape(len(texts), self._dimension)

    def _direction(self, word: str) -> NDArray[np.float64]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(self._dimension)
