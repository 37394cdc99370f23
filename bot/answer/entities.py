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

    groups: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]
    any_name: re.Pattern[str]


def lacks_a_name(question: str, passage: str) -> bool:
    """Tell whether a question names a disease, place, price or treatment that a passage does not."""
    asked, said = folded(question), folded(passage)
    if _lists().any_name.search(asked) is None:
        return False
    return any(in_question.search(asked) and not in_passage.search(said) for in_question, in_passage in _lists().groups)


@cache
def _lists() -> _Lists:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    single = [[name] for key in _SINGLE for name in raw[key]]
    groups = [*single, *raw["places"], raw["money"], raw["amounts"]]
    return _Lists(
        groups=tuple((_any_of(group), _any_of([*group, *_said_also(group, raw["said_also"])])) for group in groups),
        any_name=_any_of(name for group in groups for name in group),
    )


def _said_also(group: list[str], extra: dict[str, list[str]]) -> list[str]:
    return [name for key, names in extra.items() if key in group for name in names]


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted((folded(name) for name in names), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(name) for name in longest_first) + r")(?:s|es|d|ed|ing)?\b")
