"""What to search for: the question out of a long story, and a follow-up in the light of what came before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain import Question
from bot.index.words import words
from bot.retrieval.synonyms import reworded

_MASK = re.compile(r"\[[a-z][a-z ]*\]")
_SENTENCE = re.compile(r"(?:[^.!?\n]|\.(?=\w))+[.!?]*")
_ASKING = (
    r"what|whats|which|who|whom|whose|when|where|why|how|is|are|can|could|do|does|did|will|would|should|may|has|have|was|"
    r"were|wat|hows|isnt|doesnt|dont|tell me|explain"
)
_STARTS_ASKING = re.compile(
    rf"^\W*(?:(?:and|but|so|or|ok|okay|hi|hello|please|anyway|well)\W+)*(?:{_ASKING})\b", re.IGNORECASE
)
# Where a question begins inside a sentence: "…, so my question is: can …", "… and tell me what …".
_TURN = re.compile(
    rf"(?:[,:;]|\b(?:and|but|so|question is|wondering|wonder|want to know|like to know|asked|asking|tell me))\s+"
    rf"((?:(?:if|whether)\s+|(?:{_ASKING})\b).+)$",
    re.IGNORECASE | re.DOTALL,
)
_TURN_WORDS = 12
_FEWEST_WORDS = 2
_MOST_QUESTIONS = 4
_FEWEST_TOPICS = 2
# A follow-up is short and leans on something said before.
_FOLLOW_UP_WORDS = 9
_LEANS = re.compile(
    r"^\W*(and|but|so|or|ok|okay|no|yes|what about|how about|then|also)\b"
    r"|\b(it|its|they|them|their|that|those|these|this|one|ones|there|he|she|him|her|same|instead|else|other|"
    r"before that|after that|of them|either)\b",
    re.IGNORECASE,
)
# Words that do not make a question stand on its own.
_SUBJECTS = frozenset({"cart", "lupus", "sle"})
_FEW_TOPICS = 2
_COMMON_TOPICS = frozenset({"cart", "car", "lupus", "sle", "therapy", "treatment", "cells", "cell", "patients"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was asked.

    Attributes:
        weight: What its hits' scores are multiplied by, 0..1.
    """

    query: str
    weight: float


# Weights of readings; chosen on the development questions, where 0.05 more or less changes little.
# A reworded question may lose a shade; a whole story drowns its question, a part of a short message its sense.
_REWORDED = 0.97
_STORY = 0.9
_PART = 0.9
_STORY_WORDS = 40
# Words of before lead a follow-up only as far as its own words do not.
_CONTEXT = 1.0
_ALONE = 0.97


def readings(question: Question) -> tuple[Reading, ...]:
    """Return what to search for, the most telling first; at least one reading."""
    text = " ".join(_MASK.sub(" ", question.text).split()) or question.text
    if is_follow_up(question):
        found = [Reading(f"{topic_of(question.earlier)} {text}", _CONTEXT), Reading(text, _ALONE)]
    else:
        is_story = len(text.split()) > _STORY_WORDS
        found = [Reading(asking, 1.0 if is_story else _PART) for asking in questions_in(text) if asking != text]
        found.append(Reading(text, _STORY if is_story and found else 1.0))
    second = [Reading(other, item.weight * _REWORDED) for item in found if (other := reworded(item.query))]
    return tuple(dict.fromkeys([*found, *second]))


def questions_in(text: str) -> list[str]:
    """Return the questions inside a message that say enough to be searched for, the last ones first."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(text)]
    sentences = [sentence for sentence in sentences if len(sentence.split()) >= _FEWEST_WORDS]
    found = [sentence for sentence in sentences if sentence.endswith("?") or _STARTS_ASKING.match(sentence)]
    inner = [turn.group(1) for sentence in sentences if (turn := _turn(sentence))]
    asked = dict.fromkeys([*reversed(inner), *reversed(found)])
    return [question for question in asked if _topics(question) >= _FEWEST_TOPICS][:_MOST_QUESTIONS]


def is_follow_up(question: Question) -> bool:
    """Tell whether a message needs the ones before it to be understood."""
    if not question.earlier:
        return False
    topics = _topics(question.text)
    length = len(question.text.split())
    if not topics:
        return length <= 2 * _FOLLOW_UP_WORDS
    if length > _FOLLOW_UP_WORDS:
        return False
    return _LEANS.search(question.text) is not None or (topics <= _FEW_TOPICS and not _names_subject(question.text))


def topic_of(earlier: Sequence[str]) -> str:
    """Return the last message that stands on its own, and what came after it."""
    kept: list[str] = []
    for place in range(len(earlier) - 1, -1, -1):
        kept.insert(0, earlier[place])
        if not is_follow_up(Question(text=earlier[place], earlier=tuple(earlier[:place]))):
            break
    return " ".join(kept[-3:])


def _topics(text: str) -> int:
    """Count the words that make a question stand on its own."""
    return sum(word not in _COMMON_TOPICS for word in words(text))


def _names_subject(text: str) -> bool:
    return not _SUBJECTS.isdisjoint(words(text))


def _turn(sentence: str) -> re.Match[str] | None:
    """Find a question that begins late inside a long sentence."""
    if len(sentence.split()) < _TURN_WORDS:
        return None
    return _TURN.search(sentence)
