"""What of a question the best section does not speak of: its words, and how much of its sense goes with them.

A question about a thing that the guide lacks mostly shares its topic with some section. What gives it away is the
rest: the words that the section has not, and that without them it would be another question.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass

from bot.index.words import terms, words
from bot.retrieval.search import MAX_QUERY_CHARS, Found, Searcher

# About five words that no section has; a long story has more, and is no surer to be off the point for it.
_MOST_LACKING = 40.0
# More would leave nothing of a story to compare with.
_MOST_LEFT_OUT = 12
# "car t" is one word, as in the index.
_WORD = re.compile(r"car\s?t\b|[\w'’\-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Focus:
    """How a question compares with the section that would answer it.

    Attributes:
        lacking: Rarity of all terms that the section has not, 0..1. Of two questions that drift as far, the one that
            lacks more is the longer one: its words were by the way.
        drift: How far the question's meaning moves when those words are left out, 0..2.
        gain: How much nearer the section is to what is left than to the whole question, -2..2.
    """

    lacking: float
    drift: float
    gain: float


NO_FOCUS = Focus(lacking=1.0, drift=1.0, gain=0.0)


def focus_of(query: str, found: Found, *, searcher: Searcher) -> Focus:
    """Compare a question with the section of the best hit.

    Args:
        query: The question; of a follow-up its own words alone, or what was said before would speak for it.

    Raises:
        ModelError: What is left of the question could not be embedded.
    """
    if not found.hits:
        return NO_FOCUS
    best = found.hits[0].chunk
    passages = [hit.chunk.text for hit in found.hits if hit.chunk.section_id == best.section_id]
    held = set(terms(" ".join((best.title, *best.also_asked, *passages))))
    weights = {term: searcher.index.lexical.idf(term) for term in found.query_terms}
    lacking = weights.keys() - held
    drift, gain = _without(lacking, query[:MAX_QUERY_CHARS], best.section_id, searcher)
    return Focus(
        lacking=min(1.0, sum(weights[term] for term in lacking) / _MOST_LACKING),
        drift=drift,
        gain=gain,
    )


def _without(lacking: Set[str], query: str, section_id: str, searcher: Searcher) -> tuple[float, float]:
    """Return how the meaning and the nearness to a section change when words are left out."""
    rest = _left(query, lacking, searcher)
    if rest == query:
        return 0.0, 0.0
    whole = searcher.nearness(query, section_id)
    # "and ...?" asks nothing: words that carry no topic are no question.
    if not words(rest):
        return 1.0, -whole
    return 1.0 - searcher.likeness(query, rest), searcher.nearness(rest, section_id) - whole


def _left(query: str, lacking: Set[str], searcher: Searcher) -> str:
    spans = [
        match.span() for match in _WORD.finditer(query) if not lacking.isdisjoint(_stems_of(match.group(), searcher))
    ]
    left = query
    for start, end in reversed(spans[:_MOST_LEFT_OUT]):
        left = f"{left[:start]} {left[end:]}"
    return " ".join(left.split()) if spans else query


def _stems_of(word: str, searcher: Searcher) -> list[str]:
    return searcher.speller.stems(words(word))
