"""Does a sentence say what its quote says? Strict and plain, before and beside the verifier.

The verifier judges by the whole passage and forgives rewording. The quote is narrower: a model that chose it can be
held to its numbers, its negation, its hedges and its words. What is dropped here wrongly costs a sentence, no more.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from bot.corpus.sentences import sentence_spans
from bot.domain import Chunk, Span
from bot.index.words import stem, terms

_NUMBER = re.compile(r"(?<![A-Za-z\d.,])(?<![A-Za-z]-)\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# "One" counts nothing in "one of the trials"; the verifier sees to it where it does.
# fmt: off
_COUNTED = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20", "thirty": "30", "forty": "40",
    "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}
# fmt: on
_SPELT = re.compile(rf"\b(?:{'|'.join(_COUNTED)})\b", re.IGNORECASE)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|cannot|without|unknown|unclear|unproven)\b|n['’]t\b",
    re.IGNORECASE,
)
# Kinds of hedge; a sentence keeps each kind that its quote has, in whatever words.
_HEDGES = {
    "possible": r"may|might|can|could|possible|possibly|perhaps|seems?|appears?|suggests?|likely|unlikely|thought|hope",
    "often": r"often|usually|usual|sometimes|mostly|mainly|rarely|rare|seldom|commonly|common|typically|generally",
    "some": r"many|some|most|few|not all|not every|part of|half|majority|minority|in \d+|\d+ of|\d+ in|of \d+",
    "rough": r"about|around|almost|nearly|roughly|approximately|some \d+",
    "bound": r"up to|at least|at most|over|under|more than|less than|fewer than|or more|or less|between|to \d+",
    "studied": r"stud(?:y|ies|ied)|trials?|report(?:s|ed)?|review(?:ed|s)?|estimates?|registr(?:y|ies)|survey|series|"
    r"experimental|tested|so far|until now|early|not yet|of (?:the )?\d+",
}
_KINDS = {kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _HEDGES.items()}
# Words that turn a fact into a promise, an order or a rule; none may come from the model.
_LOADED = re.compile(
    r"\b(?:cur(?:e|es|ed|ing)|heal(?:s|ed)?|safe(?:ly|st)?|harmless|guarantee[sd]?|always|never|prove[sdn]*|approved?|"
    r"best|must|should|ought|need(?:s|ed)?|stop(?:s|ped)?|start(?:s|ed)?|take[sn]?|avoid(?:s|ed)?|only|all|every|each|"
    r"cause[sd]?|prevents?|die[sd]?|deaths?|deadly|fatal|cancers?|permanent(?:ly)?|forever|completely|dangerous|severe|"
    r"recommend(?:s|ed)?|ignore[sd]?)\b",
    re.IGNORECASE,
)
# Who speaks, and to whom: a fact of the guide must not become advice for one person, or a word of the machine's own.
_PERSONS = (re.compile(r"\b(?:I|[Mm]e|[Mm]y|[Ww]e|[Oo]ur|us)\b"), re.compile(r"\byou(?:r|rs|rself)?\b", re.IGNORECASE))
# A heading's yes or no is no negation of what follows it.
_VERDICT = re.compile(r"^(?:yes|no|not always|not yet|not quite|probably not|often not)[,:]\s+", re.IGNORECASE)
# What stands to the left of a quote governs it ("it is not known whether …"), back to where another statement ends.
_GOVERNS_FROM = re.compile(r"[;:.!?]\s|,\s+(?:and|but|so|while|whereas|although|though)\s", re.IGNORECASE)
_ENDS = re.compile(r"[;:]\s|,\s+(?:and|but|so|while|whereas|although|though)\s", re.IGNORECASE)
# A sentence's words stand in its quote, or for a half in the rest of the passage, where the thing has its name. Below
# this share a sentence says something else: of 99 sentences with a quote that is not theirs one is above it, of 70 true
# ones in far other words (the development pairs of the verifier) nine are below it; at 0.6 none, and 32.
_LEAST_COVERED = 0.5


def infidelities(sentence: str, *, chunk: Chunk, span: Span) -> tuple[str, ...]:
    """Return fixed codes for what a sentence adds to, or leaves out of, the quote it rests on.

    Args:
        chunk: The cited passage.
        span: The quote in it.
    """
    said = _plain(sentence)
    quoted = _plain(governed(chunk.text, span))
    found = []
    # Counted, as are loaded words: "8 of 8" is not borne out by "6 of 8", nor "and CAR-T cures" by one denied cure.
    if _numbers(said) - _numbers(_plain(chunk.text[span.start : span.end])):
        found.append("number_not_in_quote")
    if len(_NEGATION.findall(said)) != len(_NEGATION.findall(quoted)):
        found.append("negation_not_as_quoted")
    if any(kind.search(quoted) and not kind.search(said) for kind in _KINDS.values()):
        found.append("hedge_not_as_quoted")
    if _loaded(said) - _loaded(quoted):
        found.append("word_not_in_quote")
    if any(person.search(said) and not person.search(quoted) for person in _PERSONS):
        found.append("person_not_in_quote")
    if _covered(said, quoted, f"{chunk.title} {chunk.text}") < _LEAST_COVERED:
        found.append("beyond_quote")
    return tuple(found)


def governed(passage: str, span: Span) -> str:
    """Return a quote with what stands around it in its statement.

    >>> governed("It is not known whether CAR-T works for all. Rest.", Span(24, 43))
    'It is not known whether CAR-T works for all.'
    """
    whole = [item for item in sentence_spans(passage) if item.start < span.end and span.start < item.end]
    start, end = (whole[0].start, whole[-1].end) if whole else (span.start, span.end)
    left = passage[min(start, span.start) : span.start]
    for match in _GOVERNS_FROM.finditer(left):
        start = span.start - len(left) + match.end()
    right = _ENDS.search(passage, span.end, max(end, span.end))
    return passage[min(start, span.start) : right.start() if right else max(end, span.end)]


def _numbers(plain: str) -> Counter[str]:
    return Counter(number.replace(",", ".") for number in _NUMBER.findall(_THOUSANDS.sub("", plain)))


def _loaded(plain: str) -> Counter[str]:
    return Counter(stem(word.lower()) for word in _LOADED.findall(plain))


def _covered(said: str, quoted: str, passage: str) -> float:
    """Return the share of a sentence's terms that its quote has, 0..1; those that only the passage has count half."""
    asked = terms(said)
    near, far = set(terms(quoted)), set(terms(passage))
    found = sum(1.0 if term in near else 0.5 if term in far else 0.0 for term in asked)
    return found / len(asked) if asked else 0.0


def _plain(text: str) -> str:
    """Return a text without an opening verdict, its numbers in digits."""
    unopened = _VERDICT.sub("", unicodedata.normalize("NFKC", text))
    return _SPELT.sub(lambda match: _COUNTED[match.group().lower()], unopened)
