"""Families of wordings, and where they stand in a message.

A *family* is a named set of words and word groups; ``swell*`` stands for every word with that beginning.
Finding them all costs one walk over the tokens and one look at each different word, whatever the number of families.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bot.conversation.triage.words import Text
from bot.errors import SettingsError

_LONGEST_BEGINNING = 16


class Places:
    """Where the families of one message stand; written out for a family only once a pattern asks for it.

    A message names hundreds of families and the patterns that are live look at a few of them.
    """

    def __init__(self) -> None:
        self._words: dict[str, list[list[int]]] = {}
        self._groups: dict[str, list[tuple[int, int]]] = {}
        self._written: dict[str, dict[int, list[int]]] = {}

    def note_word(self, name: str, starts: list[int]) -> None:
        """Note a family of which one word is enough, and where this word stands."""
        self._words.setdefault(name, []).append(starts)

    def note_group(self, name: str, start: int, end: int) -> None:
        """Note a family of which a group of words stands from `start` to `end` (exclusive)."""
        self._groups.setdefault(name, []).append((start, end))

    def families(self) -> set[str]:
        """Return the families that stand somewhere."""
        return {*self._words, *self._groups}

    def of(self, name: str) -> Mapping[int, list[int]]:
        """Return start token to end tokens (exclusive) of a family; nothing for one that does not stand here."""
        if name not in self._written:
            ends = {start: [start + 1] for starts in self._words.get(name, ()) for start in starts}
            for start, end in self._groups.get(name, ()):
                ends.setdefault(start, []).append(end)
            self._written[name] = ends
        return self._written[name]


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found in one message.

    Attributes:
        places: Where each family stands.
        live: Numbers of the patterns whose families are all there; only these are worth a search.
    """

    places: Places
    live: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Starts:
    """What may begin with one word: families it is enough for, and groups by their second word."""

    alone: list[str] = field(default_factory=list)
    by_second: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=dict)
    by_beginning: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def add(self, name: str, rest: tuple[str, ...]) -> None:
        if not rest:
            self.alone.append(name)
        elif rest[0].endswith("*"):
            self.by_beginning.append((name, rest))
        else:
            self.by_second.setdefault(rest[0], []).append((name, rest))

    def join(self, other: _Starts) -> _Starts:
        merged = {word: [*found] for word, found in self.by_second.items()}
        for word, found in other.by_second.items():
            merged.setdefault(word, []).extend(found)
        return _Starts([*self.alone, *other.alone], merged, [*self.by_beginning, *other.by_beginning])


