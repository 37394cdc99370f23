"""After an answer: what was shown stays in view for a detail, and steps back when something else is asked.

"How many women were in it?" is answered by a sentence of the section just shown; "and what goes wrong?" most likely
is not, though no section is nearer to the words of the talk. Whether a section answers is judged by the words of the
follow-up itself, so that what was said before never turns an abstention into an answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.answer.asked_for import COUNTED, holds, kind_of
from bot.domain import Chunk
from bot.index.words import folded, terms
from bot.retrieval.search import Found

# All changes to scores were chosen on the development conversations.
# A sentence that was in view bears the new words out.
_BONUS = 0.08
_SUPPORTED = 0.4
# It was said already, and the new words are not in it; or there are none.
_REPEATED = 0.1
_REPEATED_VAGUELY = 0.05
_REPEATED_PERHAPS = 0.02
# The heading asks in the same way: "Why is CAR-T so expensive?" for "and why so much?".
_SAME_KIND = 0.05
# What a pronoun stands for is in it.
_ON_TOPIC = 0.2
# Times the cosine of the message by itself: among sections of one topic its few words decide.
_ALONE = 0.3
_NAMED = 0.12
# "How did she do?" asks about a woman.
_PERSON = 0.1
# What a score and all of these may add up to.
_MOST = 1.85
# It speaks of something else, or not of what is asked for: it steps behind one that does, if there is one.
_NOT_BORNE_OUT = 0.12
# Less of the topic's words than this share is another topic.
_LEAST_TOPIC = 0.1
# "And penicillin?": at least this share of what is named must be there.
_LEAST_NAMED = 0.5
# Shorter words begin many others.
_LEAST_LETTERS = 5
# Words that ask, and name nothing that a sentence could bear out.
# fmt: off
_EMPTY = frozenset({
    "again", "els", "ever", "exact", "go", "happen", "long", "look", "mani", "meant", "not", "now", "often", "old",
    "okay", "one", "ones", "quit", "see", "show", "sorri", "then", "time", "usual", "way", "year", "lupus", "cart",
    "sle",
})
_DIGITS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelv": "12",
}
# fmt: on
_PERSONS = (
    (re.compile(r"\b(?:she|her|hers)\b"), re.compile(r"\b(?:wom[ae]n|girl|mother|teenager|she|her)\b")),
    (re.compile(r"\b(?:he|him|his)\b"), re.compile(r"\b(?:m[ae]n|boy|father|he|his)\b")),
)
_ASKS_FOR_A_THING = re.compile(
    r"\W*(?:.{0,40}[,;:]\s*)?(?:who|whose|what(?:'s| is| was|s)?|which|how (?:many|much)|where)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class View:
    """What a follow-up is looked at with.

    Attributes:
        shown: Ids of the sections of the last answer.
        asked: The message.
        terms: Its stemmed words.
        own_terms: Those of them that the messages before it do not have.
        topic_terms: Stemmed words that a pronoun of the message stands for; empty where it has none.
        must_have: Stemmed words of which an answer needs some; empty where it is free.
        chapters: Ids of the chapters of what was shown: a section of one is on the topic, whatever its words.
        names_a_thing: It is "and this?", no question of its own.
        is_about_relative: "She" and "he" are somebody the patient knows, not a person in a study.
        alone: Cosine of the message by itself with each chunk, by chunk id.
        idf: Rarity of a stemmed word.
    """

    shown: frozenset[str]
    asked: str
    terms: Sequence[str]
    own_terms: Sequence[str]
    topic_terms: Sequence[str]
    must_have: Sequence[str]
    chapters: frozenset[str]
    names_a_thing: bool
    is_about_relative: bool
    alone: Mapping[str, float]
    idf: Callable[[str], float]

    @property
    def named(self) -> list[str]:
        """Return its own words that a passage could bear out."""
        return [term for term in self.own_terms if term not in _EMPTY]


def seen(found: Found, view: View) -> Found:
    """Lift what bears the follow-up out, lower what was said already and does not."""
    hits = [replace(hit, score=round(max(0.0, hit.score + _change(hit.chunk, view)) / _MOST, 6)) for hit in found.hits]
    return replace(found, hits=tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk.id))))


def bears_out(chunk: Chunk, view: View) -> bool:
    """Tell whether a chunk speaks of the topic, of what the message itself asks for, and in numbers where asked so.

    A question for yes or no may be borne out in other words, so it is taken on trust.
    """
    said = _all_of(chunk)
    is_near = chunk.chapter_id in view.chapters or not view.must_have
    if not is_near and _share(view.must_have, said, view.idf) < _LEAST_TOPIC:
        return False
    if view.names_a_thing:
        return not view.named or _share(view.named, said, view.idf) >= _LEAST_NAMED
    if not view.named or not _ASKS_FOR_A_THING.match(view.asked):
        return True
    return _has_any(said, view) and (kind_of(view.asked) != COUNTED or _has_a_count(chunk, view))


def _has_any(said: str, view: View) -> bool:
    return _share([term for term in view.terms if term not in _EMPTY], said, view.idf) > 0


def _has_a_count(chunk: Chunk, view: View) -> bool:
    sentences = (chunk.text[span.start : span.end] for span in chunk.sentences)
    return any(
        holds(COUNTED, one) and (_share(view.named, one, view.idf) or _akin(view.named, one)) for one in sentences
    )


def _akin(wanted: Sequence[str], text: str) -> bool:
    """Tell whether a text has a longer form of a word: "European" for "Europe"."""
    said = terms(text)
    return any(other.startswith(word) for word in wanted if len(word) >= _LEAST_LETTERS for other in said)


def fit(text: str, view: View, *, closeness: float) -> float:
    """Return how well a sentence answers a follow-up, about 0..2; `closeness` is its cosine with it."""
    borne_out = support(text, view)
    return closeness + (_SUPPORTED if borne_out is None else borne_out)


def support(text: str, view: View) -> float | None:
    """Return how far one sentence bears out what is asked, 0..1; None where only its kind can be told to fit."""
    overlap = _share(view.named, text, view.idf)
    kind = kind_of(view.asked)
    if kind is None:
        return overlap
    if not holds(kind, text):
        return overlap / 2
    return overlap or None


def _change(chunk: Chunk, view: View) -> float:
    change = _ON_TOPIC * _share(view.topic_terms, f"{chunk.title} {chunk.text}", view.idf)
    if not bears_out(chunk, view):
        change -= _NOT_BORNE_OUT
    if view.named:
        change += _ALONE * max(0.0, view.alone.get(chunk.id, 0.0))
        change += _NAMED * _share(view.named, _all_of(chunk), view.idf)
    asked, said = folded(view.asked), folded(chunk.text)
    if not view.is_about_relative:
        change += sum(_PERSON for asks, says in _PERSONS if asks.search(asked) and says.search(said))
    kind = kind_of(view.asked)
    if kind is not None and kind == kind_of(chunk.title):
        change += _SAME_KIND
    return change + (_repetition(chunk, view) if chunk.section_id in view.shown else 0.0)


def _repetition(chunk: Chunk, view: View) -> float:
    found = [support(chunk.text[span.start : span.end], view) for span in chunk.sentences]
    best = max((value for value in found if value is not None), default=0.0)
    if best >= _SUPPORTED:
        return _BONUS * best
    if None in found:
        return -_REPEATED_PERHAPS
    return -_REPEATED if view.named else -_REPEATED_VAGUELY


def _share(wanted: Sequence[str], text: str, idf: Callable[[str], float]) -> float:
    """Return the share of words that a text has, weighted by rarity, 0..1; 0 where none is wanted."""
    said = {_DIGITS.get(term, term) for term in terms(text)}
    total = sum(idf(term) for term in wanted)
    return sum(idf(term) for term in wanted if _DIGITS.get(term, term) in said) / total if total else 0.0


def _all_of(chunk: Chunk) -> str:
    return " ".join((chunk.title, chunk.text, *chunk.also_asked))
