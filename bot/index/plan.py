"""Which texts of the guide are embedded: passages, wordings of their question, single sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.corpus.splitter import embedded_text
from bot.domain import Chunk
from bot.index.rows import DIGEST_BYTES, RowKind

# Above this many sentences (a folder of own documents, not a guide) sentences are embedded when needed:
# one vector each would make building several times slower and helps such texts little.
MAX_SENTENCE_ROWS = 8_000


@dataclass(frozen=True, slots=True)
class Row:
    """One vector's text, before it is embedded."""

    chunk_no: int
    kind: RowKind
    part_no: int
    text: str

    @property
    def digest(self) -> bytes:
        """Return what identifies the text, so that the next build need not embed it again."""
        return blake2b(self.text.encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()


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


def _wordings(chunk: Chunk) -> tuple[str, ...]:
    """Return the questions that a chunk answers; own documents' headings are no questions."""
    if not chunk.also_asked:
        return ()
    return (chunk.title, *chunk.also_asked)
