"""Is what was found an answer to what was asked? A score, and a threshold that an evaluation chose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.answer.entities import lacks_a_name
from bot.domain import Hit
from bot.index.lexical import LexicalIndex
from bot.index.words import terms
from bot.retrieval.medicines import medicine_words
from bot.retrieval.search import Found
from bot.retrieval.spelling import Speller


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best hits being an answer; all in 0..1.

    Attributes:
        dense: Cosine of the best row of the best hits.
        lexical: BM25 share of the best hit.
        coverage: Share of the question's terms, weighted by rarity, that the best hits hold.
        foreign: Weight of everyday terms that no chunk of the guide holds.
        unheard: Weight of rare terms that no chunk holds: names of other medicines, tests and people.
        missing: 1 when the question names a disease, place, price or treatment that the best hits do not.
        margin: How far the best hit is ahead of the fifth.
    """

    dense: float
    lexical: float
    coverage: float
    foreign: float
    unheard: float
    missing: float
    margin: float


def gather(
    named_in: str, found: Found, *, lexical: LexicalIndex, speller: Speller, is_everyday: Callable[[str], bool]
) -> Evidence:
    """Weigh the hits of a search.

    Args:
        is_everyday: Tells an ordinary English word from a rare name.
    """
    if not found.hits:
        return Evidence(0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)
    top = found.hits[:3]
    weights = {term: lexical.idf(term) for term in found.query_terms}
    total = sum(weights.values()) or 1.0
    passages = " ".join(_words_of(hit) for hit in top)
    held = set(terms(passages))
    foreign = {term: weight for term, weight in weights.items() if term not in lexical.document_counts}
    everyday = sum(weight for term, weight in foreign.items() if is_everyday(term))
    return Evidence(
        dense=max(0.0, *(hit.dense for hit in top)),
        lexical=top[0].lexical,
        coverage=sum(weight for term, weight in weights.items() if term in held) / total,
        foreign=everyday / total,
        unheard=(sum(foreign.values()) - everyday) / total,
        missing=float(lacks_a_name(named_in, _words_of(top[0])) or _lacks_a_medicine(named_in, held, speller)),
        margin=top[0].score - found.hits[min(4, len(found.hits) - 1)].score,
    )


def _lacks_a_medicine(query: str, held: set[str], speller: Speller) -> bool:
    return any(term not in held for term in speller.stems(medicine_words(query)))


def _words_of(hit: Hit) -> str:
    return " ".join((hit.chunk.text, hit.chunk.title, *hit.chunk.also_asked))


# Logistic weights and threshold fitted on the development questions; `benchmarks/abstention.py` prints them.
_WEIGHTS = {
    "dense": 7.52,
    "lexical": 3.18,
    "coverage": 0.03,
    "foreign": -1.87,
    "unheard": -2.76,
    "missing": -4.15,
    "margin": 2.45,
}
_BIAS = -5.52
THRESHOLD = 0.35


def confidence(evidence: Evidence) -> float:
    """Return how sure it is that the guide answers the question, 0..1."""
    score = _BIAS + sum(weight * getattr(evidence, name) for name, weight in _WEIGHTS.items())
    return 1.0 / (1.0 + math.exp(-score))
