"""Words that no chunk has are replaced by the nearest word that one has: ``lukaferesis``, ``lupis``."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.index.words import stem
from bot.retrieval.medicines import is_medicine_like

# Shorter words have too many neighbours ("cold", "gold") to guess.
_SHORTEST = 5
# Similarity 0..1 of the edit distance; at 0.72 a ten-letter word may have two or three wrong letters.
_SIMILAR = 0.72
# The name of a medicine is another medicine two letters on: one wrong letter in seven at most.
_SIMILAR_MEDICINE = 0.85
# A message has a few slips; one of nothing but unknown words is another language, or an attack on our time.
_MOST_LOOK_UPS = 24
_CACHED = 4096


class Speller:
    """Corrects a query's words by the words of one index; built once for it.

    Args:
        vocabulary: The stems that the index holds.
    """

    def __init__(self, *, vocabulary: Iterable[str]) -> None:
        self._known = frozenset(vocabulary)
        self._candidates = sorted(term for term in self._known if len(term) >= _SHORTEST - 1 and term.isalpha())
        self._found: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def stems(self, words: Iterable[str]) -> list[str]:
        """Return the stems of folded words, unknown ones replaced where a near one is known."""
        found: list[str] = []
        look_ups = 0
        for word in words:
            term = stem(word)
            if look_ups < _MOST_LOOK_UPS and self._is_doubtful(term):
                look_ups += 1
                term = self._nearest(word, term)
            found.append(term)
        return found

    def _is_doubtful(self, term: str) -> bool:
        return term not in self._known and len(term) >= _SHORTEST and term.isalpha()

    def _nearest(self, word: str, term: str) -> str:
        with self._lock:
            if (held := self._found.get(word)) is not None:
                return held
        cutoff = _SIMILAR_MEDICINE if is_medicine_like(word) else _SIMILAR
        best = process.extractOne(
            term, self._candidates, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=cutoff
        )
        found = best[0] if best else term
        with self._lock:
            self._found[word] = found
            while len(self._found) > _CACHED:
                self._found.popitem(last=False)
        return found
