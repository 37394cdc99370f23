"""What each vector stands for: a passage, a title or wording of the question, or one sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.corpus.splitter import embedded_text
from bot.domain import Chunk
from bot.errors import BadIndexError

ROWS_FILE = "rows.npy"
# Above this many sentences (a folder of own documents, not a guide) sentences are embedded when needed:
# one vector each would make building several times slower and helps such texts little.
MAX_SENTENCE_ROWS = 8_000


class RowKind(IntEnum):
    """What a row's vector was made of."""

    PASSAGE = 0
    QUESTION = 1
    SENTENCE = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One vector's text, before it is embedded."""

    chunk_no: int
    kind: RowKind
    part_no: int
    text: str


def plan_rows(chunks: Sequence[Chunk], *, model_tokens: Callable[[str], int]) -> list[Row]:
    """List the texts to embed: passages first, in chunk order, then questions, then sentences."""
    passages = [Row(n, RowKind.PASSAGE, 0, embedded_text(c, model_tokens=model_tokens)) for n, c in enumerate(chunks)]
    questions = [
        Row(n, RowKind.QUESTION, part, wording)
        for n, chunk in enumerate(chunks)
        for part, wording in enumerate(_wordings(chunk))
    ]
    if sum(len(chunk.sentences) for chunk in chunks) > MAX_SENTENCE_ROWS:
        return passages + questions
    sentences = [
        Row(n, RowKind.SENTENCE, part, chunk.text[span.start : span.end])
        for n, chunk in enumerate(chunks)
        for part, span in enumerate(chunk.sentences)
    ]
    return passages + questions + sentences


def save_rows(folder: Path, rows: Sequence[Row]) -> None:
    """Write int32 (rows, 3): chunk number, kind, part number."""
    table = np.array([[row.chunk_no, row.kind, row.part_no] for row in rows], dtype=np.int32).reshape(-1, 3)
    np.save(folder / ROWS_FILE, table, allow_pickle=False)


def load_rows(folder: Path) -> NDArray[np.int32]:
    """Read what `save_rows` wrote.

    Raises:
        BadIndexError: The file cannot be read.
    """
    try:
        table: NDArray[np.int32] = np.load(folder / ROWS_FILE, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise BadIndexError(f"{ROWS_FILE} cannot be read. Run 'lupus-bot index build'.") from error
    return table


def _wordings(chunk: Chunk) -> tuple[str, ...]:
    """Return the questions that a chunk answers; own documents' headings are no questions."""
    if not chunk.also_asked:
        return ()
    return (chunk.title, *chunk.also_asked)
