"""Names that pin a question to one thing: a passage that lacks the name does not answer it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.index.words import folded

# Lists of which every name stands for itself.
_SINGLE = ("diseases", "animals", "treatments", "news", "people", "history", "shops", "offices", "laboratory")
_FILE = Path(__file__).parent / "entities.yaml"


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists of ``entities.yaml``: names that answer each other, a pattern for questions and one for passages."""

    groups: tuple[_Group, ...]
    any_name: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Group:
    """Names that answer each other.

    Attributes:
        is_strict: Only what a passage says counts, not how patients word the question that it answers: they may come
            from anywhere, and a passage that does not name the place says nothing of it.
    """

    in_question: re.Pattern[str]
    in_passage: re.Pattern[str]
    is_strict: bool


def lacks_a_name(question: str, passage: str, *, wordings: str = "") -> bool:
    """Tell whether a question names a disease, place, price, treatment or phase of a trial that a passage does not.

    Args:
        wordings: How patients word the question that the passage answers.
    """
    asked, said, worded = folded(question), folded(passage), folded(wordings)
    if _lists().any_name.search(asked) is None:
        return False
    return any(
        group.in_question.search(asked)
        and not group.in_passage.search(said)
        and (group.is_strict or not group.in_passage.search(worded))
        for group in _lists().groups
    )


@cache
def _lists() -> _Lists:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    single = [[name] for key in _SINGLE for name in raw[key]]
    free = [*single, raw["money"], raw["amounts"], raw["therapy"], raw["feeding"], *raw["phases"]]
    names = [*((group, False) for group in free), *((group, True) for group in raw["places"])]
    return _Lists(
        groups=tuple(
            _Group(_any_of(group), _any_of([*group, *_said_also(group, raw["said_also"])]), is_strict)
            for group, is_strict in names
        ),
        any_name=_any_of(name for group, _ in names for name in group),
    )


def _said_also(group: list[str], extra: dict[str, list[str]]) -> list[str]:
    return [name for key, names in extra.items() if key in group for name in names]


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted((folded(name) for name in names), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(name) for name in longest_first) + r")(?:s|es|d|ed|ing)?\b")
