"""Hits become candidate sentences, each with its place and its closeness to the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain import Chunk, Hit, Span
from bot.index.words import terms
from bot.retrieval.search import Found

# After a comma a hedge belongs to its sentence: "Usually, the trial pays" must not become "The trial pays".
_VERDICT = re.compile(r"(?:(?:Yes|No)[,:]|(?:Not always|Not yet|Not quite|Often|Sometimes|Usually|Mostly|Perhaps):)\s+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that could be shown.

    Attributes:
        sentence_no: 0-based place in its chunk.
        closeness: Cosine with the question, -1..1; 0 where it was not near enough to be listed.
        overlap: Share of the question's terms that stand in it, 0..1.
        is_trimmed: Its opening word, such as "Yes", was left out.
    """

    chunk: Chunk
    hit_score: float
    sentence_no: int
    span: Span
    closeness: float
    overlap: float
    is_trimmed: bool = False

    @property
    def quote(self) -> str:
        """Return the sentence as it stands in the chunk."""
        return self.chunk.text[self.span.start : self.span.end]

    @property
    def text(self) -> str:
        """Return the sentence as it is shown: white space folded, a trimmed one begun with a capital."""
        folded = " ".join(self.quote.split())
        return folded[:1].upper() + folded[1:] if self.is_trimmed else folded

    @property
    def words(self) -> int:
        """Return how long it is in words."""
        return len(self.text.split())

    @property
    def relevance(self) -> float:
        """Return how well it fits the question, about 0..1."""
        return 0.7 * self.closeness + 0.3 * self.overlap


def candidates(hit: Hit, found: Found) -> list[Candidate]:
    """Return the sentences of a hit in their order."""
    asked = set(found.query_terms)
    return [
        Candidate(
            chunk=hit.chunk,
            hit_score=hit.score,
            sentence_no=number,
            span=span,
            closeness=found.sentences.get((hit.chunk.id, number), 0.0),
            overlap=_overlap(asked, hit.chunk.text[span.start : span.end]),
        )
        for number, span in enumerate(hit.chunk.sentences)
    ]


def without_verdict(candidate: Candidate) -> Candidate:
    """Leave out an opening yes or no, which answers the heading and perhaps not the patient's question."""
    opening = _VERDICT.match(candidate.quote)
    if opening is None:
        return candidate
    span = Span(candidate.span.start + opening.end(), candidate.span.end)
    return replace(candidate, span=span, is_trimmed=True)


def is_question(chunk: Chunk) -> bool:
    """Tell a guide section, whose first sentence answers its heading, from any other text."""
    return chunk.title.endswith("?")


def same_words(first: str, second: str) -> float:
    """Return the share of terms that two sentences have in common, 0..1."""
    one, two = set(terms(first)), set(terms(second))
    if not one or not two:
        return 0.0
    return len(one & two) / min(len(one), len(two))


def repeats(candidate: Candidate, chosen: Sequence[Candidate]) -> bool:
    """Tell whether a sentence says nearly what a chosen one says."""
    # 0.8 of the shorter one's terms: a figure or a name still makes two sentences differ.
    return any(same_words(candidate.text, other.text) >= 0.8 for other in chosen)


def _overlap(asked: set[str], sentence: str) -> float:
    if not asked:
        return 0.0
    return len(asked & set(terms(sentence))) / len(asked)
