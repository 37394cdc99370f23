"""How many dangers in words of their own triage sees, and how many harmless look-alikes it takes for one.

``tests/data/triage_paraphrases.jsonl``: the tuning part was read while the rules were written; of the held-out part
only the counts were looked at. The head of the meaning check saw neither part: it is trained on ``meaning.yaml``, and
its thresholds come from that file alone. Of 70 held-out dangers the rules see 53, with the head 61; the 4 of 50
look-alikes are all the rules' own. Nearest examples, which the head replaced, saw 58, at three times the false alarms
on the messages of ``meaning.yaml`` (5.0 % instead of 1.5 %). The counts were looked at twice: after the first look,
messages beside the topic were added and the head was freed of a guard, both for figures on ``meaning.yaml``.
Whoever reads the failures of the held-out part has to move it to the tuning part.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.conversation.triage.meaning import HEAD_PATH, MeaningCheck, load_head
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from bot.index.embedder import SentenceEmbedder, model_folder, weights_file
from bot.index.manifest import file_digest

PARAPHRASES = Path(__file__).resolve().parents[1] / "data" / "triage_paraphrases.jsonl"
ALARMS = {Outcome.EMERGENCY, Outcome.CRISIS}
HELD_OUT_DANGERS_SEEN = 61
HELD_OUT_FALSE_ALARMS = 4
TUNING_FALSE_ALARMS = 1

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
    return load_triage(meaning=MeaningCheck(load_head(), model=file_digest(weights_file(embedder.folder))))


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


def test_meaning_rarely_takes_a_look_alike_of_the_tuning_part_for_a_danger(triage: Triage, vectors: Vectors) -> None:
    chosen = rows(half="tuning", is_danger=False)
    assert len(alarmed(triage, chosen, vectors)) <= TUNING_FALSE_ALARMS
    assert len(chosen) == 199


def test_the_head_keeps_its_promise_out_of_fold() -> None:
    kinds = json.loads(HEAD_PATH.read_text(encoding="utf-8"))["kinds"]
    for kind in ("red_flag", "crisis", "car_t"):
        assert kinds[kind]["false_alarms"] <= 0.01
        assert kinds[kind]["recall_with_rules"] >= kinds[kind]["recall_of_rules"] + 0.15
    assert kinds["red_flag"]["false_alarms"] + kinds["crisis"]["false_alarms"] <= 0.015
