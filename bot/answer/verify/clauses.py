"""Each clause of a sentence beside the part of the passage that speaks of the same: its "not", "rarely", "may".

A whole passage always has some "not" and some "may". What counts is whether the clause that says the same thing has
one. Every clause of the sentence is laid beside the clause of the passage that answers most of its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.lexicon import Phrases, lexicon
from bot.answer.verify.reading import Reading

# How often, or how surely, a clause says a thing that says nothing about it, on the ladders of the lexicon.
_PLAIN_FREQUENCY = 3.5
_PLAIN_CERTAINTY = 3.0
# Clauses that share less with the passage are compared with nothing.
_SHARED = 0.4
# Rarer than this is as good as a "not".
_RARE = 1.0
# What turns the rest of a word round.
_TURNING = ("un", "in", "im", "ir", "dis", "non")
# Clauses of so many words in common are surely about one thing.
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A clause of a sentence and the part of its passage that answers most of it.

    Args:
        said: Places of the clause's words in the sentence.
        near: Places of the words of that part in the passage.
        weight: How surely both speak of one thing, 0..1.
    """

    said: frozenset[int]
    near: frozenset[int]
    weight: float


def clause_findings(alignment: Alignment) -> dict[str, float]:
    """Compare polarity, frequency and certainty of every clause with those of its counterpart."""
    pairs = counterparts(alignment)
    often, sure = lexicon().frequency, lexicon().certainty
    steps = [_step(often, alignment, pair, plain=_PLAIN_FREQUENCY) * pair.weight for pair in pairs] or [0.0]
    surer = [_step(sure, alignment, pair, plain=_PLAIN_CERTAINTY) * pair.weight for pair in pairs] or [0.0]
    flips = [pair.weight for pair in pairs if _is_flipped(alignment, pair)]
    return {
        "clause_flip": max(flips, default=0.0),
        "clause_flips": float(len(flips)),
        "clause_opposite": max((_opposites(alignment, pair) for pair in pairs), default=0.0),
        "clause_oftener": max(0.0, *steps),
        "clause_rarer": max(0.0, *(-step for step in steps)),
        "clause_surer": max(0.0, *surer),
        "clause_vaguer": max(0.0, *(-step for step in surer)),
        "clause_weakest": min((pair.weight for pair in pairs), default=0.0),
    }


def counterparts(alignment: Alignment) -> list[Counterpart]:
    """Find for each clause of a sentence the part of the passage that answers most of its words."""
    places: dict[int, set[int]] = defaultdict(set)
    answers: dict[int, list[Sequence[int]]] = defaultdict(list)
    for place, word in enumerate(alignment.sentence.words):
        places[word.clause].add(place)
    for word, found in zip(alignment.sentence.content, alignment.answers, strict=True):
        answers[word.clause].append(found)
    return [_counterpart(alignment, frozenset(places[clause]), found) for clause, found in answers.items()]


def _counterpart(alignment: Alignment, said: frozenset[int], answers: Sequence[Sequence[int]]) -> Counterpart:
    words = alignment.passage.words
    by_clause: dict[int, set[int]] = defaultdict(set)
    for number, found in enumerate(answers):
        for place in found:
            by_clause[words[place].clause].add(number)
    if not by_clause:
        return Counterpart(said, frozenset(), 0.0)
    sentence_of = {word.clause: word.sentence for word in words}
    best = max(by_clause, key=lambda clause: (len(by_clause[clause]), -clause))
    # A neighbour in the same sentence that answers what the best one does not belongs to it.
    rest = {
        clause
        for clause, numbers in by_clause.items()
        if sentence_of[clause] == sentence_of[best] and numbers - by_clause[best]
    }
    answered = set().union(*(by_clause[clause] for clause in {best, *rest}))
    near = frozenset(place for place, word in enumerate(words) if word.clause in {best, *rest})
    return Counterpart(said, near, len(answered) / len(answers) * min(1.0, len(answered) / _ENOUGH))


def _is_flipped(alignment: Alignment, pair: Counterpart) -> bool:
    """Tell whether one of the two is turned round an odd number of times more than the other.

    A "not" turns a clause round, and so does an opposite: "not the same" and "different" agree.
    """
    if pair.weight < _SHARED:
        return False
    mine, theirs = denied(alignment.sentence, pair.said), denied(alignment.passage, pair.near)
    return (len(mine) + len(theirs) + turned(alignment, said=pair.said, near=pair.near)) % 2 == 1


def denied(reading: Reading, places: frozenset[int]) -> list[int]:
    """Return where words at these places deny a statement; parts of one phrase count once."""
    lists = lexicon()
    found = {place: len(stems.split()) for place, stems, _ in lists.negations.find(reading)}
    found |= {place: len(stems.split()) for place, stems, rung in lists.frequency.find(reading) if float(rung) <= _RARE}
    for place, stems, _ in lists.idle_negations.find(reading):
        for inside in range(place, place + len(stems.split())):
            found.pop(inside, None)
    starts, end = [], -1
    for place in sorted(places & found.keys()):
        if place >= end:
            starts.append(place)
        end = max(end, place + found[place])
    return starts


def _opposites(alignment: Alignment, pair: Counterpart) -> float:
    """Return the pair's weight where the clause has a word whose opposite, and not it, stands in its counterpart."""
    is_turned = pair.weight >= _SHARED and turned(alignment, said=pair.said, near=pair.near)
    return pair.weight if is_turned else 0.0


def turned(alignment: Alignment, *, said: frozenset[int], near: frozenset[int]) -> int:
    """Return 1 where a clause has a word whose opposite, and not it, stands in its counterpart.

    Words that deny by themselves, such as "rarely", are counted as denials already.
    """
    said -= set(denied(alignment.sentence, said))
    near -= set(denied(alignment.passage, near))
    mine, theirs = (
        _labels(lexicon().opposites, alignment.sentence, said),
        _labels(lexicon().opposites, alignment.passage, near),
    )
    if any(other_side(label) in theirs - mine for label in mine - theirs):
        return 1
    own = {alignment.sentence.words[place].stem for place in said}
    other = {alignment.passage.words[place].stem for place in near}
    return int(any(_is_prefixed(word, other - own) or _is_prefixed(word, own - other) for word in own ^ other))


def _is_prefixed(word: str, others: set[str]) -> bool:
    """Tell whether a word is one of the others with a prefix that turns it round: "unusual" of "usual"."""
    return any(word.startswith(prefix) and word[len(prefix) :] in others for prefix in _TURNING)


def _labels(phrases: Phrases, reading: Reading, places: Iterable[int]) -> set[str]:
    wanted = set(places)
    return {label for place, _, label in phrases.find(reading) if place in wanted}


def other_side(label: str) -> str:
    """Return the label of the other side of a pair of opposites."""
    return label[:-1] + ("b" if label[-1] == "a" else "a")


def _step(ladder: Phrases, alignment: Alignment, pair: Counterpart, *, plain: float) -> float:
    """Return how far up a ladder the clause stands above its counterpart, the nearest of their words compared."""
    if pair.weight < _SHARED:
        return 0.0
    said = [float(level) for level in _labels(ladder, alignment.sentence, pair.said)] or [plain]
    near = [float(level) for level in _labels(ladder, alignment.passage, pair.near)] or [plain]
    return min((one - other for one in said for other in near), key=abs)
