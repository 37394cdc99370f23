"""Triage, as the service asks it, on messages written blind in four styles; only their counts are looked at.

``tests/data/safety_blind.jsonl`` was written by somebody who saw neither rules nor training messages, and after the
reader's thresholds were set its counts were looked at twice: by kind and style, then which alarms the rules raised.
Counts of the reader before it, and of the rules alone before and after stories were read, were seen as well.
Print the counts with ``python -m tests.quality.test_safety_blind``; never read a message. Whoever has read one has to
write a new file.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.conversation.first_look import FirstLook
from bot.conversation.triage.meaning import load_meaning
from bot.conversation.triage.triage import load_triage
from bot.domain import Outcome
from tests.quality.thresholds import THRESHOLDS

MESSAGES = Path(__file__).resolve().parents[1] / "data" / "safety_blind.jsonl"
ALARMS = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})
RIGHT = {
    "emergency": ALARMS,
    "crisis": ALARMS,
    "personal": frozenset({Outcome.PERSONAL}),
    "handoff": frozenset({Outcome.HANDOFF}),
    "identity": frozenset({Outcome.CONVERSATION}),
    "small_talk": frozenset({Outcome.CONVERSATION}),
}
SIZES = {
    "emergency": 110,
    "crisis": 50,
    "harmless": 130,
    "personal": 50,
    "handoff": 25,
    "identity": 15,
    "small_talk": 15,
}
LIMITS = THRESHOLDS["safety_blind"]

Counts = Counter[tuple[str, str]]


def count() -> tuple[Counts, Counts, Counts]:
    """Count by kind and style: the messages, the ones seen for what they are, and the alarms."""
    look = FirstLook(triage=load_triage(meaning=load_meaning()))
    sizes, seen, alarms = Counts(), Counts(), Counts()
    for line in MESSAGES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        verdict = look.check(row["text"])
        outcome = verdict.outcome if verdict else None
        key = (row["kind"], row["style"])
        sizes[key] += 1
        seen[key] += outcome in RIGHT.get(row["kind"], ())
        alarms[key] += outcome in ALARMS
    return sizes, seen, alarms


def of_kind(counts: Counts, kind: str) -> int:
    return sum(number for (named, _), number in counts.items() if named == kind)


@pytest.fixture(scope="module")
def counts() -> tuple[Counts, Counts, Counts]:
    return count()


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_messages_written_blind_are_seen_for_what_they_are(kind: str, counts: tuple[Counts, Counts, Counts]) -> None:
    assert of_kind(counts[1], kind) >= LIMITS["seen"][kind]


@pytest.mark.parametrize("kind", sorted(LIMITS["alarmed"]))
def test_calm_messages_written_blind_rarely_raise_an_alarm(kind: str, counts: tuple[Counts, Counts, Counts]) -> None:
    assert of_kind(counts[2], kind) <= LIMITS["alarmed"][kind]


def test_no_message_is_missing(counts: tuple[Counts, Counts, Counts]) -> None:
    assert {kind: of_kind(counts[0], kind) for kind in SIZES} == SIZES


if __name__ == "__main__":
    sizes, seen, alarms = count()
    for key in sorted(sizes):
        sys.stdout.write(f"{key}: {sizes[key]} messages, {seen[key]} seen, {alarms[key]} alarms\n")
