"""The triage reader: a small network that reads a message and says what kind of message it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.index.networks import check_files, open_network

MODEL_FILE = "reader.onnx"
TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENS = 80
"""In a longer window a few words of danger would drown among the others."""
_OVERLAP = 24
# What somebody wrote for often stands last, after a long story that would drown it.
_END_TOKENS = 24
# Of a very long message the middle is not read, so that the time for any message is bounded.
_FIRST, _LAST = 3, 3

Logits = NDArray[np.float64]


class Reader:
    """The network that ``scripts/train_triage_reader.py`` trained and exported, with eight-bit weights.

    Args:
        folder: Holds the network and its tokenizer.
        digests: SHA-256 by file name; these files and no others were measured.

    Raises:
        ModelError: A file is missing, damaged or another one.
    """

    def __init__(self, *, folder: Path, digests: Mapping[str, str]) -> None:
        check_files(folder, digests=digests, names=(MODEL_FILE, TOKENIZER_FILE), owner="the triage")
        self._session, self._tokenizer = open_network(
            folder / MODEL_FILE,
            folder / TOKENIZER_FILE,
            trouble="The triage model cannot be loaded; install the program again.",
        )
        self._tokenizer.enable_truncation(MAX_TOKENS, stride=_OVERLAP)

    def read(self, text: str) -> tuple[Logits, Logits]:
        """Read one message; a long one in overlapping windows, each on its own.

        Returns:
            The logits of the kinds (windows, kinds) and of the reasons (windows, reasons).

        Raises:
            ModelError: The model fails on it.
        """
        # Half a character, as a broken terminal or client sends it, is no text to the tokenizer.
        clean = text.encode("utf-8", "replace").decode()
        try:
            encoding = self._tokenizer.encode(clean)
            found = [
                self._run(window) for window in _windows([encoding.ids, *(more.ids for more in encoding.overflowing)])
            ]
            kinds, reasons = (np.concatenate(parts).astype(np.float64) for parts in zip(*found, strict=True))
        except Exception as error:  # onnxruntime and tokenizers raise their own bare Exceptions
            raise ModelError("The triage model failed; install the program again.") from error
        return kinds, reasons

    def _run(self, ids: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        inputs = np.array([ids], dtype=np.int64)
        kinds, reasons = self._session.run(None, {"input_ids": inputs, "attention_mask": np.ones_like(inputs)})
        return kinds, reasons


def _windows(windows: list[list[int]]) -> list[list[int]]:
    """Choose the windows to read, and the end of the message once more by itself."""
    chosen = windows if len(windows) <= _FIRST + _LAST else [*windows[:_FIRST], *windows[-_LAST:]]
    end = _joined(windows[-2:])
    return [*chosen, [end[0], *end[1 - _END_TOKENS :]]] if len(end) > _END_TOKENS else chosen


def _joined(windows: list[list[int]]) -> list[int]:
    """Put the last windows together again, without the marks and the overlap between them."""
    return windows[-1] if len(windows) == 1 else [*windows[0][:-1], *windows[1][1 + _OVERLAP :]]
