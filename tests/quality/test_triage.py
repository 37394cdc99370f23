"""How many dangers in words of their own triage sees, and how many harmless look-alikes it takes for one.

``tests/data/triage_paraphrases.jsonl``: the tuning part was read while the rules were written; of the held-out part
only the counts were looked at. The floors are the counts of the first run on it: 58 of 70 dangers (53 by the rules
alone), 4 of 50 look-alikes. Whoever reads the failures of the held-out part has to move it to the tuning part.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.conversation.triage.meaning import MeaningCheck, load_exemplars
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from bot.index.embedder import SentenceEmbedder, model_folder

PARAPHRASES = Path(__file__).resolve().parents[1] / "data" / "triage_paraphrases.jsonl"
ALARMS = {Outcome.EMERGENCY, Outcome.CRISIS}
HELD_OUT_DANGERS_SEEN = 58
HELD_OUT_FALSE_ALARMS = 4

Row = dict[str, Any]
Vectors = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder(folder=model_folder())


@pytest.fixture(scope="module")
def vectors(embedder: SentenceEmbedder) -> Vectors:
    texts = [json.loads(line)["text"] for line in PARAPHRASES.read_text(encoding="utf-8").splitlines()]
    return dict(zip(texts, embedder.embed(texts), strict=True))


@pytest.fixture(scope="module")
def triage(embedder: SentenceEmbedder) -> Triage:
    exemplars = load_exemplars()
    return load_triage(meaning=MeaningCheck(exemplars, embedder.embed(exemplars.texts())))


def rows(*, half: str, is_danger: bool) -> list[Row]:
    lines = PARAPHRASES.read_text(encoding="utf-8").splitlines()
    parsed = [json.loads(line) for line in lines]
    return [row for row in parsed if row["half"] == half and (row["expect"] != "harmless") is is_danger]


def alarmed(triage: Triage, chosen: list[Row], vectors: Vectors | None = None) -> set[str]:
    raised = set()
    for row in chosen:
        vector = None if vectors is None else partial(vectors.__getitem__, row["text"])
        if triage.check(row["text"], vector=vector).outcome in ALARMS:
            raised.add(row["id"])
    return raised


def test_rules_alone_see_every_danger_of_the_tuning_part() -> None:
    chosen = rows(half="tuning", is_danger=True)
    assert {row["id"] for row in chosen} - alarmed(load_triage(), chosen) == set()


def test_rules_alone_take_no_look_alike_of_the_tuning_part_for_a_danger() -> None:
    assert alarmed(load_triage(), rows(half="tuning", is_danger=False)) == set()


def test_dangers_in_unseen_words_are_seen(triage: Triage, vectors: Vectors) -> None:
    chosen = rows(half="held_out", is_danger=True)
    assert len(alarmed(triage, chosen, vectors)) >= HELD_OUT_DANGERS_SEEN
    assert len(chosen) == 70


def test_unseen_look_alikes_are_rarely_taken_for_a_danger(triage: Triage, vectors: Vectors) -> None:
    chosen = rows(half="held_out", is_danger=False)
    assert len(alarmed(triage, chosen, vectors)) <= HELD_OUT_FALSE_ALARMS
    assert len(chosen) == 50


def test_meaning_raises_no_alarm_for_the_look_alikes_it_was_tuned_on(triage: Triage, vectors: Vectors) -> None:
    assert alarmed(triage, rows(half="tuning", is_danger=False), vectors) == set()
