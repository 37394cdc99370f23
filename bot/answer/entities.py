"""Names that pin a question to one thing: a passage that lacks the name does not answer it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.index.words import folded

_FILE = Path(__file__).parent / "entities.yaml"
_WORD = re.compile(r"[a-z0-9]+")
_SHORTEST_MEDICINE = 6


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists of ``entities.yaml``: names that answer each other, a pattern each, and endings of medicines."""

    groups: tuple[re.Pattern[str], ...]
    any_name: re.Pattern[str]
    medicine_endings: tuple[str, ...]


def lacks_a_name(question: str, passage: str) -> bool:
    """Tell whether a question names a disease, place, price or treatment that a passage does not."""
    asked, said = folded(question), folded(passage)
    if _lists().any_name.search(asked) is None:
        return False
    return any(group.search(asked) and not group.search(said) for group in _lists().groups)


def medicine_words(text: str) -> list[str]:
    """Return the folded words of a text that end as medicines' names do."""
    endings = _lists().medicine_endings
    return [w for w in _WORD.findall(folded(text)) if len(w) >= _SHORTEST_MEDICINE and w.endswith(endings)]


@cache
def _lists() -> _Lists:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    single = [[name] for key in ("diseases", "treatments", "news") for name in raw[key]]
    groups = [*single, *raw["places"], raw["money"]]
    return _Lists(
        groups=tuple(_any_of(group) for group in groups),
        any_name=_any_of(name for group in groups for name in group),
        medicine_endings=tuple(raw["medicine_endings"]),
    )


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted((folded(name) for name in names), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(name) for name in longest_first) + r")(?:s|es|d|ed|ing)?\b")
