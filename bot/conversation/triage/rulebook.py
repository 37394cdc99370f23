"""Reads ``rules.yaml`` and checks it: every key known, every family there, every rule id once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bot.conversation.triage.lexicon import Lexicon
from bot.conversation.triage.phrases import Pattern, compile_pattern
from bot.conversation.triage.words import Spelling, left_out
from bot.domain import Outcome
from bot.errors import SettingsError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader in C where it is built in: a tenth of the time."""

Kind = TypeVar("Kind", bound=StrEnum)

RULES_PATH = Path(__file__).with_name("rules.yaml")

_TOP = {
    "spelling", "numbers", "families", "context", "story", "someone_else", "oneself", "situations",
    "regions", "topic", "question", "filler", "groups",
}  # fmt: skip
_RULE = {
    "id", "reason", "reason_other", "facts", "severity", "signs", "unless",
    "needs", "without", "said", "general", "whole", "alone", "in_story",
}  # fmt: skip
_GROUP = {"name", "outcome", "said", "off_topic", "rules"}


class Said(StrEnum):
    """How a rule minds the context of its signs."""

    NOW = "now"
    """Only what is happening, not what is asked, feared, denied or long past."""
    NEAR = "near"
    """As `NOW`, but "if" does not calm: "what do I do if she wants to kill herself" is no theory."""
    NOT_DENIED = "not_denied"
    """Anything but a plain "no", such as "I am not suicidal"."""
    ANYHOW = "anyhow"
    """The words alone decide."""


class Severity(StrEnum):
    """How fast help is needed; the first is the gravest."""

    LIFE = "life"
    CALL_NOW = "call_now"
    SAME_DAY = "same_day"
    DAYS = "days"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to look for.

    Attributes:
        facts: Ids of the red flags of the fact sheet that it stands for.
        unless: Any of these in a sentence of the sign keeps the rule quiet.
        needs: Situations of which one must hold, such as ``after_car_t``.
        without: Situations of which none may hold.
        general: For personal questions: may general cited information stand beside the refusal?
        whole: The signs and filler words have to make up the whole message.
        in_story: Counts even in a story that seems over; see `bot.conversation.triage.story`.
        alone: Quiet where the message also holds a question that the guide may answer.
        reason_other: The reason where someone else than the writer is meant.
    """

    id: str
    reason: str
    reason_other: str
    outcome: Outcome
    severity: Severity
    signs: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    facts: tuple[str, ...]
    needs: tuple[str, ...]
    without: tuple[str, ...]
    said: Said
    general: bool
    whole: bool
    alone: bool
    in_story: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of one kind.

    Attributes:
        off_topic: Quiet where the message names anything that the guide is about.
    """

    name: str
    rules: tuple[Rule, ...]
    off_topic: bool


@dataclass(frozen=True, slots=True)
class Cues:
    """Wordings that tell in what context something is said; see `bot.conversation.triage.context`."""

    now: tuple[Pattern, ...]
    onset: tuple[Pattern, ...]
    lately: tuple[Pattern, ...]
    past: tuple[Pattern, ...]
    told: tuple[Pattern, ...]
    dating: tuple[Pattern, ...]
    lifelong: tuple[Pattern, ...]
    denied: tuple[Pattern, ...]
    supposed: tuple[Pattern, ...]
    asking: tuple[Pattern, ...]
    about: tuple[Pattern, ...]
    reported: tuple[Pattern, ...]
    person: tuple[Pattern, ...]
    idiom: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class StoryCues:
    """Wordings that open, carry and end a story of something over; see `bot.conversation.triage.story`."""

    opened: tuple[Pattern, ...]
    background: tuple[Pattern, ...]
    plot: tuple[Pattern, ...]
    near: tuple[Pattern, ...]
    seen: tuple[Pattern, ...]
    oneself: tuple[Pattern, ...]
    others: tuple[Pattern, ...]
    relatives: tuple[Pattern, ...]
    now: tuple[Pattern, ...]
    starting: tuple[Pattern, ...]
    present: tuple[Pattern, ...]
    told: tuple[Pattern, ...]
    closed: tuple[Pattern, ...]
    dated: tuple[Pattern, ...]
    cry: tuple[Pattern, ...]
    fresh: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything of ``rules.yaml``, compiled."""

    lexicon: Lexicon
    spelling: Spelling
    cues: Cues
    story: StoryCues
    situations: Mapping[str, tuple[tuple[Pattern, ...], tuple[Pattern, ...]]]
    someone_else: tuple[Pattern, ...]
    oneself: tuple[Pattern, ...]
    regions: Mapping[str, tuple[Pattern, ...]]
    regions_in_danger: Mapping[str, tuple[Pattern, ...]]
    topic: tuple[Pattern, ...]
    question: tuple[Pattern, ...]
    filler: tuple[Pattern, ...]
    groups: tuple[Group, ...]


def load_rulebook(path: Path = RULES_PATH) -> Rulebook:
    """Read and compile the rules.

    Raises:
        SettingsError: The file is not readable, a key is missing or unknown, or a pattern names a family that
            is not there.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader, see above
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"The triage rules {path.name} cannot be read; restore the file.") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"The triage rules {path.name} are empty; restore the file.")
    _check_keys(raw, allowed=_TOP, required=_TOP, where=path.name)
    return _compile(raw)


