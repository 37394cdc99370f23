"""The word lists of ``lexicon.yaml``, ready to be looked for in a reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.answer.verify.reading import Reading, read

LEXICON_FILE = Path(__file__).with_name("lexicon.yaml")
# Kinds whose names a passage either has or has not; the others have everyday words among them.
STRICT_KINDS = ("drug", "product", "target", "disease", "reaction", "body", "month")


class Phrases:
    """A set of words and phrases, each with a label; words match by stem, phrases word by word."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for entry, label in entries:
            stems = tuple(word.stem for word in read(entry).words)
            if stems:
                self._by_first[stems[0]].append((stems, label))

    def find(self, reading: Reading) -> list[tuple[int, str, str]]:
        """Return (place of the first word, phrase by its stems, label) of each occurrence, in order."""
        found = []
        stems = [word.stem for word in reading.words]
        for place, first in enumerate(stems):
            for phrase, label in self._by_first.get(first, ()):
                if tuple(stems[place : place + len(phrase)]) == phrase:
                    found.append((place, " ".join(phrase), label))
        return found


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lists, by what they are for."""

    same: Phrases
    kinds: Phrases
    negations: Phrases
    opposites: Phrases
    hedges: Phrases
    certainties: Phrases
    universals: Phrases
    limits: Phrases
    causes: Phrases
    frequency: Phrases
    certainty: Phrases
    idle_negations: Phrases
    sorts: Phrases


@cache
def lexicon() -> Lexicon:
    """Return the lists, read once."""
    raw: dict[str, Any] = yaml.safe_load(LEXICON_FILE.read_text(encoding="utf-8"))
    return Lexicon(
        same=Phrases((str(name), str(number)) for number, line in enumerate(raw["same"]) for name in line),
        kinds=Phrases((name, kind) for kind, names in raw["kinds"].items() for name in names),
        opposites=Phrases(_sides(raw["opposites"])),
        sorts=Phrases((str(name), str(number)) for number, line in enumerate(raw["sorts"]) for name in line),
        frequency=Phrases(_rungs(raw["frequency"])),
        certainty=Phrases(_rungs(raw["certainty"])),
        **{key: Phrases((str(word), key) for word in raw[key]) for key in _PLAIN_LISTS},
    )


_PLAIN_LISTS = ("negations", "hedges", "certainties", "universals", "limits", "causes", "idle_negations")


def _rungs(ladder: dict[int, list[str]]) -> list[tuple[str, str]]:
    return [(str(word), str(rung)) for rung, words in ladder.items() for word in words]


def _sides(pairs: list[list[list[str]]]) -> list[tuple[str, str]]:
    return [
        (str(word), f"{number}{side}")
        for number, pair in enumerate(pairs)
        for side, words in zip("ab", pair, strict=True)
        for word in words
    ]


@lru_cache(maxsize=512)
def groups(reading: Reading) -> tuple[frozenset[str], ...]:
    """Return for each word of a reading the groups of one meaning that it belongs to."""
    found: list[set[str]] = [set() for _ in reading.words]
    for place, _, label in lexicon().same.find(reading):
        found[place].add(label)
    return tuple(frozenset(labels) for labels in found)
