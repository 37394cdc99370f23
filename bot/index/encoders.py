"""Which model answers the queries of an index."""

from __future__ import annotations

from pathlib import Path

from bot.index.loaded import LoadedIndex
from bot.index.query_encoder import Encoder, OnnxEncoder


def open_encoder(index: LoadedIndex, *, model_dir: Path | None = None) -> Encoder:
    """Open the exported query model; sentence-transformers itself where there is no export.

    Args:
        model_dir: The embedding model, needed without an export only.

    Raises:
        ModelError: The model is missing, cannot be loaded, or did not make this index.
    """
    if index.manifest.parity is not None:
        return OnnxEncoder(folder=index.folder, max_tokens=index.manifest.max_model_tokens)
    from bot.index.embedder import open_same_model

    return open_same_model(model_dir, digest=index.manifest.model)
