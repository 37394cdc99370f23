"""Several questions in one message, and two things to compare: each part is looked up and answered by itself.

Input: the message. Output: its parts, in order, each a question of its own; none where it asks one thing only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.answer.follow_up import ASKING, STARTS_ASKING, subject_of
from bot.domain import Chunk
from bot.index.words import terms, words

_SENTENCE = re.compile(r"(?:[^.!?\n]|\.(?=\w))+[.!?]*")
_AUXILIARY = r"is|are|was|were|do|does|did|can|could|should|would|will|may|has|have"
_WHO = r"i|you|we|they|it|he|she|there|the|my|your|a|an|people|someone|anyone|lupus|car"
# Where a second question begins in a sentence: "… and who pays?", "…, and in a study, whose wallet is it?".
_JOINT = re.compile(
    rf"[,;]?\s+(?:and|but|plus|also|or)\s+(?:also\s+|then\s+)?"
    rf"(?=(?:(?:in|at|for|after|before|during|with|if)\b[^,?]{{2,40}},\s*)?"
    rf"(?:what|whats|which|who|whose|when|where|why|how|(?:{_AUXILIARY})\s+(?:{_WHO}|\w+ing)\b)\b)",
    re.IGNORECASE,
)
_COLON = re.compile(rf"^[^:?]{{3,60}}:\s+(?=(?:{ASKING})\b)", re.IGNORECASE)
_FEWEST_WORDS = 2
_MOST_PARTS = 3
_PREFACE_WORDS = 25
_THING = r"((?:[\w-]+ ){0,3}[\w-]+)"
_COMPARISONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bdifferen\w+ between {_THING} and {_THING}",
        rf"\bhow (?:does|do|is|are) {_THING} (?:differ|different) from {_THING}",
        rf"{_THING} (?:versus|vs\.?|compared (?:to|with)) {_THING}",
        rf"\b(?:is|are|works?|does) {_THING} (?:work )?(?:better|worse|safer|stronger|faster|longer) than {_THING}",
        rf"^\W*{_THING} or {_THING}[,:;]",
        rf"\bwhich\b[^?]*,\s*{_THING} or {_THING}\W*$",
    )
)
_FILLER = re.compile(
    r"^(?:(?:the|a|an|your|my|its|own|is|are|what|whats|hi|hello)\s+)+|\s+(?:ones?|kind|type|please|what|which)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two things that a message sets side by side."""

    one: str
    two: str

    @property
    def questions(self) -> tuple[str, str]:
        """Return a question for each side."""
        return f"What is {self.one}?", f"What is {self.two}?"

    def is_in(self, chunk: Chunk) -> bool:
        """Tell whether a passage speaks of both."""
        said = set(terms(f"{chunk.title} {chunk.text}"))
        return bool(said & set(terms(self.one))) and bool(said & set(terms(self.two)))


def parts_of(text: str) -> tuple[str, ...]:
    """Return the questions of a message, in order, at most three; nothing where there are not two."""
    found = [part for sentence in _questions(text) for part in _split(sentence)]
    parts = [part for part in dict.fromkeys(found) if words(part) and len(part.split()) >= _FEWEST_WORDS]
    return tuple(parts[-_MOST_PARTS:]) if len(parts) > 1 else ()


def preface_of(text: str, part: str) -> str:
    """Return what a message says before a part of it, the end of it where that is long."""
    before = text[: max(0, text.find(part.rstrip("?")))]
    return " ".join(before.split()[-_PREFACE_WORDS:])


def comparison_in(text: str) -> Comparison | None:
    """Return what a message sets side by side; None where it does not."""
    for pattern in _COMPARISONS:
        if found := pattern.search(text):
            one, two = (_thing(side) for side in found.groups())
            if one and two:
                return Comparison(one, two)
    return None


def _questions(text: str) -> list[str]:
    sentences = (_COLON.sub("", found.group().strip()) for found in _SENTENCE.finditer(text))
    return [s for s in sentences if s.endswith("?") or (STARTS_ASKING.match(s) and not s.endswith((".", "!")))]


def _split(sentence: str) -> list[str]:
    """Split a sentence where a second question begins in it."""
    pieces = [piece.strip() for piece in _JOINT.split(sentence)]
    if len(pieces) == 1 or any(len(piece.split()) < _FEWEST_WORDS for piece in pieces):
        return [sentence]
    return [piece if piece.endswith(("?", ".", "!")) else f"{piece}?" for piece in pieces]


def _thing(side: str) -> str:
    before = None
    while before != side:
        before, side = side, _FILLER.sub("", side.strip())
    return side if subject_of(side) else ""
