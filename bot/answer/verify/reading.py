"""A text as the rules read it: words with their stems, sentences and clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.corpus.sentences import sentence_spans
from bot.index.words import STOP_WORDS, folded, stem

# One spelling for what would be torn apart or differ only in print.
_PRINT = (
    (re.compile(r"[‘’]"), "'"),
    (re.compile(r"[“”]"), '"'),
    (re.compile(r"[‐‑]"), "-"),
    (re.compile(r"[–—―−]"), "–"),
    (re.compile(r"[\u00a0\u202f\u2009]"), " "),
    (re.compile(r"\b(?:CAR|car|Car)[ -]{0,2}[Tt]\b"), "CART"),
    (re.compile(r"\b(?:CAR|car)[ -]{0,2}(?:NK|nk)\b"), "CARNK"),
    (re.compile(r"\b([A-Za-z]{2,6})-(\d{1,4})\b"), r"\1\2"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\b([Cc])an't\b"), r"\1an not"),
    (re.compile(r"\b([Ww])on't\b"), r"\1ill not"),
    (re.compile(r"n't\b"), " not"),
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
_CLAUSE_END = re.compile(
    r"[;:,()–]|\b(?:and|but|while|whereas|although|though|which|who|because|so|when|if|unless|until|before|after)\b",
    re.IGNORECASE,
)
# Words too plain to be looked for in a passage, beyond those that carry no topic in a search.
_PLAIN = frozenset(
    [
        "its",
        "it's",
        "their",
        "they",
        "have",
        "has",
        "had",
        "been",
        "being",
        "both",
        "either",
        "each",
        "per",
        "via",
        "upon",
        "within",
        "among",
        "amongst",
        "also",
        "still",
        "yet",
        "ever",
        "even",
        "just",
        "than",
        "then",
        "thus",
        "hence",
        "whether",
        "since",
        "until",
        "during",
        "while",
        "although",
        "though",
        "because",
        "however",
    ]
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: folded, stemmed, where it stands (offsets in the reading's text), and in which sentence and clause."""

    text: str
    stem: str
    start: int
    end: int
    sentence: int
    clause: int
    is_content: bool


@dataclass(frozen=True, eq=False)
class Reading:
    """A text in one spelling and its words in order."""

    text: str
    words: tuple[Word, ...]
    sentences: int

    @cached_property
    def stems(self) -> frozenset[str]:
        """All stems, of content or not."""
        return frozenset(word.stem for word in self.words)

    @cached_property
    def content(self) -> tuple[Word, ...]:
        """The words that carry content."""
        return tuple(word for word in self.words if word.is_content)

    @cached_property
    def folded(self) -> str:
        """The words, folded and joined by single spaces with one at each end, to look for phrases in."""
        return " " + " ".join(word.text for word in self.words) + " "

    def words_of(self, sentence: int) -> tuple[Word, ...]:
        """Return the words of one sentence, by its place."""
        return tuple(word for word in self.words if word.sentence == sentence)


@lru_cache(maxsize=256)
def read(text: str) -> Reading:
    """Read a text. The last ones are remembered: the sentences of an answer cite the same passages."""
    plain = _printed_alike(text)
    words: list[Word] = []
    clause = 0
    spans = sentence_spans(plain)
    for number, span in enumerate(spans):
        clause += 1
        ends = iter([*(match.end() for match in _CLAUSE_END.finditer(plain, span.start, span.end)), span.end])
        end = next(ends)
        for match in _WORD.finditer(plain, span.start, span.end):
            while match.end() > end:
                end, clause = next(ends), clause + 1
            words.append(_word(match, sentence=number, clause=clause))
    return Reading(text=plain, words=tuple(words), sentences=len(spans))


def _word(match: re.Match[str], *, sentence: int, clause: int) -> Word:
    text = folded(match.group()).replace("'s", "")
    root = _root(text)
    is_content = text not in STOP_WORDS and text not in _PLAIN
    return Word(text, root, match.start(), match.end(), sentence, clause, is_content)


@lru_cache(maxsize=8192)
def _root(text: str) -> str:
    return stem(text) if text else text


def _printed_alike(text: str) -> str:
    for pattern, replacement in _PRINT:
        text = pattern.sub(replacement, text)
    return text
