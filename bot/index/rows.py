"""What each vector stands for: a passage, a title or wording of the question, or one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadIndexError

ROWS_FILE = "rows.npy"
DIGESTS_FILE = "row_digests.npy"
# 16 bytes: among a million texts two share a digest by chance once in 10^26 guides.
DIGEST_BYTES = 16


class RowKind(IntEnum):
    """What a row's vector was made of."""

    PASSAGE = 0
    QUESTION = 1
    SENTENCE = 2


class Place(Protocol):
    """What is kept of a row: where its text stands, and the text's digest."""

    @property
    def chunk_no(self) -> int:
        """The chunk's place in the index."""
        ...

    @property
    def kind(self) -> RowKind:
        """What the text is of the chunk."""
        ...

    @property
    def part_no(self) -> int:
        """Which question or sentence of the chunk."""
        ...

    @property
    def digest(self) -> bytes:
        """Digest of the embedded text."""
        ...


def save_rows(folder: Path, rows: Sequence[Place]) -> None:
    """Write int32 (rows, 3), chunk number, kind, part number, and uint8 (rows, 16), the texts' digests."""
    table = np.array([[row.chunk_no, row.kind, row.part_no] for row in rows], dtype=np.int32).reshape(-1, 3)
    np.save(folder / ROWS_FILE, table, allow_pickle=False)
    digests = np.frombuffer(b"".join(row.digest for row in rows), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
    np.save(folder / DIGESTS_FILE, digests, allow_pickle=False)


def load_rows(folder: Path) -> NDArray[np.int32]:
    """Read the places that `save_rows` wrote.

    Raises:
        BadIndexError: The file cannot be read.
    """
    table: NDArray[np.int32] = _load(folder / ROWS_FILE)
    return table


def load_digests(folder: Path) -> list[bytes]:
    """Read the digests of the embedded texts, a row each.

    Raises:
        BadIndexError: The file cannot be read.
    """
    return [row.tobytes() for row in _load(folder / DIGESTS_FILE)]


def _load(path: Path) -> NDArray[np.int32]:
    try:
        table: NDArray[np.int32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadIndexError(f"{path.name} cannot be read. Run 'lupus-bot index build'.") from error
    return table
