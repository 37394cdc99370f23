"""How many dangers in words of their own triage sees, and how many harmless look-alikes it takes for one.

``tests/data/triage_paraphrases.jsonl``: the tuning part was read while the rules were written; of the held-out part
only the counts were looked at. The reader of the meaning check saw neither part: it is trained on ``meaning.yaml``,
and its thresholds come from the messages of that file that were kept from training and from the development questions.
Of 70 held-out dangers triage sees 64; it takes 4 of 50 look-alikes for a danger. The counts were looked at once for
this reader. Earlier checks of the meaning (nearest examples, a linear head, a first reader) were looked at twice each.
Whoever reads the failures of the held-out part has to move it to the tuning part.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.conversation.triage.meaning import DECISION_FILE, MODEL_DIR, load_meaning
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from tests.quality.thresholds import THRESHOLDS

PARAPHRASES = Path(__file__).resolve().parents[1] / "data" / "triage_paraphrases.jsonl"
ALARMS = {Outcome.EMERGENCY, Outcome.CRISIS}
LIMITS = THRESHOLDS["triage"]

Row = dict[str, Any]


@pytest.fixture(scope="module")
def triage() -> Triage:
    return load_triage(meaning=load_meaning())


@pytest.fixture(scope="module")
def checks() -> dict[str, Any]:
    measured: dict[str, Any] = json.loads((MODEL_DIR / DECISION_FILE).read_text(encoding="utf-8"))["measured"]
    return measured


def rows(*, half: str, is_danger: bool) -> list[Row]:
    lines = PARAPHRASES.read_text(encoding="utf-8").splitlines()
    parsed = [json.loads(line) for line in lines]
    return [row for row in parsed if row["half"] == half and (row["expect"] != "harmless") is is_danger]


def alarmed(triage: Triage, chosen: list[Row]) -> set[str]:
    return {row["id"] for row in chosen if triage.check(row["text"]).outcome in ALARMS}


def test_rules_alone_see_every_danger_of_the_tuning_part() -> None:
    chosen = rows(half="tuning", is_danger=True)
    assert {row["id"] for row in chosen} - alarmed(load_triage(), chosen) == set()


def test_rules_alone_take_no_look_alike_of_the_tuning_part_for_a_danger() -> None:
    assert alarmed(load_triage(), rows(half="tuning", is_danger=False)) == set()


def test_dangers_in_unseen_words_are_seen(triage: Triage) -> None:
    chosen = rows(half="held_out", is_danger=True)
    assert len(alarmed(triage, chosen)) >= LIMITS["held_out_dangers_seen"]
    assert len(chosen) == 70


def test_unseen_look_alikes_are_rarely_taken_for_a_danger(triage: Triage) -> None:
    chosen = rows(half="held_out", is_danger=False)
    assert len(alarmed(triage, chosen)) <= LIMITS["held_out_false_alarms"]
    assert len(chosen) == 50


def test_meaning_rarely_takes_a_look_alike_of_the_tuning_part_for_a_danger(triage: Triage) -> None:
    chosen = rows(half="tuning", is_danger=False)
    assert len(alarmed(triage, chosen)) <= LIMITS["tuning_false_alarms"]
    assert len(chosen) == 199


@pytest.mark.parametrize("name", sorted(LIMITS["reader"]))
def test_the_reader_keeps_its_promise_on_messages_kept_from_training(name: str, checks: dict[str, Any]) -> None:
    figures, limits = checks["checks"][name], LIMITS["reader"][name]
    assert figures["false_alarms"] <= limits["false_alarms"]
    assert {kind for kind, least in limits["recall"].items() if figures["recall"][kind] < least} == set()


def test_eight_bit_weights_change_hardly_a_decision(checks: dict[str, Any]) -> None:
    for changed in checks["decisions_changed_by_eight_bits"].values():
        assert changed <= LIMITS["changed_by_eight_bits"] * checks["held_out"]
