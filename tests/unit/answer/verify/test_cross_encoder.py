from __future__ import annotations

from pathlib import Path

import pytest

from bot.answer.verify.cross_encoder import MODEL_FILE, TOKENIZER_FILE, CrossEncoder
from bot.errors import ModelError
from bot.index.manifest import file_digest


def folder_with(tmp_path: Path, *, content: bytes) -> tuple[Path, dict[str, str]]:
    for name in (MODEL_FILE, TOKENIZER_FILE):
        (tmp_path / name).write_bytes(content)
    return tmp_path, {name: file_digest(tmp_path / name) for name in (MODEL_FILE, TOKENIZER_FILE)}


def test_weights_that_were_not_measured_are_refused(tmp_path: Path) -> None:
    folder, digests = folder_with(tmp_path, content=b"weights")
    (folder / MODEL_FILE).write_bytes(b"other weights")
    with pytest.raises(ModelError, match=MODEL_FILE):
        CrossEncoder(folder=folder, digests=digests)


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    folder, digests = folder_with(tmp_path, content=b"weights")
    (folder / TOKENIZER_FILE).unlink()
    with pytest.raises(ModelError, match=TOKENIZER_FILE):
        CrossEncoder(folder=folder, digests=digests)


def test_a_file_without_a_digest_is_refused(tmp_path: Path) -> None:
    folder, _ = folder_with(tmp_path, content=b"weights")
    with pytest.raises(ModelError):
        CrossEncoder(folder=folder, digests={})


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    folder, digests = folder_with(tmp_path, content=b"no network")
    with pytest.raises(ModelError, match="cannot be loaded"):
        CrossEncoder(folder=folder, digests=digests)
