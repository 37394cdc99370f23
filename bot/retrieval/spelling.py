"""Words that no chunk has are replaced by the nearest word that one has: ``lukaferesis``, ``lupis``."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from bot.index.words import folded, stem
from bot.retrieval.medicines import is_medicine_like

# Shorter words have too many neighbours ("cold", "gold") to guess.
_SHORTEST = 5
# Similarity 0..1 of the edit distance: two slips in nine letters. Of 0.72, 0.76 and 0.8 all found the same on the
# development questions; see the table of `benchmarks/fusion.py`.
_SIMILAR = 0.76
# The name of a medicine is another medicine two letters on: one wrong letter in seven at most.
_SIMILAR_MEDICINE = 0.85
# A message has a few slips; one of nothing but unknown words is another language, or an attack on our time.
_MOST_LOOK_UPS = 24
_CACHED = 4096
_UMLAUT = re.compile("([aou])e")
_WORD = re.compile(r"[^\W\d_]{5,}")


class Speller:
    """Corrects a query's words by the words of one index; built once for it.

    Args:
        spellings: The words of the index, folded, not stemmed.
        is_word: Tells a word that is spelt right, though the index does not have it ("married" is not "carried").
    """

    def __init__(self, *, spellings: Iterable[str], is_word: Callable[[str], bool] = lambda word: False) -> None:
        self._candidates = [word for word in spellings if len(word) >= _SHORTEST - 1 and word.isalpha()]
        self._known = {stem(word) for word in spellings}
        self._is_word = is_word
        self._found: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def stems(self, words: Iterable[str]) -> list[str]:
        """Return the stems of folded words, misspelt ones corrected where a near one is known."""
        found: list[str] = []
        look_ups = 0
        for word in map(self._without_umlaut, words):
            if look_ups < _MOST_LOOK_UPS and self._is_doubtful(word):
                look_ups += 1
                found.append(stem(self._nearest(word)))
            else:
                found.append(stem(word))
        return found

    def corrected(self, text: str) -> str:
        """Return a text with its misspelt words replaced; the text itself where none is."""
        left = _MOST_LOOK_UPS

        def right(found: re.Match[str]) -> str:
            nonlocal left
            word = self._without_umlaut(folded(found.group()))
            if left > 0 and self._is_doubtful(word):
                left -= 1
                nearest = self._nearest(word)
                return found.group() if nearest == word else nearest
            return found.group() if word == folded(found.group()) else word

        return _WORD.sub(right, text)

    def _without_umlaut(self, word: str) -> str:
        """Return ``muller`` for ``mueller``: how keyboards without umlauts write the name that is folded here."""
        plain = _UMLAUT.sub(r"\1", word)
        return plain if plain != word and stem(word) not in self._known and stem(plain) in self._known else word

    def _is_doubtful(self, word: str) -> bool:
        return len(word) >= _SHORTEST and word.isalpha() and stem(word) not in self._known and not self._is_word(word)

    def _nearest(self, word: str) -> str:
        with self._lock:
            if (held := self._found.get(word)) is not None:
                return held
        cutoff = _SIMILAR_MEDICINE if is_medicine_like(word) else _SIMILAR
        best = process.extractOne(
            word, self._candidates, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=cutoff
        )
        found = best[0] if best else word
        with self._lock:
            self._found[word] = found
            while len(self._found) > _CACHED:
                self._found.popitem(last=False)
        return found
