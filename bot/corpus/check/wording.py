"""Things the guide must never say; the patterns stand in never-say.yaml, for reviewers to read.

A sentence breaks a rule when a pattern is found in it and none of the rule's allowed contexts is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.corpus.check.finding import Finding
from bot.corpus.check.material import Material, Passage, Sentence

_FILE = Path(__file__).with_name("never-say.yaml")


@dataclass(frozen=True, slots=True)
class NeverSay:
    """One rule: what is refused, where the same words are fine, and what to write instead."""

    id: str
    what: str
    instead: str
    patterns: tuple[re.Pattern[str], ...]
    allowed: tuple[re.Pattern[str], ...]
    in_headings: bool


def find_forbidden_wording(material: Material) -> Iterator[Finding]:
    """Report every sentence that says what never-say.yaml forbids; headings where the rule asks for it."""
    for passage in material.passages:
        for rule in never_say_rules():
            for sentence in _judged(passage, rule):
                if found := broken_by(sentence.text, rule):
                    message = f'{rule.id} {rule.what}: "{found}"; {rule.instead}'
                    yield Finding(passage.section.source, sentence.line, "never-say", message)


def broken_by(sentence: str, rule: NeverSay) -> str | None:
    """Return the words of a sentence that break a rule, or None."""
    if any(pattern.search(sentence) for pattern in rule.allowed):
        return None
    for pattern in rule.patterns:
        if match := pattern.search(sentence):
            return match.group(0)
    return None


@cache
def never_say_rules() -> tuple[NeverSay, ...]:
    """Return the rules in the order of the file."""
    loaded = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(
        NeverSay(
            id=entry["id"],
            what=entry["what"],
            instead=entry["instead"],
            patterns=_compiled(entry["patterns"]),
            allowed=_compiled(entry.get("allowed", [])),
            in_headings=bool(entry.get("in_headings", False)),
        )
        for entry in loaded
    )


def _judged(passage: Passage, rule: NeverSay) -> Iterator[Sentence]:
    if rule.in_headings:
        yield Sentence(passage.section.title, passage.line)
    yield from passage.sentences


def _compiled(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
