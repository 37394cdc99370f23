"""The trained support classifier: reads a sentence and a passage together, and says how far the one holds the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bot.errors import ModelError
from bot.index.networks import check_files, open_network

MODEL_FILE = "support.onnx"
TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENS = 224
# Beyond this a logit says no more, and would only drown the rules.
_MOST = 8.0


class CrossEncoder:
    """The network that ``scripts/train_support_model.py`` trained and exported, with eight-bit weights.

    Args:
        folder: Holds the network and its tokenizer.
        digests: SHA-256 by file name; these files and no others were measured.

    Raises:
        ModelError: A file is missing, damaged or another one.
    """

    def __init__(self, *, folder: Path, digests: Mapping[str, str]) -> None:
        check_files(folder, digests=digests, names=(MODEL_FILE, TOKENIZER_FILE), owner="the support check")
        self._session, self._tokenizer = open_network(
            folder / MODEL_FILE,
            folder / TOKENIZER_FILE,
            trouble="The support model cannot be loaded; install the program again.",
        )
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def read(self, *, sentence: str, passage: str) -> tuple[float, float]:
        """Read one pair; one a run, so that a judgement does not depend on its neighbours in a batch.

        Returns:
            The logit that the passage supports the sentence, and the logit that its worst word is wrong.

        Raises:
            ModelError: The model fails on it.
        """
        # Half a character, as a broken terminal or client sends it, is no text to the tokenizer.
        claim, source = (text.encode("utf-8", "replace").decode() for text in (sentence, passage))
        try:
            encoding = self._tokenizer.encode(claim, source)
            output = self._session.run(
                None,
                {
                    "input_ids": np.array([encoding.ids], dtype=np.int64),
                    "attention_mask": np.ones((1, len(encoding.ids)), dtype=np.int64),
                    "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
                },
            )
            support, worst = (float(value) for value in output[0][0])
        except Exception as error:  # onnxruntime and tokenizers raise their own bare Exceptions
            raise ModelError("The support model failed; install the program again.") from error
        return _held(support), _held(worst)


def _held(logit: float) -> float:
    return max(-_MOST, min(_MOST, logit))
