"""The plain recipe that retrieval is measured against: a recursive splitter, vectors alone.

It is LangChain's tutorial ("Build a RAG app", https://python.langchain.com/docs/tutorials/rag/): chunks of 1,000
characters that overlap by 200, the nearest vectors. It reads the same guide with the same embedding model, as a
reader sees it: headings and text, without the wordings that help our own search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter
from numpy.typing import NDArray

from bot.domain import Section

_CHUNK_CHARS = 1_000
_OVERLAP_CHARS = 200
# Enough chunks to name as many sections as are looked at: most chunks hold one or two.
_HITS = 30
_HALF = 0.5

Encode = Callable[[str], NDArray[np.float32]]


class PlainRetriever:
    """Ranks sections by the nearest chunk.

    Args:
        sections: The guide.
        encode: Turns a text into a unit vector.
        progress: Called with the step's name, how many chunks are done, and how many there are.
    """

    def __init__(
        self,
        *,
        sections: Sequence[Section],
        encode: Encode,
        progress: Callable[[str, int, int], None] = lambda step, done, total: None,
    ) -> None:
        self._encode = encode
        chunks = [chunk for _, chapter in groupby(sections, key=lambda section: section.source)
                  for chunk in _chunks_of(list(chapter))]  # fmt: skip
        rows = []
        for number, (text, _) in enumerate(chunks, start=1):
            rows.append(encode(text))
            progress("embedding the plain recipe's chunks", number, len(chunks))
        self._vectors = np.array(rows, dtype=np.float32)
        self._held = [held for _, held in chunks]

    def ranked(self, query: str, *, k: int) -> list[str]:
        """Return the first k sections, best first."""
        scores = self._vectors @ self._encode(query)
        nearest = np.argsort(-scores, kind="stable")[:_HITS]
        return list(dict.fromkeys(section for number in nearest for section in self._held[number]))[:k]


def _chunks_of(chapter: Sequence[Section]) -> list[tuple[str, list[str]]]:
    """Split one file's sections; return each chunk's text with the sections that it holds."""
    text = ""
    spans: list[tuple[str, int, int]] = []
    for section in chapter:
        start = len(text)
        text += f"## {section.title}\n\n{section.text}\n\n"
        spans.append((section.id, start, len(text)))
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=_CHUNK_CHARS, chunk_overlap=_OVERLAP_CHARS, add_start_index=True
    )
    found = []
    for document in splitter.create_documents([text]):
        start = int(document.metadata["start_index"])
        found.append((document.page_content, _held_by(start, start + len(document.page_content), spans)))
    return found


def _held_by(start: int, end: int, spans: Sequence[tuple[str, int, int]]) -> list[str]:
    """Return the sections of which a chunk holds at least half, else the one it holds most of; the most first."""
    shares = {name: (min(end, last) - max(start, first)) / (last - first) for name, first, last in spans}
    ordered = sorted((name for name in shares if shares[name] > 0), key=lambda name: (-shares[name], name))
    return [name for name in ordered if shares[name] >= _HALF] or ordered[:1]