def _compile(raw: Mapping[str, Any]) -> Rulebook:
    numbers = {name: (float(low), float(high), bool(point)) for name, (low, high, *point) in raw["numbers"].items()}
    lexicon = Lexicon(families=raw["families"], numbers=numbers)

    def patterns(sources: list[str] | None) -> tuple[Pattern, ...]:
        return tuple(compile_pattern(str(source), lexicon=lexicon) for source in sources or ())

    _check_keys(raw["context"], allowed=set(Cues.__slots__), required=set(Cues.__slots__), where="context")
    _check_keys(raw["story"], allowed=set(StoryCues.__slots__), required=set(StoryCues.__slots__), where="story")
    situations = {
        name: (patterns(entry["is"]), patterns(entry.get("is_not"))) for name, entry in raw["situations"].items()
    }
    groups = tuple(_group(entry, patterns=patterns, situations=set(situations)) for entry in raw["groups"])
    _check_ids(groups)
    return Rulebook(
        lexicon=lexicon,
        cues=Cues(**{name: patterns(raw["context"][name]) for name in Cues.__slots__}),
        story=StoryCues(**{name: patterns(raw["story"][name]) for name in StoryCues.__slots__}),
        situations=situations,
        someone_else=patterns(raw["someone_else"]),
        oneself=patterns(raw["oneself"]),
        regions=_regions(raw["regions"], frames="said_as", patterns=patterns),
        regions_in_danger=_regions(raw["regions"], frames="in_danger", patterns=patterns),
        topic=patterns(raw["topic"]),
        question=patterns(raw["question"]),
        filler=patterns(raw["filler"]),
        groups=groups,
        spelling=_spelling(raw["spelling"], known=lexicon.words()),
    )


def _group(entry: Mapping[str, Any], *, patterns: Any, situations: set[str]) -> Group:
    _check_keys(entry, allowed=_GROUP, required={"name", "outcome", "said", "rules"}, where="groups")
    rules = tuple(_rule(rule, group=entry, patterns=patterns, situations=situations) for rule in entry["rules"])
    return Group(entry["name"], rules, bool(entry.get("off_topic")))


def _rule(entry: Mapping[str, Any], *, group: Mapping[str, Any], patterns: Any, situations: set[str]) -> Rule:
    where = f"rule {entry.get('id', '?')}"
    outcome = _one_of(Outcome, group["outcome"], where=where)
    _check_keys(entry, allowed=_RULE, required={"id", "reason", "signs"}, where=where)
    needs, without = tuple(entry.get("needs", ())), tuple(entry.get("without", ()))
    for name in {*needs, *without} - situations:
        raise SettingsError(f"Triage, {where}: the situation “{name}” is not there; correct it in rules.yaml.")
    return Rule(
        id=entry["id"],
        reason=entry["reason"],
        reason_other=entry.get("reason_other", entry["reason"]),
        outcome=outcome,
        severity=_one_of(Severity, entry.get("severity", Severity.LIFE), where=where),
        signs=patterns(entry["signs"]),
        unless=patterns(entry.get("unless")),
        facts=tuple(entry.get("facts", ())),
        needs=needs,
        without=without,
        said=_one_of(Said, entry.get("said", group["said"]), where=where),
        general=bool(entry.get("general", True)),
        whole=bool(entry.get("whole", False)),
        alone=bool(entry.get("alone", False)),
        # Only a bodily danger is calmed by a story: who thought of death once may do so now.
        in_story=bool(entry.get("in_story", outcome is not Outcome.EMERGENCY or "after_car_t" in needs)),
    )


def _one_of(kind: type[Kind], value: str, *, where: str) -> Kind:
    try:
        return kind(value)
    except ValueError as error:
        choices = ", ".join(kind)
        raise SettingsError(f"Triage, {where}: “{value}” is none of {choices}; correct it in rules.yaml.") from error


def _spelling(raw: Mapping[str, Any], *, known: frozenset[str]) -> Spelling:
    keywords = [str(word) for word in raw["keywords"]]
    near = {short: word for word in keywords for short in left_out(word) if len(short) > 4}
    return Spelling(
        rewrites={str(typed): tuple(str(meant).split()) for typed, meant in raw["rewrites"].items()},
        near=near,
        known=known | frozenset(keywords) | frozenset(str(word) for word in raw["real_words"]),
        joiners=frozenset(raw["joiners"]),
        subjects=frozenset(raw["subjects"]),
    )


def _regions(raw: Mapping[str, Any], *, frames: str, patterns: Any) -> dict[str, tuple[Pattern, ...]]:
    """Write out the ways to say where one is, once for each country."""
    places = {code: "|".join(str(name).replace(" ", "_") for name in names) for code, names in raw["places"].items()}
    return {code: patterns([frame.replace("PLACE", names) for frame in raw[frames]]) for code, names in places.items()}


def _check_ids(groups: tuple[Group, ...]) -> None:
    ids = [rule.id for group in groups for rule in group.rules]
    for rule_id in ids:
        if ids.count(rule_id) > 1:
            raise SettingsError(f"Triage, rule {rule_id}: the id is there twice; rename one in rules.yaml.")


def _check_keys(entry: Mapping[str, Any], *, allowed: set[str], required: set[str], where: str) -> None:
    for key in sorted(set(entry) - allowed):
        raise SettingsError(f"Triage, {where}: “{key}” is not known; correct it in rules.yaml.")
    for key in sorted(required - set(entry)):
        raise SettingsError(f"Triage, {where}: “{key}” is missing; add it in rules.yaml.")
