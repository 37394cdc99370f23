"""Queries become vectors: onnxruntime and tokenizers, loaded in a fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.index.networks import open_network

MODEL_FILE = "query_model.onnx"
TOKENIZER_FILE = "tokenizer.json"
# What stemming may have cut off.
_WORD_ENDINGS = ("", "e", "y", "s", "ing", "ed", "es")


class Encoder(Protocol):
    """Whatever turns one text into a unit vector."""

    def encode(self, text: str) -> NDArray[np.float32]:
        """Return float32 (dim,), a unit vector."""
        ...


class OnnxEncoder:
    """The exported model.

    Args:
        folder: An index version that holds the export.
        max_tokens: The most tokens the model reads; longer queries are cut.
        threads: Threads of one run; 1 measured fastest for short queries on shared machines.

    Raises:
        ModelError: The export cannot be loaded.
    """

    def __init__(self, *, folder: Path, max_tokens: int, threads: int = 1) -> None:
        self._session, self._tokenizer = open_network(
            folder / MODEL_FILE,
            folder / TOKENIZER_FILE,
            trouble="The query model cannot be loaded; build the index again.",
            threads=threads,
        )
        self._tokenizer.enable_truncation(max_tokens)

    def encode(self, text: str) -> NDArray[np.float32]:
        """Embed one text: float32 (dim,), a unit vector.

        One text a run: rows of a padded batch differ in their last bits from the same text alone,
        and an answer must not depend on who else is asking.

        Raises:
            ModelError: The model fails on it.
        """
        vector: NDArray[np.float32] = self.encode_many([text])[0]
        return vector

    def encode_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed several texts in one padded run, to compare with: float32 (n, dim), unit rows.

        Raises:
            ModelError: The model fails on them.
        """
        # Half a character, as a broken terminal or client sends it, is no text to the tokenizer.
        whole = [text.encode("utf-8", "replace").decode() for text in texts]
        try:
            encodings = self._tokenizer.encode_batch(whole)
            ids = np.zeros((len(whole), max(len(encoding.ids) for encoding in encodings)), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, encoding in enumerate(encodings):
                ids[row, : len(encoding.ids)] = encoding.ids
                mask[row, : len(encoding.ids)] = 1
            output = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        except Exception as error:  # onnxruntime and tokenizers raise their own bare Exceptions
            raise ModelError("The query model failed; build the index again.") from error
        vectors: NDArray[np.float32] = np.asarray(output[0], dtype=np.float32)
        return vectors


class TokenCounter:
    """Counts tokens as the embedding model does, without its two marks, and knows its vocabulary."""

    def __init__(self, tokenizer_file: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        except Exception as error:  # tokenizers raises bare Exceptions
            raise ModelError(f"{tokenizer_file.name} cannot be read; install the embedding model again.") from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def __call__(self, text: str) -> int:
        """Count the tokens of a text."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def is_word(self, word: str) -> bool:
        """Tell a word that is spelt right from a slip: the model's vocabulary has it whole.

        Args:
            word: Folded, not stemmed.
        """
        return self._tokenizer.token_to_id(word) is not None

    def is_everyday(self, term: str) -> bool:
        """Tell an ordinary English word from a rare name: the model's vocabulary has it whole.

        Args:
            term: A folded word or its stem.
        """
        return any(self._tokenizer.token_to_id(term + ending) is not None for ending in _WORD_ENDINGS)
