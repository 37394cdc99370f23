"""Names: medicines, targets, trials, diseases, places. Are they in the passage, and for the same thing?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.lexicon import STRICT_KINDS, groups, lexicon
from bot.answer.verify.reading import Reading

# Names that no list knows: capitals or figures inside a word, or a capital after the sentence's first word.
_CODE = re.compile(r"\b(?=\w*[A-Z])(?=\w*(?:\d|[A-Z]{2}))\w{2,}\b|(?<=[a-z,;] )[A-Z][a-z]{2,}\b")
# Kinds where a word beside another of its kind may be told apart by what stands near it.
_RIVAL_KINDS = (*STRICT_KINDS, "code", "organ", "cell", "symptom", "test", "place", "group", "number")

# "WHO" is a name and "who" is none.
_CAPITAL_KINDS = ("body", "place", "month")


@dataclass(frozen=True, slots=True)
class Name:
    """One name: the place of its first word, its stems, and its kind."""

    place: int
    stems: str
    kind: str


@dataclass(frozen=True, slots=True)
class NameFindings:
    """What is wrong with the names of a sentence.

    Args:
        strict_missing: Medicines, targets, trials, diseases and their like that the passage does not have.
        loose_missing: Organs, symptoms, places and other everyday names that it does not have.
        rival: How much better the passage's own neighbourhood fits another name of the kind, 0..1; high is bad.
        swap: The same for another name of the sentence itself, by the words of the name's own clause.
    """

    strict_missing: int
    loose_missing: int
    rival: float
    codes_missing: int
    swap: float


def names(reading: Reading) -> list[Name]:
    """Find the names of a reading; the longest of overlapping ones."""
    found = [
        Name(place, stems, kind)
        for place, stems, kind in lexicon().kinds.find(reading)
        if kind not in _CAPITAL_KINDS or reading.text[reading.words[place].start].isupper()
    ]
    starts = {word.start: place for place, word in enumerate(reading.words)}
    known = {name.place for name in found}
    for match in _CODE.finditer(reading.text):
        place = starts.get(match.start())
        if place is not None and place not in known:
            found.append(Name(place, reading.words[place].stem, "code"))
    return found


def check_names(alignment: Alignment) -> NameFindings:
    """Look for the names of a sentence in its passage."""
    said, source = names(alignment.sentence), names(alignment.passage)
    strict = loose = codes = 0
    for name in said:
        if _is_there(name, source, alignment):
            continue
        if name.kind == "code":
            codes += 1
        elif name.kind in STRICT_KINDS:
            strict += 1
        else:
            loose += 1
    return NameFindings(strict, loose, _rivalry(said, source, alignment), codes, _swap(said, source, alignment))


def _is_there(name: Name, source: list[Name], alignment: Alignment) -> bool:
    if name.kind in _CAPITAL_KINDS:
        is_written = any(other.stems == name.stems for other in source)
    else:
        is_written = all(word in alignment.passage.stems for word in name.stems.split())
    if is_written:
        return True
    labels = groups(alignment.sentence)[name.place]
    return bool(labels) and any(labels & other for other in groups(alignment.passage))


def _rivalry(said: list[Name], source: list[Name], alignment: Alignment) -> float:
    """Return the largest lead of a rival: another name of the kind, not in the sentence, in fitter company."""
    spoken = {name.stems for name in said}
    worst = 0.0
    index = {id(word): number for number, word in enumerate(alignment.sentence.content)}
    for name in said:
        if name.kind not in _RIVAL_KINDS:
            continue
        own = [other.place for other in source if other.stems == name.stems]
        rivals = [other.place for other in source if other.kind == name.kind and other.stems not in spoken]
        if not own or not rivals:
            continue
        without = frozenset(
            number
            for word in alignment.sentence.words[name.place : name.place + len(name.stems.split())]
            if (number := index.get(id(word))) is not None
        )
        best = max(alignment.company(place, without=without) for place in own)
        worst = max(worst, *(alignment.company(place, without=without) - best for place in rivals))
    return worst


def _swap(said: list[Name], source: list[Name], alignment: Alignment) -> float:
    """Return the largest lead of another name of the sentence in the company of a name's own clause."""
    worst = 0.0
    words = alignment.sentence.words
    for name in said:
        rivals = [other for other in said if other.kind == name.kind and other.stems != name.stems]
        own = [other.place for other in source if other.stems == name.stems]
        if not own or not rivals:
            continue
        spoken = {other.place for other in said}
        clause = words[name.place].clause
        without = frozenset(
            number
            for number, word in enumerate(alignment.sentence.content)
            if word.clause != clause or any(word is words[place] for place in spoken)
        )
        best = max(alignment.company(place, without=without) for place in own)
        others = [other.place for other in source if other.stems in {rival.stems for rival in rivals}]
        worst = max([worst, *(alignment.company(place, without=without) - best for place in others)])
    return worst
