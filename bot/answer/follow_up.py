"""What a message leans on that cannot be understood alone: "and for how long?", "no, I meant the other one".

Input: the message, those before it, and what the last reply showed. Output: wordings that say what is meant. A
follow-up is read in the light of its topic; whether the guide answers it is judged by the message's own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from bot.domain import Question
from bot.index.words import STOP_WORDS, folded, words

ASKING = (
    r"what|whats|which|who|whom|whose|when|where|why|how|is|are|can|could|do|does|did|will|would|should|may|has|have|was|"
    r"were|wat|hows|isnt|doesnt|dont|tell me|explain"
)
STARTS_ASKING = re.compile(
    rf"^\W*(?:(?:and|but|so|or|ok|okay|hi|hello|please|anyway|well)\W+)*(?:{ASKING})\b", re.IGNORECASE
)
# A follow-up is short and leans on something said before.
_FOLLOW_UP_WORDS = 9
_LEANING_WORDS = 14
_LEANS = re.compile(
    r"^\W*(and|but|so|or|ok|okay|no|yes|what about|how about|then|also)\b"
    r"|\b(it|its|they|them|their|that|those|these|this|one|ones|there|he|she|him|her|same|instead|else|other|"
    r"before that|after that|of them|either)\b",
    re.IGNORECASE,
)
# These lean however long the message is: "the one with nephritis, which product had they been given?"
_POINTS_BACK = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|no)\W+)*(?:the|that|this) (?:one|first|second|third|last|other)s?\b"
    r"|\b(?:in|of|with|from|for) (?:it|them|those|that one|this one)\b",
    re.IGNORECASE,
)
# Said before something new: what stood before is no longer meant.
_NEW_TOPIC = re.compile(
    r"^\W*(?:(?:ok|okay|right|thanks|thank you|well|now|and|so|good|great)\W+)*"
    r"(?:(?:a |one |some)?(?:different|new|another|other|something else|change|changing)\s*(?:the |of )?"
    r"(?:topic|subject|thing|question|matter)?|something else(?: now)?|by the way|unrelated|next question)\s*[:.,;!-]",
    re.IGNORECASE,
)
# Words that do not make a question stand on its own.
_SUBJECTS = frozenset({"cart", "lupus", "sle"})
_FEW_TOPICS = 2
_COMMON_TOPICS = frozenset({"cart", "car", "lupus", "sle", "therapy", "treatment", "cells", "cell", "patients"})
# "no, I meant …", "wait, I was asking about …", "no not that, the other one".
_CUES = r"no|nope|sorry|wait|oh|ah|actually|hm+|not that|wrong one|but|ok|okay"
_MEANT = re.compile(
    rf"^\W*(?:(?:{_CUES})\b\W*)*"
    rf"(?:i(?:'m| am| was|'d| had)?\s+meant\b|(?<=\W)(?<!^)i(?:'m| am| was)?\s+(?:mean|asking|talking|asked)\b|"
    r"(?<=\W)(?<!^)not\s+[^,;.:!?]{1,40}[,;.:])"
    r"(?:\s*(?:to (?:say|ask|know)|but))?(?:\s+(?:about|of))?\W*(?P<meant>.+)$",
    re.IGNORECASE | re.DOTALL,
)
# A longer message says what it means by itself.
_CORRECTION_CHARS = 300
# "no, rituximab I mean"
_MEANT_AFTER = re.compile(
    rf"^\W*(?:(?:{_CUES})\b\W*)+(?P<meant>[^.!?]+?)\W+(?:is what )?i (?:mean|meant)\W*$", re.IGNORECASE
)
_ONE = re.compile(r"\b(?:the|that|this)\s+(.+?)\s+ones?\b", re.IGNORECASE)
# "and azathioprine?", "what about kids", "how about in Europe": something else, put into the question before.
_SWAP = re.compile(
    r"^\W*(?:(?:and|or|but|so|ok|okay|then|also|well|right|yes)\W+)*(?:(?:what|how) about|what of)?\W*"
    r"(?P<other>[^,;:?!]+)",
    re.IGNORECASE,
)
_SWAP_OPENS = re.compile(r"^\W*(?:and|or|but|so|ok|okay|then|also|well|(?:what|how) about|what of)\b", re.IGNORECASE)
_MOST_SWAPPED_WORDS = 5
_MOST_SLOTS = 6
_PREPOSITION = re.compile(r"^(in|for|with|by|at|on|outside|after|before|during|without)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|a|an|any|some)\s+", re.IGNORECASE)
# What opens or ends a question and is no part of what it is about.
_FRAME = STOP_WORDS - {"in", "on", "into", "up", "all", "once"}
_TOPIC_WORDS = 10
_SHE = re.compile(r"\b(?:she|her|hers)\b", re.IGNORECASE)
_HE = re.compile(r"\b(?:he|him|his)\b", re.IGNORECASE)
_THOSE = re.compile(
    r"\b(?:those|these)\s+\w|\b(?:that|this)\s+(?:\w+\s+)?(?:\?|study|trial|one|group|report)", re.IGNORECASE
)
_LEAD_IN = re.compile(
    r"^\W*(?:(?:and|but|so|or|ok|okay|good|great|right|well|thanks|thank you|then|oh|i see)\b[\s,.!-]*)+", re.IGNORECASE
)
_OTHER = re.compile(r"\bthe (?:other|second|latter)(?: one)?\W*$", re.IGNORECASE)
_PAIR = re.compile(r"([\w-]+)(?:,? (?:and|or|versus|vs\.?) )([\w-]+)", re.IGNORECASE)
# "She" is then somebody the patient knows, and any patient's answer fits.
_RELATIVE = re.compile(
    r"\b(?:my|our|his|her)\s+(?:\w+\s+)?(?:mother|mum|mom|sister|wife|daughter|girl|girlfriend|aunt|gran|grandma|grandmother|"
    r"nan|niece|cousin|friend|partner|fiancee?|father|dad|brother|husband|son|boy|boyfriend|uncle|grandad|grandpa|"
    r"grandfather|nephew|neighbour|neighbor|flatmate|child|baby|patient)\b",
    re.IGNORECASE,
)
_ITS = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)
_BARE = re.compile(r"\b(?:it|they|them|there|(?<!the )(?<!that )(?<!this )(?<!which )one)\b", re.IGNORECASE)


def is_follow_up(question: Question) -> bool:
    """Tell whether a message needs the ones before it to be understood."""
    if not question.earlier or opens_topic(question.text):
        return False
    if correction(question.text) is not None:
        return True
    text = without_lead_in(question.text)
    topics = topics_in(text)
    length = len(text.split())
    if not topics:
        return length <= 2 * _FOLLOW_UP_WORDS
    if length > _FOLLOW_UP_WORDS:
        return length <= _LEANING_WORDS and _POINTS_BACK.search(question.text) is not None
    return _LEANS.search(question.text) is not None or (topics <= _FEW_TOPICS and not _names_subject(question.text))


def opens_topic(text: str) -> bool:
    """Tell whether a message says that it asks about something else."""
    return _NEW_TOPIC.search(text) is not None


def without_opening(text: str) -> str:
    """Leave out the words that only say that something else follows."""
    return _NEW_TOPIC.sub("", text).strip() or text


def without_lead_in(text: str) -> str:
    """Leave out "ok, and" before a question."""
    return _LEAD_IN.sub("", text) or text


def correction(text: str) -> str | None:
    """Return what was meant, where a message says that the last one was misunderstood."""
    text = text[:_CORRECTION_CHARS]
    found = _MEANT.match(text) or _MEANT_AFTER.match(text)
    if found is None:
        return None
    meant = _ONE.sub(r"\1", found["meant"]).strip(" .!")
    return meant if words(meant) else None


def topic_of(earlier: Sequence[str]) -> str:
    """Return the last message that stands on its own, and what came after it."""
    return " ".join(_since_topic(earlier)[-3:])


def root_of(earlier: Sequence[str]) -> str:
    """Return the last message that stands on its own."""
    return _since_topic(earlier)[0]


def _since_topic(earlier: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for place in range(len(earlier) - 1, -1, -1):
        meant = correction(earlier[place]) if place else None
        kept.insert(0, meant or earlier[place])
        if meant or not is_follow_up(Question(text=earlier[place], earlier=tuple(earlier[:place]))):
            break
    return kept


def subject_of(text: str) -> str:
    """Return what a question is about: its words without those that open or end it as a question."""
    tokens = re.findall(r"[^\s?!.,;:()\"]+", text)
    while tokens and folded(tokens[0]) in _FRAME:
        tokens.pop(0)
    while tokens and folded(tokens[-1]) in _FRAME:
        tokens.pop()
    return " ".join(tokens[:_TOPIC_WORDS])


def other_of(text: str, *, before: str, shown: str) -> str | None:
    """Return the second of two things named before, where a message asks for "the other one"."""
    if _OTHER.search(text) is None:
        return None
    for one, two in _PAIR.findall(before):
        is_one, is_two = folded(one) in folded(shown), folded(two) in folded(shown)
        if is_one != is_two:
            return str(two if is_one else one)
    return None


def without_pair(before: str, other: str) -> str:
    """Return the question before with only one of the two things in it."""
    return _PAIR.sub(lambda pair: other if other in pair.groups() else pair[0], before)


def names_relative(earlier: Sequence[str]) -> bool:
    """Tell whether earlier messages speak of somebody the patient knows: "my sister has lupus"."""
    return any(_RELATIVE.search(message) for message in earlier)


def last_question(text: str) -> str:
    """Return the last question of a message of several sentences, else the message."""
    asked = [sentence.strip() for sentence in re.findall(r"[^.!?\n]+\?", text)]
    return asked[-1] if asked and words(asked[-1]) else text


def resolved(text: str, *, subject: str, is_relative: bool = False) -> str:
    """Put the subject in where a message says "it"; before it where there is no such word.

    Args:
        is_relative: "She" and "he" are somebody the patient knows.
    """
    text = without_lead_in(text)
    if is_relative:
        text = _HE.sub("someone", _SHE.sub("someone", text))
    if _SHE.search(text) or _HE.search(text):
        return f"{subject}: {_HE.sub('the man', _SHE.sub('the woman', text))}"
    replaced, count = _BARE.subn(lambda match: subject, text, count=1)
    if count:
        return replaced
    return f"{subject}: {text}"


def has_pronoun(text: str) -> bool:
    """Tell whether a message speaks of something that only the messages before it name."""
    return any(pattern.search(text) for pattern in (_BARE, _SHE, _HE, _ITS, _THOSE))


def puts_in(text: str) -> bool:
    """Tell whether a message only names something else for the question before."""
    other = _swapped_in(text) if correction(text) is None else None
    return other is not None and not words(text.partition(other)[2])


def swaps(text: str, *, before: str) -> tuple[str, ...]:
    """Return the question before with something else in it, a wording for each place where it may belong.

    "Is methotrexate used in pregnancy?" and "how about azathioprine?" give "Is azathioprine used in pregnancy?" and
    "Is methotrexate used in azathioprine?"; the search tells sense from nonsense.
    """
    other = _swapped_in(text)
    if other is None:
        return ()
    preposition = _PREPOSITION.match(other)
    found: list[str] = []
    if preposition:
        place = re.search(rf"\b{preposition[1]}\b.*$", before, re.IGNORECASE | re.DOTALL)
        found.append(before[: place.start()] + other if place else f"{before.rstrip(' ?.!')} {other}")
        other = other[preposition.end() :]
    other = _ARTICLE.sub("", other)
    found += [before[:start] + other + before[end:] for start, end in _slots(before)]
    return tuple(dict.fromkeys(found))[:_MOST_SLOTS]


def topics_in(text: str) -> int:
    """Count the words that make a question stand on its own."""
    return sum(word not in _COMMON_TOPICS for word in words(text))


def _swapped_in(text: str) -> str | None:
    """Return the phrase of "and …?" where it is a thing and no question of its own."""
    meant = correction(text)
    found = _SWAP.match(meant if meant is not None else text)
    if found is None or not (meant is not None or _SWAP_OPENS.match(text)):
        return None
    other = found["other"].strip()
    is_short = 0 < len(other.split()) <= _MOST_SWAPPED_WORDS and words(other)
    return other if is_short and not STARTS_ASKING.match(other) else None


def _slots(before: str) -> list[tuple[int, int]]:
    """Return where something else could stand in a question: pairs of neighbouring content words, then single ones."""
    spans = [found.span() for found in re.finditer(r"[^\s?!.,;:()\"]+", before)]
    content = [span for span in spans if words(before[span[0] : span[1]])]
    pairs = [(one[0], two[1]) for one, two in pairwise(content) if two[0] - one[1] == 1]
    last_first = list(reversed(content))
    return [*last_first[:4], *reversed(pairs[-2:]), *last_first[4:]]


def _names_subject(text: str) -> bool:
    return not _SUBJECTS.isdisjoint(words(text))
