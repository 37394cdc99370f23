"""Question sets, checked before anything is asked: each fault names its file and line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from bot.domain import Outcome, Reply
from bot.errors import BotError

# What keeps the guide's content back; the patient is told so and offered a person.
REFUSALS = frozenset({Outcome.ABSTAINED, Outcome.OUT_OF_SCOPE})
_NO_ANSWERS = REFUSALS | {Outcome.PERSONAL}
SUPPORTED, UNSUPPORTED = "supported", "unsupported"
_STYLE = re.compile(r"\bstyle=(\w+)")

Lines = Iterable[tuple[int, dict[str, Any]]]


class DataSetError(BotError):
    """A question set cannot be used; the detail names the file and line."""

    code = "data_set"


@dataclass(frozen=True, slots=True)
class Item:
    """One conversation whose last reply is judged.

    Attributes:
        turns: The patient's messages, in order.
        expect: The outcomes that are right.
        facts: Ids of the facts that a right answer rests on.
        must: Regular expressions of the key facts; each has to match the reply.
        must_not: Regular expressions; none may match the reply.
        style: How the question is worded (``plain``, ``typed``, ``paraphrase``), from the note; empty if unknown.
    """

    id: str
    category: str
    turns: tuple[str, ...]
    expect: tuple[Outcome, ...]
    facts: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    style: str = ""

    @property
    def is_to_answer(self) -> bool | None:
        """Tell whether the guide has the answer; None where that does not decide what is right."""
        if Outcome.ANSWERED in self.expect and REFUSALS.isdisjoint(self.expect):
            return True
        if not REFUSALS.isdisjoint(self.expect) and _NO_ANSWERS.issuperset(self.expect):
            return False
        return None

    def is_refused_by(self, outcome: Outcome) -> bool:
        """Tell whether an outcome keeps the guide's content back; no personal advice does where it is right too."""
        return outcome in REFUSALS or (outcome is Outcome.PERSONAL and self.is_to_answer is False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A passage, a sentence that claims to rest on it, and whether it does.

    Attributes:
        kind: How the sentence was made, such as ``number_changed``.
    """

    id: str
    passage: str
    sentence: str
    is_supported: bool
    kind: str


_T = TypeVar("_T", Item, Claim)


def questions_of(lines: Lines, *, source: object) -> list[Item]:
    """Check the lines of a question set and return its items, in order.

    Args:
        lines: 1-based line numbers and objects, as `bot.cli.lines.read_lines` gives them.
        source: The file, for what is told of a fault.

    Raises:
        DataSetError: A field is missing, of the wrong kind, or unknown to the program.
    """
    return _unique((_Line(source, number, value).item() for number, value in lines), source)


def claims_of(lines: Lines, *, source: object) -> list[Claim]:
    """Check the lines of a verifier's set and return its claims, in order.

    Raises:
        DataSetError: A field is missing, of the wrong kind, or unknown to the program.
    """
    return _unique((_Line(source, number, value).claim() for number, value in lines), source)


def digest_of(values: Iterable[Item | Claim]) -> str:
    """Return the SHA-256 of what is asked and expected, whatever the file looks like."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(repr(sorted(asdict(value).items())).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def problems_of(item: Item, reply: Reply) -> list[str]:
    """Name what keeps an item from passing: its outcome, a key fact that is missing, words that must not be there."""
    problems = [] if reply.outcome in item.expect else [f"outcome {reply.outcome.value}"]
    problems += [f"lacks /{pattern}/" for pattern in item.must if not is_said(pattern, reply.text)]
    return problems + [f"says /{pattern}/" for pattern in item.must_not if is_said(pattern, reply.text)]


def is_said(pattern: str, text: str) -> bool:
    """Tell whether a pattern of an item matches a text; case does not count."""
    return re.search(pattern, text, re.IGNORECASE) is not None


def right_sections(item: Item, facts: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the sections that hold one of the item's facts.

    Args:
        facts: Fact ids by section id.
    """
    wanted = frozenset(item.facts)
    return frozenset(section for section, held in facts.items() if held & wanted)


def group_of(item: Item) -> str:
    """Return what an item shares with others of its topic: the stem of its first fact id, else its own id.

    Questions about one topic are alike. Splits that measure keep them together.
    """
    return item.facts[0].rpartition("-")[0] if item.facts else item.id


@dataclass(frozen=True, slots=True)
class _Line:
    source: object
    number: int
    value: Mapping[str, Any]

    def item(self) -> Item:
        style = _STYLE.search(self._text("note", default=""))
        return Item(
            id=self._text("id"),
            category=self._text("category"),
            turns=self._texts("turns", least=1),
            expect=tuple(self._outcome(name) for name in self._texts("expect", least=1)),
            facts=self._texts("facts"),
            must=self._patterns("must"),
            must_not=self._patterns("must_not"),
            style=style.group(1) if style else "",
        )

    def claim(self) -> Claim:
        label = self._text("label")
        if label not in (SUPPORTED, UNSUPPORTED):
            raise self._fault(f'"label" must be "{SUPPORTED}" or "{UNSUPPORTED}"')
        return Claim(
            id=self._text("id"),
            passage=self._text("passage"),
            sentence=self._text("sentence"),
            is_supported=label == SUPPORTED,
            kind=self._text("kind", default="unnamed"),
        )

    def _text(self, key: str, *, default: str | None = None) -> str:
        found = self.value.get(key, default)
        if not isinstance(found, str) or (default is None and not found.strip()):
            raise self._fault(f'"{key}" must be a text')
        return found

    def _texts(self, key: str, *, least: int = 0) -> tuple[str, ...]:
        found = self.value.get(key, [])
        if not isinstance(found, list) or len(found) < least or not all(isinstance(text, str) for text in found):
            raise self._fault(f'"{key}" must be a list of {"at least one text" if least else "texts"}')
        return tuple(found)

    def _patterns(self, key: str) -> tuple[str, ...]:
        patterns = self._texts(key)
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise self._fault(f'"{key}": {pattern!r} is no regular expression ({error.msg})') from error
        return patterns

    def _outcome(self, name: str) -> Outcome:
        try:
            return Outcome(name)
        except ValueError as error:
            known = ", ".join(outcome.value for outcome in Outcome)
            raise self._fault(f'"expect": {name!r} is no outcome; there are {known}') from error

    def _fault(self, detail: str) -> DataSetError:
        return DataSetError(f"{self.source}:{self.number}: {detail}.")


def _unique(values: Iterable[_T], source: object) -> list[_T]:
    found = list(values)
    if not found:
        raise DataSetError(f"{source} holds no items; name a JSON Lines file with one object a line.")
    seen: set[str] = set()
    for value in found:
        if value.id in seen:
            raise DataSetError(f'{source}: the id "{value.id}" stands there twice.')
        seen.add(value.id)
    return found


def of_categories(items: Iterable[Item], categories: Iterable[str]) -> list[Item]:
    """Keep the items of some categories, all where none is named.

    Raises:
        DataSetError: A category is not in the set.
    """
    listed, wanted = list(items), set(categories)
    known = {item.category for item in listed}
    if unknown := sorted(wanted - known):
        raise DataSetError(f'There is no category "{unknown[0]}"; there are {", ".join(sorted(known))}.')
    return [item for item in listed if not wanted or item.category in wanted]


def folds_of(groups: Iterable[str], *, folds: int, shuffled: Callable[[list[str]], list[str]]) -> list[int]:
    """Return the fold of each item: items of one group share it, and folds are of about the same size.

    Args:
        shuffled: Puts the groups in an order; large groups then go first, each to the smallest fold.
    """
    listed = list(groups)
    sizes = {group: listed.count(group) for group in listed}
    load = [0] * folds
    place: dict[str, int] = {}
    for group in sorted(shuffled(sorted(sizes)), key=lambda name: -sizes[name]):
        place[group] = min(range(folds), key=load.__getitem__)
        load[place[group]] += sizes[group]
    return [place[group] for group in listed]


def spread_over(items: Sequence[Item], limit: int | None) -> list[Item]:
    """Keep at most so many items, spread evenly over the set, in order."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[place * len(items) // limit] for place in range(limit)]
