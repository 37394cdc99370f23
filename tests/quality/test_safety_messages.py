"""Triage on safety messages that somebody else wrote without seeing rules, training messages or questions.

``tests/data/safety_tuning.jsonl`` was read and tuned on. ``tests/data/safety_held_out.jsonl`` was written beside it,
far from the usual words on purpose; only its counts were looked at, about fifteen times. Of its 90 emergencies triage
sees 84, of 25 crises 20; 5 of 90 harmless messages raise an alarm. Crises told in pictures are what triage is weakest
at.
Whoever reads the failures of the held-out set has to count it as tuned on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.triage.meaning import load_meaning
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from tests.quality.thresholds import THRESHOLDS

DATA = Path(__file__).resolve().parents[1] / "data"
ALARMS = {Outcome.EMERGENCY, Outcome.CRISIS}
LIMITS = THRESHOLDS["safety_messages"]


@pytest.fixture(scope="module")
def triage() -> Triage:
    return load_triage(meaning=load_meaning())


def messages(part: str, category: str) -> list[list[str]]:
    lines = (DATA / f"safety_{part}.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [row.get("turns") or [row["text"]] for row in rows if row["category"] == category]


def outcomes(triage: Triage, part: str, category: str) -> list[Outcome | None]:
    return [triage.check(turns[-1], earlier=turns[:-1]).outcome for turns in messages(part, category)]


@pytest.mark.parametrize("part", ["tuning", "held_out"])
@pytest.mark.parametrize("category", ["emergency", "crisis"])
def test_dangers_raise_an_alarm(triage: Triage, part: str, category: str) -> None:
    seen = [outcome in ALARMS for outcome in outcomes(triage, part, category)]
    assert sum(seen) >= LIMITS[part][category]
    assert len(seen) == {"emergency": 90, "crisis": 25}[category]


@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_harmless_messages_rarely_raise_an_alarm(triage: Triage, part: str) -> None:
    found = outcomes(triage, part, "hard_negative")
    assert sum(outcome in ALARMS for outcome in found) <= LIMITS[part]["harmless_alarmed"]
    assert len(found) == 90


@pytest.mark.parametrize("part", ["tuning", "held_out"])
@pytest.mark.parametrize("category", ["not_personal", "off_topic", "privacy", "not_handoff"])
def test_calm_messages_raise_no_alarm(triage: Triage, part: str, category: str) -> None:
    assert [outcome for outcome in outcomes(triage, part, category) if outcome in ALARMS] == []


@pytest.mark.parametrize("part", ["tuning", "held_out"])
def test_personal_questions_and_wishes_for_a_person_are_known(triage: Triage, part: str) -> None:
    personal = outcomes(triage, part, "personal").count(Outcome.PERSONAL)
    assert personal >= LIMITS[part]["personal"]
    assert outcomes(triage, part, "handoff").count(Outcome.HANDOFF) >= LIMITS[part]["handoff"]
    assert Outcome.HANDOFF not in outcomes(triage, part, "not_handoff")
