"""What to search for: the question out of a long story, and a follow-up in the light of what came before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answer.follow_up import (
    ASKING,
    STARTS_ASKING,
    correction,
    has_pronoun,
    is_follow_up,
    last_question,
    names_relative,
    other_of,
    resolved,
    root_of,
    subject_of,
    swaps,
    topic_of,
    topics_in,
    without_opening,
    without_pair,
)
from bot.answer.plainly import without_wish
from bot.domain import Question
from bot.retrieval.search import Found
from bot.retrieval.synonyms import reworded

_MASK = re.compile(r"\[[a-z][a-z ]*\]")
_SENTENCE = re.compile(r"(?:[^.!?\n]|\.(?=\w))+[.!?]*")
# Where a question begins inside a sentence: "…, so my question is: can …", "… and tell me what …".
_TURN = re.compile(
    rf"(?:[,:;]|\b(?:and|but|so|question is|wondering|wonder|want to know|like to know|asked|asking|tell me))\s+"
    rf"((?:(?:if|whether)\s+|(?:{ASKING})\b).+)$",
    re.IGNORECASE | re.DOTALL,
)
_SPEAKS_OF = re.compile(r"\b(?:it|this|that|these|those|they|them|he|she|there)\b", re.IGNORECASE)
_THERAPY = re.compile(r"\b(car[\s-]?t)(?:[\s-]cells?)?[\s-](?:therap(?:y|ies)|treatments?)\b", re.IGNORECASE)
_TURN_WORDS = 12
_TOLD_WORDS = 6
_FEWEST_WORDS = 2
_MOST_QUESTIONS = 4
_FEWEST_TOPICS = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was asked.

    Attributes:
        weight: What its hits' scores are multiplied by, 0..1.
        asked: The words that the answer has to bear out, where the query holds those of earlier messages too.
        is_swap: One of several guesses, of which the one that finds most is the right one.
        is_context: It repeats the question before, whose words say nothing of which sentence is asked for.
    """

    query: str
    weight: float
    asked: str | None = None
    is_swap: bool = False
    is_context: bool = False


# Weights of readings; chosen on the development questions, where 0.05 more or less changes little.
# A reworded question may lose a shade; a whole story drowns its question, a part of a short message its sense.
_REWORDED = 0.97
_STORY = 0.9
_PART = 0.9
_STORY_WORDS = 40
# Words of before lead a follow-up only as far as its own words do not.
_CONTEXT = 1.0
_ALONE = 0.97
_VAGUE = 0.85
_SWAP = 1.0


def readings(question: Question) -> tuple[Reading, ...]:
    """Return what to search for, the most telling first; at least one reading."""
    text = _shortened(without_wish(" ".join(_MASK.sub(" ", question.text).split()) or question.text))
    found = _leaning(text, question) if is_follow_up(question) else _standing(without_opening(text))
    second = [
        replace(item, query=other, weight=item.weight * _REWORDED) for item in found if (other := reworded(item.query))
    ]
    return tuple(dict.fromkeys([*found, *second]))


def _shortened(text: str) -> str:
    """Leave out "therapy" after CAR-T where something else is asked: it leads to what CAR-T therapy is."""
    short = _THERAPY.sub(r"\1", text)
    return short if topics_in(short) >= _FEWEST_TOPICS else text


def _standing(text: str) -> list[Reading]:
    """Read a message that can be understood alone."""
    is_story = len(text.split()) > _STORY_WORDS
    asked = [asking for asking in questions_in(text) if asking != text]
    found = [Reading(asking, _VAGUE if has_pronoun(asking) else 1.0 if is_story else _PART) for asking in asked]
    found = [Reading(query, 1.0 if is_story else _PART) for query in completed(text)] + found
    return [*found, Reading(text, _STORY if is_story and found else 1.0)]


def _leaning(text: str, question: Question) -> list[Reading]:
    """Read a follow-up in the light of what came before it."""
    before = topic_of(question.earlier)
    swapped = [Reading(query, _SWAP, is_swap=True) for query in swaps(text, before=root_of(question.earlier))]
    meant = correction(text)
    if meant is not None:  # what came before was not meant
        return [Reading(meant, 1.0), Reading(f"{subject_of(before)}: {meant}", _ALONE, asked=meant), *swapped]
    shown = " ".join(question.last.titles[:1]) if question.last else ""
    if other := other_of(text, before=before, shown=shown):
        return [Reading(query, _SWAP) for query in (without_pair(before, other), other)]
    found = [Reading(f"{before} {text}", _CONTEXT, asked=text, is_context=True)]
    is_relative = names_relative(question.earlier)
    found += [
        Reading(resolved(text, subject=subject, is_relative=is_relative), _CONTEXT, asked=text)
        for subject in _subjects(question)
    ]
    return [*found, Reading(text, _VAGUE if has_pronoun(text) else _ALONE), *swapped]


def _subjects(question: Question) -> list[str]:
    """Return what may be spoken of: the subject of the question before, and that of what was shown."""
    titles = question.last.titles[:1] if question.last else ()
    found = [subject_of(last_question(text)) for text in (root_of(question.earlier), *titles)]
    return [subject for subject in dict.fromkeys(found) if subject]


def without_worse_swaps(pairs: Sequence[tuple[Reading, Found]]) -> list[tuple[Reading, Found]]:
    """Keep of the guesses the one that finds most: sense finds more than nonsense."""
    best = max((found.hits[0].score for item, found in pairs if item.is_swap and found.hits), default=0.0)
    kept = [(item, found) for item, found in pairs if not item.is_swap]
    guesses = [(item, found) for item, found in pairs if item.is_swap and found.hits]
    return kept + [pair for pair in guesses if pair[1].hits[0].score >= best][:1]


def completed(text: str) -> list[str]:
    """Return the last question of a message with the sentence before it, where it speaks of "this" or "it"."""
    sentences = [sentence for found in _SENTENCE.findall(text) if (sentence := found.strip())]
    for place in range(len(sentences) - 1, 0, -1):
        asking = sentences[place]
        if asking.endswith("?") or STARTS_ASKING.match(asking):
            leans = _SPEAKS_OF.search(asking) is not None or topics_in(asking) < _FEWEST_TOPICS
            return [" ".join((*_told_before(sentences[:place]), asking))] if leans else []
    return []


def _told_before(sentences: Sequence[str]) -> Sequence[str]:
    """Return the last sentences that together say something: "Nobody said why." alone does not."""
    start = len(sentences) - 1
    while start > 0 and sum(len(sentence.split()) for sentence in sentences[start:]) < _TOLD_WORDS:
        start -= 1
    return sentences[start:]


def questions_in(text: str) -> list[str]:
    """Return the questions inside a message that say enough to be searched for, the last ones first."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(text)]
    sentences = [sentence for sentence in sentences if len(sentence.split()) >= _FEWEST_WORDS]
    found = [sentence for sentence in sentences if sentence.endswith("?") or STARTS_ASKING.match(sentence)]
    inner = [turn.group(1) for sentence in sentences if (turn := _turn(sentence))]
    asked = dict.fromkeys([*reversed(inner), *reversed(found)])
    return [question for question in asked if topics_in(question) >= _FEWEST_TOPICS][:_MOST_QUESTIONS]


def _turn(sentence: str) -> re.Match[str] | None:
    """Find a question that begins late inside a long sentence."""
    if len(sentence.split()) < _TURN_WORDS:
        return None
    return _TURN.search(sentence)
