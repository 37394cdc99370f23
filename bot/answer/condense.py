"""What to search for: the question out of a long story, and a follow-up in the light of what came before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain import Question
from bot.index.words import words

_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_ASKS = re.compile(
    r"\?|\b(what|which|who|whom|whose|when|where|why|how|is|are|can|could|do|does|did|will|would|should|may|has|have|"
    r"tell me|explain|wondering|want to know|need to know|wanna know)\b",
    re.IGNORECASE,
)
# A message longer than this holds a story around its question.
_STORY_WORDS = 30
# A follow-up is short and leans on something said before.
_FOLLOW_UP_WORDS = 9
_LEANS = re.compile(
    r"^\W*(and|but|so|or|ok|okay|no|yes|what about|how about|then|also)\b"
    r"|\b(it|its|they|them|their|that|those|these|this|one|ones|there|he|she|him|her|same|instead|else|other|"
    r"before that|after that|of them|either)\b",
    re.IGNORECASE,
)
# A topic word this rare in a question makes it stand on its own; "CAR-T" and "lupus" do not.
_COMMON_TOPICS = frozenset({"cart", "car", "lupus", "sle", "therapy", "treatment", "cells", "cell", "patients"})


def is_follow_up(question: Question) -> bool:
    """Tell whether a message needs the ones before it to be understood."""
    if not question.earlier:
        return False
    topics = [word for word in words(question.text) if word not in _COMMON_TOPICS]
    length = len(question.text.split())
    if not topics:
        return length <= 2 * _FOLLOW_UP_WORDS
    return length <= _FOLLOW_UP_WORDS and bool(_LEANS.search(question.text) or len(topics) <= 2)


def queries(question: Question) -> tuple[str, ...]:
    """Return what to search for, most telling first: the whole message, its questions, its context."""
    found = [question.text]
    if is_follow_up(question):
        return (f"{topic_of(question.earlier)} {question.text}", question.text)
    if len(question.text.split()) > _STORY_WORDS:
        asked = [sentence.strip() for sentence in _SENTENCE.findall(question.text) if _ASKS.search(sentence)]
        found = [*asked[-3:], question.text]
    return tuple(dict.fromkeys(found))


def topic_of(earlier: Sequence[str]) -> str:
    """Return the last message that stands on its own, and what came after it."""
    kept: list[str] = []
    for place in range(len(earlier) - 1, -1, -1):
        kept.insert(0, earlier[place])
        if not is_follow_up(Question(text=earlier[place], earlier=tuple(earlier[:place]))):
            break
    return " ".join(kept[-3:])
