"""The door to bm25s: which chunks share the query's rare words."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import BadIndexError
from bot.index.words import stem

FOLDER = "bm25"
_DOCUMENT_COUNTS = "document_counts.json"
_SPELLINGS = "spellings.json"
# Robertson and Zaragoza 2009 name 1.2 to 2 and 0.75 as good for most collections; sections are of similar length.
_K1 = 1.5
_B = 0.6


class LexicalIndex:
    """BM25 over the chunks' terms.

    Attributes:
        document_counts: In how many chunks each term stands.
        spellings: Every word of the chunks as it is spelt there, folded, not stemmed, in order.
        size: Number of chunks.
    """

    def __init__(
        self, *, model: object, document_counts: dict[str, int], spellings: tuple[str, ...], size: int
    ) -> None:
        self._model = model
        self.document_counts = document_counts
        self.spellings = spellings
        self.size = size

    @classmethod
    def build(cls, documents: Sequence[list[str]]) -> LexicalIndex:
        """Index the folded words of each chunk; a chunk without any is found by nothing."""
        bm25s = _library()
        spellings = sorted({word for document in documents for word in document})
        stem_of = {word: stem(word) for word in spellings}
        stemmed = [[stem_of[word] for word in document] for document in documents]
        model = bm25s.BM25(k1=_K1, b=_B)
        model.index([document or [""] for document in stemmed], show_progress=False)
        counts = Counter(term for document in stemmed for term in set(document))
        return cls(model=model, document_counts=dict(counts), spellings=tuple(spellings), size=len(documents))

    def save(self, folder: Path) -> None:
        """Write the index as NumPy arrays and JSON; nothing is pickled."""
        self._model.save(str(folder / FOLDER), show_progress=False)  # type: ignore[attr-defined]  # bm25s has no types
        for name, value in ((_DOCUMENT_COUNTS, self.document_counts), (_SPELLINGS, self.spellings)):
            (folder / FOLDER / name).write_text(json.dumps(value, ensure_ascii=False, sort_keys=True), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, *, size: int) -> LexicalIndex:
        """Read an index that `save` wrote.

        Raises:
            BadIndexError: Files are missing or unreadable.
        """
        bm25s = _library()
        try:
            model = bm25s.BM25.load(str(folder / FOLDER), show_progress=False, verbosity=0)
            counts = json.loads((folder / FOLDER / _DOCUMENT_COUNTS).read_text(encoding="utf-8"))
            spellings = tuple(json.loads((folder / FOLDER / _SPELLINGS).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as error:
            raise BadIndexError("The BM25 index cannot be read; build the index again.") from error
        return cls(model=model, document_counts=counts, spellings=spellings, size=size)

    def scores(self, query: Sequence[str]) -> NDArray[np.float32]:
        """Score all chunks.

        Returns:
            float32 (chunks,), 0..1: the share of the score that a chunk saturated with every term would get.
            Terms that no chunk has count in the denominator, so a foreign name lowers all scores.
        """
        unique = list(dict.fromkeys(query))
        known = [term for term in unique if term in self.document_counts]
        best = sum(self.idf(term) for term in unique)
        if not known or best <= 0:
            return np.zeros(self.size, dtype=np.float32)
        raw = self._model.get_scores(known)  # type: ignore[attr-defined]  # bm25s has no types
        scores: NDArray[np.float32] = np.asarray(raw, dtype=np.float32) / np.float32(best)
        return scores

    def idf(self, term: str) -> float:
        """Return the inverse document frequency of a term, Lucene's formula; a foreign term gets the highest."""
        count = self.document_counts.get(term, 0)
        return float(np.log1p((self.size - count + 0.5) / (count + 0.5)))


def _library() -> Any:
    """Import bm25s, which sets its own log level to the most talkative one when it is imported."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
