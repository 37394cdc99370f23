"""Cleans a message and cuts it into tokens, sentences and segments, keeping the way back to the original words.

"I can't breathe, lips r blue!!" becomes ``i can not breathe lips are blue``: contractions opened, texting
shorthand written out, accents and curly quotes gone, so that the rules need one spelling of each thing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

MAX_SCANNED_CHARS = 8000
"""Longer messages are read at both ends; four times the longest message that the settings allow by default."""

_LETTERS = str.maketrans(
    {
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "′": "'",
    }
)
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_TOKEN = re.compile(
    r"\b(?i:c[34]|cd\d\d|sp?o2|b4|sum1|some1)\b|"  # names of one piece
    r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?;:,()\[\]\n…/°&%-]"
)
_LEET_WORD = re.compile(r"\b(?=[a-z013457@$]{0,16}[a-z])(?=[a-z]{0,16}[013457@$])[a-z013457@$]{2,20}\b")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_HYPHEN = re.compile(r"(?<=\w)[-\u2010-\u2015](?=\w)")
_ENDS = frozenset(".!?\n…")
_BREAKS = frozenset(",;:-")
_BRACKETS = frozenset("()[]")
_STRONG = frozenset(";-")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How words are brought to one form.

    Attributes:
        rewrites: Token as typed (no apostrophe) to the tokens it stands for.
        near: A word with one letter left out to the keyword it may be a slip of.
        known: Words that are never taken for a slip.
        joiners: Tokens that open a new thought, such as ``but``.
        subjects: Tokens that open a new thought after ``and`` or a comma, such as ``my``.
    """

    rewrites: Mapping[str, tuple[str, ...]]
    near: Mapping[str, str]
    known: Collection[str]
    joiners: frozenset[str]
    subjects: frozenset[str]


@dataclass(frozen=True, slots=True)
class Text:
    """A message as tokens. All tuples have one entry a token.

    Attributes:
        spans: Half-open character range in the original message that each token came from.
        sentence: 0-based number of the sentence.
        segment: 0-based number of the thought within the message; never spans two sentences.
        asked: Numbers of the sentences that end in a question mark.
    """

    original: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    sentence: tuple[int, ...]
    segment: tuple[int, ...]
    asked: frozenset[int]

    def quote(self, start: int, end: int) -> str:
        """Return the original words of the tokens ``start`` to ``end`` (exclusive)."""
        return self.original[self.spans[start][0] : self.spans[end - 1][1]].strip()


def clean(text: str) -> str:
    """Bring characters to one form: NFKC, no control or zero-width characters, bounded length."""
    if len(text) > MAX_SCANNED_CHARS:
        half = MAX_SCANNED_CHARS // 2
        text = text[:half] + " \n " + text[-half:]
    text = _HYPHEN.sub(" ", unicodedata.normalize("NFKC", text).translate(_LETTERS))
    return "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C")


def unleet(text: str) -> str | None:
    """Return the text with digits inside words read as letters, or None where it holds no such word."""
    lowered = clean(text).lower()
    if len(_LEET_WORD.findall(lowered)) < 2:
        return None
    return _LEET_WORD.sub(lambda match: match.group().translate(_LEET), lowered)


def read(text: str, *, spelling: Spelling) -> Text:
    """Cut a message into canonical tokens; never raises, whatever the text."""
    cleaned = clean(text)
    return _Reader(cleaned, spelling).read()


class _Reader:
    """Walks the raw tokens once and notes sentence and segment numbers."""

    def __init__(self, cleaned: str, spelling: Spelling) -> None:
        self._cleaned = cleaned
        self._spelling = spelling
        self._tokens: list[str] = []
        self._spans: list[tuple[int, int]] = []
        self._sentence: list[int] = []
        self._segment: list[int] = []
        self._asked: set[int] = set()
        self._sentence_no = 0
        self._segment_no = 0
        self._segment_length = 0
        self._pending = ""

    def read(self) -> Text:
        for match in _TOKEN.finditer(self._cleaned):
            raw = match.group()
            if raw in _ENDS or raw in _BREAKS:
                self._mark(raw)
            elif raw not in _BRACKETS:
                self._add(raw, match.span())
        return Text(
            self._cleaned,
            tuple(self._tokens),
            tuple(self._spans),
            tuple(self._sentence),
            tuple(self._segment),
            frozenset(self._asked),
        )

    def _mark(self, mark: str) -> None:
        if mark in _ENDS:
            if mark == "?":
                self._asked.add(self._sentence_no)
            if self._tokens and self._sentence[-1] == self._sentence_no:
                self._sentence_no += 1
                self._segment_no += 1
            self._pending = ""
        elif self._pending not in _STRONG:
            self._pending = mark

    def _add(self, raw: str, span: tuple[int, int]) -> None:
        for token in self._canonical(raw):
            if self._opens_segment(token):
                self._segment_no += 1
            is_new = not self._segment or self._segment[-1] != self._segment_no
            self._segment_length = 1 if is_new else self._segment_length + 1
            self._pending = ""
            self._tokens.append(token)
            self._spans.append(span)
            self._sentence.append(self._sentence_no)
            self._segment.append(self._segment_no)

    def _opens_segment(self, token: str) -> bool:
        """A new thought starts at ``but``, at a dash, and at ``and my`` or ``, he``; short openings stay attached."""
        if not self._tokens or self._sentence[-1] != self._sentence_no:
            return False
        if token in self._spelling.joiners:
            return self._segment_length > 0
        if self._segment_length <= 3:
            return False
        if self._pending in _STRONG and self._pending:
            return True
        after_break = bool(self._pending) or self._tokens[-1] in ("and", "then", "so")
        return after_break and token in self._spelling.subjects

    def _canonical(self, raw: str) -> tuple[str, ...]:
        if raw[0].isdigit():
            return (raw.replace(",", ".") if len(raw.partition(",")[2]) < 3 else raw.replace(",", ""),)
        word = _fold(raw)
        rewrites = self._spelling.rewrites
        if word in rewrites:
            return rewrites[word]
        word = word.removesuffix("'s").replace("'", "")
        if word in rewrites:
            return rewrites[word]
        short = _REPEATED.sub(r"\1", word)
        if short != word:
            doubled = _REPEATED.sub(r"\1\1", word)
            word = doubled if doubled in self._spelling.known else short
            return rewrites.get(word, (word,))
        return (self._corrected(word),)

    def _corrected(self, word: str) -> str:
        """Read a likely slip (one letter wrong, missing, doubled or swapped) as the keyword it is nearest to."""
        spelling = self._spelling
        if len(word) < 6 or len(word) > 16 or word in spelling.known:
            return word
        if word in spelling.near:
            return spelling.near[word]
        for index in range(1, len(word)):
            found = spelling.near.get(word[:index] + word[index + 1 :])
            if found is not None and abs(len(found) - len(word)) < 2:
                return found
        return word


def left_out(word: str) -> list[str]:
    """Return the word itself and the word with each letter but the first left out."""
    return [word] + [word[:index] + word[index + 1 :] for index in range(1, len(word))]


def _fold(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
