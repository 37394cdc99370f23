"""The rules are read whole, and a mistake in them is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.conversation.texts import Texts
from bot.conversation.triage.rulebook import RULES_PATH, Rulebook, Said, Severity, load_rulebook
from bot.domain import Outcome, Verdict
from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parents[3]
RULES: dict[str, Any] = yaml.safe_load(RULES_PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook()


def changed(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    raw = deepcopy(RULES)
    change(raw)
    path = tmp_path / "rules.yaml"
    # JSON is YAML, and written in a hundredth of the time.
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def test_groups_stand_in_the_order_of_precedence(book: Rulebook) -> None:
    assert [group.rules[0].outcome for group in book.groups] == [
        Outcome.EMERGENCY,
        Outcome.CRISIS,
        Outcome.HANDOFF,
        Outcome.PERSONAL,
        Outcome.CONVERSATION,
        Outcome.OUT_OF_SCOPE,
        Outcome.OUT_OF_SCOPE,
    ]


def test_every_red_flag_of_the_fact_sheet_has_a_rule(book: Rulebook) -> None:
    expected = {f"RF-GEN-{number:02}" for number in range(1, 10)}
    expected |= {f"RF-LUP-{number:02}" for number in range(1, 14)}
    expected |= {f"RF-CAR-{number:02}" for number in range(1, 14)}
    # RF-MH-02 is told by the same words as RF-MH-01.
    expected |= {f"RF-MH-{number:02}" for number in (1, 3, 4, 5)}
    named = {fact for group in book.groups for rule in group.rules for fact in rule.facts}
    assert expected - named == set()


def test_every_danger_minds_what_is_happening(book: Rulebook) -> None:
    loose = {rule.id for group in book.groups[:1] for rule in group.rules if rule.said is not Said.NOW}
    # Their words for "no" and "if" are not among the cues, so the plain words decide.
    assert loose == {"other_languages_life", "other_languages_fever"}


def test_every_reason_has_its_text(book: Rulebook) -> None:
    texts = Texts.load(ROOT / "prompts" / "replies.en.yaml")
    replies = yaml.safe_load((ROOT / "prompts" / "replies.en.yaml").read_text(encoding="utf-8"))
    for group in book.groups:
        for rule in group.rules:
            for reason in (rule.reason, rule.reason_other):
                verdict = Verdict(rule.outcome, reason=reason)
                if rule.outcome is Outcome.EMERGENCY:
                    assert reason in replies["emergency_for"], rule.id
                elif rule.outcome is Outcome.CRISIS:
                    assert reason in replies["crisis_for"], rule.id
                elif rule.outcome is Outcome.PERSONAL:
                    assert reason.partition(".")[2] in replies["personal"], rule.id
                elif rule.outcome is not Outcome.HANDOFF:
                    assert texts.talk(verdict) != texts.fixed("empty"), rule.id


def test_severities_stand_from_grave_to_slight() -> None:
    assert [severity.rank for severity in Severity] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param(lambda raw: raw.pop("topic"), "topic", id="missing block"),
        pytest.param(lambda raw: raw.update(extra=1), "extra", id="unknown block"),
        pytest.param(lambda raw: raw["groups"][0]["rules"][0].update(sgins=[]), "sgins", id="unknown key of a rule"),
        pytest.param(lambda raw: raw["groups"][0]["rules"][0].pop("reason"), "reason", id="missing key of a rule"),
        pytest.param(lambda raw: raw["groups"][0]["rules"][0].update(needs=["away"]), "away", id="unknown situation"),
        pytest.param(
            lambda raw: raw["groups"][0]["rules"].append(raw["groups"][0]["rules"][0]), "chest_pain", id="twice"
        ),
        pytest.param(lambda raw: raw["groups"][0]["rules"][0]["signs"].append("{moon}"), "moon", id="unknown family"),
        pytest.param(lambda raw: raw["context"].pop("past"), "past", id="missing cue"),
        pytest.param(lambda raw: raw["groups"][0]["rules"][0].update(severity="mild"), "chest_pain", id="severity"),
    ],
)
def test_names_the_mistake(tmp_path: Path, change: Callable[[dict[str, Any]], object], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_rulebook(changed(tmp_path, change))
    assert named in caught.value.detail


@pytest.mark.parametrize("content", ["", "[", "- a list"])
def test_refuses_a_file_that_is_no_rulebook(tmp_path: Path, content: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_rulebook(path)
    assert "rules.yaml" in caught.value.detail


def test_refuses_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load_rulebook(tmp_path / "none.yaml")
