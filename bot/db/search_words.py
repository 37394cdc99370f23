"""What staff type into the search box, as terms; and where a text holds them.

A term is one word or a phrase. Words are letters and digits, without case and accents, as both
databases split them. A word of four letters and more also finds longer words that begin with it;
a star behind any word asks for that, quotes ask for exactly these words, and a minus before a
term leaves out what holds it. Everything else is punctuation: nothing that is typed can be wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Shorter words would find half of the language: "car" is no beginning of "care".
_SHORTEST_BEGINNING = 4
_MAX_CHARS = 400
_MAX_TERMS = 8
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"""""')

# Characters of a snippet before the first found word, and altogether.
_BEFORE, _SNIPPET = 60, 220


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for.

    Attributes:
        words: In order, folded; more than one is a phrase.
        is_beginning: The last word may go on.
        is_excluded: Conversations that hold it are left out.
    """

    words: tuple[str, ...]
    is_beginning: bool = False
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; `is_hit` marks what was looked for."""

    text: str
    is_hit: bool


def terms_of(typed: str) -> tuple[Term, ...]:
    """Read what was typed; at most eight terms, the rest is not looked for."""
    terms: dict[Term, None] = {}
    for found in _PART.finditer(typed[:_MAX_CHARS].translate(_QUOTES)):
        term = _term(found)
        if term.words:
            terms[term] = None
    return tuple(terms)[:_MAX_TERMS]


def snippet_of(text: str, terms: Sequence[Term]) -> tuple[Piece, ...] | None:
    """Cut the part of a text out that holds the first hit, with all hits in it marked.

    Returns:
        None: the text holds none of the terms.
    """
    shown = " ".join(unicodedata.normalize("NFC", text).split())
    hits = _hits(shown, [term for term in terms if not term.is_excluded])
    if not hits:
        return None
    start, end = _window(shown, hits[0][0])
    pieces = [Piece("…", is_hit=False)] if start else []
    at = start
    for hit_start, hit_end in hits:
        if hit_start < at or hit_end > end:
            continue
        pieces += [Piece(shown[at:hit_start], is_hit=False), Piece(shown[hit_start:hit_end], is_hit=True)]
        at = hit_end
    pieces += [Piece(shown[at:end], is_hit=False), Piece("…" if end < len(shown) else "", is_hit=False)]
    return tuple(piece for piece in pieces if piece.text)


def holds(text: str, term: Term) -> bool:
    """Tell whether a text holds a term."""
    return bool(_hits(unicodedata.normalize("NFC", text), [term]))


def fold(word: str) -> str:
    """Take case and accents off, as both databases do."""
    if word.isascii():
        return word.lower()
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter)).lower()


def _term(found: re.Match[str]) -> Term:
    quoted, plain = found["quoted"], found["plain"] or ""
    words = tuple(fold(word) for word in _WORD.findall(unicodedata.normalize("NFC", quoted or plain)))
    has_star = quoted is None and plain.endswith("*")
    is_long = quoted is None and len(words) == 1 and len(words[0]) >= _SHORTEST_BEGINNING
    # One letter and a star would read nearly the whole index.
    is_beginning = bool(words) and len(words[-1]) > 1 and (has_star or is_long)
    return Term(words=words, is_beginning=is_beginning, is_excluded=found["minus"] is not None)


def _hits(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    words = [(found.start(), found.end(), fold(found.group())) for found in _WORD.finditer(text)]
    hits = set()
    for term in terms:
        size = len(term.words)
        for at in range(len(words) - size + 1):
            if _is_at(term, [word for _, _, word in words[at : at + size]]):
                hits.add((words[at][0], words[at + size - 1][1]))
    return sorted(hits)


def _is_at(term: Term, words: Sequence[str]) -> bool:
    if tuple(words[:-1]) != term.words[:-1]:
        return False
    return words[-1].startswith(term.words[-1]) if term.is_beginning else words[-1] == term.words[-1]


def _window(text: str, first_hit: int) -> tuple[int, int]:
    start = max(0, first_hit - _BEFORE)
    if start:
        start = text.find(" ", start, first_hit) + 1 or start
    end = start + _SNIPPET
    if end < len(text):
        end = max(text.rfind(" ", first_hit + 1, end), first_hit + 1) if " " in text[first_hit + 1 : end] else end
    return start, min(end, len(text))
