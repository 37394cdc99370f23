"""Opens the networks that come with the program or an index: onnxruntime and tokenizers, one thread, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import ModelError
from bot.index.manifest import file_digest


def open_network(model_file: Path, tokenizer_file: Path, *, trouble: str, threads: int = 1) -> tuple[Any, Any]:
    """Open a network and its tokenizer: an onnxruntime ``InferenceSession`` and a ``Tokenizer`` without padding.

    Args:
        trouble: What to tell where they cannot be opened, and what to do then.
        threads: Threads of one run; 1 measured fastest for short texts on shared machines.

    Raises:
        ModelError: A file is missing or damaged.
    """
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:  # onnxruntime and tokenizers raise their own bare Exceptions
        raise ModelError(trouble) from error
    tokenizer.no_padding()
    return session, tokenizer


def check_files(folder: Path, *, digests: Mapping[str, str], names: tuple[str, ...], owner: str) -> None:
    """Refuse files that are not the measured ones.

    Args:
        digests: SHA-256 by file name.
        owner: Whose network it is, as ``the triage``.

    Raises:
        ModelError: A file is missing, damaged or another one.
    """
    for name in names:
        try:
            found = file_digest(folder / name)
        except OSError as error:
            raise ModelError(f"{name} of {owner} is missing; install the program again.") from error
        if found != digests.get(name, ""):
            raise ModelError(f"{name} of {owner} is not the one that was measured; install it again.")
