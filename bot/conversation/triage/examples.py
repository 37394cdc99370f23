"""The vectors of the triage examples: embedded once, kept for the next start."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def example_vectors(
    texts: Sequence[str], *, encode: Callable[[str], NDArray[np.float32]], model: str, folder: Path
) -> NDArray[np.float32]:
    """Return the examples' vectors, float32 (n, dim), unit rows, from a file where model and texts are the same.

    Args:
        model: Digest of the model that `encode` uses.
    """
    key = hashlib.sha256("\0".join([model, *texts]).encode()).hexdigest()[:32]
    path = folder / f"triage-{key}.npy"
    # A missing or damaged file only costs the time to embed the examples again.
    with contextlib.suppress(OSError, ValueError, EOFError):
        kept: NDArray[np.float32] = np.load(path, allow_pickle=False)
        if kept.ndim == 2 and len(kept) == len(texts):
            return kept
    vectors = np.stack([encode(text) for text in texts])
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npy", delete=False) as file:
            np.save(file, vectors, allow_pickle=False)
        Path(file.name).replace(path)
    return vectors
