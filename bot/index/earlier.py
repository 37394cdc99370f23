"""What a rebuild takes over from the version in use: vectors of unchanged texts, and the query model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadIndexError
from bot.index import rows, versions
from bot.index.manifest import Manifest, check_files, read_manifest
from bot.index.query_encoder import TOKENIZER_FILE
from bot.index.store import VectorStore


@dataclass(frozen=True, slots=True)
class Model:
    """What decides which vector a text gets.

    Attributes:
        weights: SHA-256 of the weights.
        tokenizer: SHA-256 of the tokenizer file.
        max_tokens: The most tokens the model reads; None where only the opened model knows.
    """

    weights: str
    tokenizer: str
    max_tokens: int | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A whole version that the same model made.

    Attributes:
        row_of: Row of each embedded text's digest.
        vectors: float32 (n, dim), unit rows.
    """

    manifest: Manifest
    folder: Path
    row_of: dict[bytes, int]
    vectors: NDArray[np.float32]

    def vectors_of(self, digests: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors of those texts that were embedded before, by digest."""
        return {digest: self.vectors[self.row_of[digest]] for digest in digests if digest in self.row_of}


def find_earlier(index_dir: Path, *, model: Model) -> Earlier | None:
    """Return the version in use if the same model made it and nothing in it is damaged."""
    try:
        folder = versions.version_folder(index_dir, versions.current_version(index_dir))
        manifest = read_manifest(folder)
        if not _is_of(manifest, model):
            return None
        check_files(folder, manifest)
        digests = rows.load_digests(folder)
        vectors = VectorStore.load(folder, dimension=manifest.dimension, count=manifest.rows).all_rows()
    except BadIndexError:
        return None
    return Earlier(manifest, folder, {digest: row for row, digest in enumerate(digests)}, vectors)


def _is_of(manifest: Manifest, model: Model) -> bool:
    made_of = (manifest.model, manifest.files.get(TOKENIZER_FILE), manifest.max_model_tokens)
    return made_of == (model.weights, model.tokenizer, model.max_tokens)