class Lexicon:
    """All families, and the unnamed ones that patterns write in place.

    Args:
        families: Name to entries; an entry is words in a row, or ``{other}`` to take in another family.
        numbers: Name to the lowest and highest number of the family, both included, and whether only 38.0
            counts, not 38.

    Raises:
        SettingsError: A family refers to one that is not there.
    """

    def __init__(
        self, *, families: Mapping[str, Iterable[str]], numbers: Mapping[str, tuple[float, float, bool]]
    ) -> None:
        self._families = {name: tuple(str(entry) for entry in entries) for name, entries in families.items()}
        self._numbers = {name: [limits] for name, limits in numbers.items()}
        self._patterns: dict[str, list[tuple[int, frozenset[str]]]] = {}
        self._sizes: dict[str, int] = {}
        self._count = 0
        self._exact: dict[str, _Starts] = {}
        self._beginnings: dict[str, _Starts] = {}
        self._words: set[str] = set()
        for name in self._families:
            self._index(name, self._entries(name, seen=()))
        self._starts = lru_cache(maxsize=8192)(self._look_up)

    def family(self, word: str, *, source: str) -> str:
        """Return the name of the family that a pattern means by ``{name}`` or by ``this|that``.

        Raises:
            SettingsError: The pattern `source` names a family that is not there, or a word that is a family without it.
        """
        if word.startswith("{") and "|" not in word:
            name = word.strip("{}")
            if name not in self._families and name not in self._numbers:
                raise SettingsError(f"The triage pattern “{source}” names the family “{name}”, which is not there.")
            return name
        if word in self._families and not self._holds(word):
            raise SettingsError(
                f"In the triage pattern “{source}” the word “{word}” is also a family that does not hold it; write "
                f"{{{word}}} for the family, or a second word beside it, as in {word}|{word}s."
            )
        if word not in self._sizes:
            entries = [entry if entry.startswith("{") else entry.replace("_", " ") for entry in word.split("|")]
            self._index(word, [row for entry in entries for row in self._expand(entry, seen=(source,))])
            limits = [limit for entry in entries for limit in self._numbers.get(entry.strip("{}"), ())]
            if limits:
                self._numbers[word] = limits
            self._starts.cache_clear()
        return word

    def _holds(self, name: str) -> bool:
        """Tell whether a family is found where its own name is said."""
        alone = [row[0] for row in self._entries(name, seen=()) if len(row) == 1]
        return any(name == word or (word.endswith("*") and name.startswith(word[:-1])) for word in alone)

    def register(self, required: frozenset[str]) -> int:
        """Note a pattern by the families it needs and return its number; it is looked up by its smallest family."""
        anchor = min(sorted(required), key=lambda name: self._sizes.get(name, 0))
        self._patterns.setdefault(anchor, []).append((self._count, required))
        self._count += 1
        return self._count - 1

    def words(self) -> frozenset[str]:
        """Return every whole word that a family names, without those given by their beginning."""
        return frozenset(self._words)

    def find(self, text: Text) -> Hits:
        """Find all families in a text."""
        places, standing = Places(), dict[str, list[int]]()
        for start, token in enumerate(text.tokens):
            standing.setdefault(token, []).append(start)
        for token, starts in standing.items():
            begun = self._starts(token)
            for name in begun.alone:
                places.note_word(name, starts)
            if begun.by_second or begun.by_beginning:
                _note_groups(begun, starts, text, places)
        found = places.families()
        noted = (pattern for name in found for pattern in self._patterns.get(name, ()))
        return Hits(places, frozenset(number for number, required in noted if required <= found))

    def _look_up(self, token: str) -> _Starts:
        starts = self._exact.get(token, _Starts())
        if token[0].isdecimal():
            return _Starts([*starts.alone, *self._numbers_of(token)], starts.by_second, starts.by_beginning)
        for length in range(2, min(len(token), _LONGEST_BEGINNING) + 1):
            found = self._beginnings.get(token[:length])
            starts = starts.join(found) if found else starts
        return starts

    def _numbers_of(self, token: str) -> list[str]:
        value, has_point = float(token), "." in token
        return [
            name
            for name, limits in self._numbers.items()
            if any(low <= value <= high and (has_point or not point) for low, high, point in limits)
        ]

    def _entries(self, name: str, *, seen: tuple[str, ...]) -> list[tuple[str, ...]]:
        if name in self._numbers:
            return []
        if name not in self._families or name in seen:
            raise SettingsError(f"The triage family “{name}” is not there, or takes in itself ({' > '.join(seen)}).")
        return [row for entry in self._families[name] for row in self._expand(entry, seen=(*seen, name))]

    def _expand(self, entry: str, *, seen: tuple[str, ...]) -> list[tuple[str, ...]]:
        if entry.startswith("{"):
            return self._entries(entry.strip("{}"), seen=seen)
        return [tuple(entry.split())]

    def _index(self, name: str, rows: Iterable[tuple[str, ...]]) -> None:
        distinct = list(dict.fromkeys(rows))
        self._sizes[name] = len(distinct)
        for row in distinct:
            if not row:
                raise SettingsError(f"The triage family “{name}” has an empty entry.")
            table = self._beginnings if row[0].endswith("*") else self._exact
            table.setdefault(row[0].rstrip("*"), _Starts()).add(name, row[1:])
            self._words.update(word for word in row if not word.endswith("*"))


def _note_groups(begun: _Starts, starts: list[int], text: Text, places: Places) -> None:
    for start in starts:
        following = text.tokens[start + 1] if start + 1 < len(text.tokens) else ""
        for name, rest in (*begun.by_second.get(following, ()), *begun.by_beginning):
            if _agree(text, start + 1, rest):
                places.note_group(name, start, start + 1 + len(rest))


def _agree(text: Text, start: int, rest: tuple[str, ...]) -> bool:
    end = start + len(rest)
    if end > len(text.tokens) or text.sentence[end - 1] != text.sentence[start - 1]:
        return False
    return all(
        token.startswith(word[:-1]) if word.endswith("*") else token == word
        for token, word in zip(text.tokens[start:end], rest, strict=True)
    )
