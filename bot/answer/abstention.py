"""Is what was found an answer to what was asked? A score, and a threshold that an evaluation chose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

from bot.answer.calibration import Calibration, load_calibration
from bot.answer.coverage import sounds_covered
from bot.answer.entities import lacks_a_name
from bot.answer.remainder import focus_of
from bot.domain import Hit
from bot.index.words import terms
from bot.retrieval.medicines import medicine_words
from bot.retrieval.search import Found, Searcher
from bot.retrieval.spelling import Speller


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best hits being an answer; in 0..1 but for the last three.

    Attributes:
        dense: Cosine of the best row of the best hits.
        lexical: BM25 share of the best hit.
        foreign: Weight of everyday terms that no chunk of the guide holds.
        unheard: Weight of rare terms that no chunk holds: names of other medicines, tests and people.
        missing: 1 when the question names a disease, place, price or treatment that the best hits do not.
        margin: How far the best hit is ahead of the fifth.
        lacking: Rarity of what the best section does not speak of; see `Focus` for this and what follows.
        drift: How much of the question's meaning that is.
        gain: How much nearer to the section the question would be without it.
        sounds: How much the question sounds like those that the guide answers, -1..1.
    """

    dense: float
    lexical: float
    foreign: float
    unheard: float
    missing: float
    margin: float
    lacking: float
    drift: float
    gain: float
    sounds: float


def gather(
    named_in: str, query: str, found: Found, *, searcher: Searcher, is_everyday: Callable[[str], bool]
) -> Evidence:
    """Weigh the hits of a search.

    Args:
        named_in: Where the question names what it is about.
        query: The question; of a follow-up its own words alone.
        is_everyday: Tells an ordinary English word from a rare name.

    Raises:
        ModelError: A part of the query could not be embedded.
    """
    focus = focus_of(query, found, searcher=searcher)
    if not found.hits:
        return Evidence(0.0, 0.0, 1.0, 1.0, 0.0, 0.0, focus.lacking, focus.drift, focus.gain, -1.0)
    lexical = searcher.index.lexical
    top = found.hits[:3]
    weights = {term: lexical.idf(term) for term in found.query_terms}
    total = sum(weights.values()) or 1.0
    held = set(terms(" ".join(_words_of(hit) for hit in top)))
    foreign = {term: weight for term, weight in weights.items() if term not in lexical.document_counts}
    everyday = sum(weight for term, weight in foreign.items() if is_everyday(term))
    lacks_name = _lacks_a_name(named_in, top[0]) or _lacks_a_medicine(named_in, held, searcher.speller)
    return Evidence(
        dense=max(0.0, *(hit.dense for hit in top)),
        lexical=top[0].lexical,
        foreign=everyday / total,
        unheard=(sum(foreign.values()) - everyday) / total,
        missing=float(lacks_name),
        margin=top[0].score - found.hits[min(4, len(found.hits) - 1)].score,
        lacking=focus.lacking,
        drift=focus.drift,
        gain=focus.gain,
        sounds=sounds_covered(query, searcher=searcher),
    )


def _lacks_a_name(query: str, best: Hit) -> bool:
    chunk = best.chunk
    return lacks_a_name(query, f"{chunk.title} {chunk.text}", wordings=" ".join(chunk.also_asked))


def _lacks_a_medicine(query: str, held: set[str], speller: Speller) -> bool:
    return any(term not in held for term in speller.stems(medicine_words(query)))


def _words_of(hit: Hit) -> str:
    return " ".join((hit.chunk.text, hit.chunk.title, *hit.chunk.also_asked))


FEATURES = tuple(field.name for field in fields(Evidence))


@cache
def calibration() -> Calibration:
    """Return the weights and the threshold in use.

    Raises:
        SettingsError: Their file cannot be used.
    """
    return load_calibration(features=FEATURES)


def confidence(evidence: Evidence) -> float:
    """Return how sure it is that the guide answers the question, 0..1.

    Raises:
        SettingsError: The calibration file cannot be used.
    """
    used = calibration()
    score = used.bias + sum(weight * getattr(evidence, name) for name, weight in used.weights.items())
    return 1.0 / (1.0 + math.exp(-score))
