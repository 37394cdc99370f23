"""The triage reader takes no file but the one that was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation.triage.reader import MODEL_FILE, TOKENIZER_FILE, Reader
from bot.errors import ModelError
from bot.index.manifest import file_digest


def folder_with(tmp_path: Path, *, content: bytes) -> tuple[Path, dict[str, str]]:
    for name in (MODEL_FILE, TOKENIZER_FILE):
        (tmp_path / name).write_bytes(content)
    return tmp_path, {name: file_digest(tmp_path / name) for name in (MODEL_FILE, TOKENIZER_FILE)}


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_file_that_was_not_measured_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    folder, digests = folder_with(tmp_path, content=b"weights")
    (folder / name).write_bytes(b"other weights")
    with pytest.raises(ModelError, match=name):
        Reader(folder=folder, digests=digests)


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_missing_file_is_told_by_its_name(name: str, tmp_path: Path) -> None:
    folder, digests = folder_with(tmp_path, content=b"weights")
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        Reader(folder=folder, digests=digests)


def test_a_file_without_a_digest_is_refused(tmp_path: Path) -> None:
    folder, _ = folder_with(tmp_path, content=b"weights")
    with pytest.raises(ModelError):
        Reader(folder=folder, digests={})


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    folder, digests = folder_with(tmp_path, content=b"no network")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Reader(folder=folder, digests=digests)
