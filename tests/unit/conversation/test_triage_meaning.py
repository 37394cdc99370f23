"""The meaning check: kinds and thresholds, careful reasons, the files and messages it belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.conversation.texts import Texts
from bot.conversation.triage.meaning import (
    CAN_WAIT,
    DATA_PATH,
    DECISION_FILE,
    GRAVEST,
    MODEL_DIR,
    Impression,
    Likeness,
    belongs,
    data_digest,
    kind_of,
    load_decision,
    load_meaning,
)
from bot.conversation.triage.reader import MODEL_FILE, TOKENIZER_FILE
from bot.domain import Outcome, Verdict
from bot.errors import ModelError, SettingsError
from bot.index.manifest import file_digest
from bot.settings import ROOT
from tests.fakes.readers import meaning_of


def impression(*windows: dict[str, float]) -> Impression:
    return meaning_of(*windows).impression("strange words")


def test_a_danger_is_told_with_its_reason() -> None:
    found = impression({"none": 0.4, "red_flag": 0.6, "red_flag.stroke": 0.9, "red_flag.fever": 0.1})
    assert found.danger(after_car_t=False) == Likeness("red_flag", "red_flag.stroke")


def test_a_message_torn_between_two_dangers_is_one() -> None:
    found = impression({"none": 0.4, "red_flag": 0.25, "crisis": 0.35, "crisis.suicide": 1.0})
    assert found.danger(after_car_t=False) == Likeness("crisis", "crisis.suicide")


def test_a_crisis_has_to_be_surer_than_a_red_flag() -> None:
    sorrow = {"none": 0.47, "crisis": 0.33, "red_flag": 0.2, "crisis.suicide": 1.0}
    assert impression(sorrow).danger(after_car_t=False) is None
    assert impression({**sorrow, "none": 0.4, "crisis": 0.4}).danger(after_car_t=False) is not None
    assert impression({**sorrow, "crisis": 0.2, "red_flag": 0.33}).danger(after_car_t=False) is not None


def test_a_danger_after_the_cells_is_one_only_then() -> None:
    found = impression({"none": 0.2, "red_flag": 0.3, "car_t": 0.5, "red_flag.car_t_fever": 1.0})
    assert found.danger(after_car_t=False) is None
    assert found.danger(after_car_t=True) == Likeness("car_t", "red_flag.car_t_fever")


def test_after_the_cells_any_red_flag_may_be_the_reason() -> None:
    found = impression({"car_t": 1.0, "red_flag.stroke": 0.8, "red_flag.car_t_fever": 0.2})
    assert found.danger(after_car_t=True) == Likeness("car_t", "red_flag.stroke")
    assert not belongs("red_flag.car_t_fever", "red_flag")


@pytest.mark.parametrize(
    ("kind", "reasons", "gravest"),
    [
        ("red_flag", {"red_flag.fever": 0.4, "red_flag.stroke": 0.35, "red_flag.severe": 0.25}, "red_flag.severe"),
        (
            "car_t",
            {"red_flag.car_t_fever": 0.4, "red_flag.stroke": 0.35, "red_flag.fever": 0.25},
            "red_flag.car_t_severe",
        ),
        ("crisis", {"crisis.abuse": 0.4, "crisis.suicide": 0.3, "crisis.self_harm": 0.3}, "crisis.suicide"),
    ],
)
def test_an_uncertain_reason_is_told_as_the_gravest(kind: str, reasons: dict[str, float], gravest: str) -> None:
    assert impression({kind: 1.0, **reasons}).danger(after_car_t=True) == Likeness(kind, gravest)


@pytest.mark.parametrize(("share", "told"), [(0.85, "red_flag.leg_clot"), (0.75, "red_flag.severe")])
def test_what_can_wait_until_today_has_to_be_all_but_certain(share: float, told: str) -> None:
    found = impression({"red_flag": 1.0, "red_flag.leg_clot": share, "red_flag.stroke": 1 - share})
    assert found.danger(after_car_t=False) == Likeness("red_flag", told)


def test_the_reasons_that_can_wait_are_those_whose_text_says_today() -> None:
    replies = yaml.safe_load((ROOT / "prompts" / "replies.en.yaml").read_text(encoding="utf-8"))
    said = {reason for reason, text in replies["emergency_for"].items() if text.endswith("same_day")}
    assert said == CAN_WAIT


@pytest.mark.parametrize(
    ("kind", "least", "reason"),
    [("personal", 0.5, "personal.dose"), ("asked_for_person", 0.7, "asked_for_person"), ("talk", 0.8, "talk.greeting")],
)
def test_each_calm_kind_has_a_threshold_of_its_own(kind: str, least: float, reason: str) -> None:
    assert impression({"none": 0.99 - least, kind: least + 0.01}).calm() == Likeness(kind, reason)
    assert impression({"none": 1.01 - least, kind: least - 0.01}).calm() is None


def test_what_is_probably_nothing_is_nothing() -> None:
    found = impression({"none": 1.0})
    assert found.danger(after_car_t=True) is None
    assert found.calm() is None


def test_a_danger_anywhere_in_a_long_message_is_heard() -> None:
    found = impression({"none": 1.0}, {"none": 0.1, "crisis": 0.9, "crisis.abuse": 0.9}, {"none": 1.0})
    assert found.danger(after_car_t=False) == Likeness("crisis", "crisis.abuse")


def test_a_long_message_is_no_small_talk() -> None:
    assert impression({"talk": 1.0}).calm() == Likeness("talk", "talk.greeting")
    assert impression({"talk": 1.0}, {"none": 1.0}).calm() is None


def test_the_network_was_trained_on_the_messages_beside_it() -> None:
    assert load_decision().data == data_digest()


def test_the_files_beside_the_decision_are_those_that_were_measured() -> None:
    digests = {name: file_digest(MODEL_DIR / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    assert load_decision().files == digests
    assert (MODEL_DIR / MODEL_FILE).stat().st_size < 25_000_000


def test_the_digest_is_the_same_with_the_line_ends_of_every_system(tmp_path: Path) -> None:
    (tmp_path / "unix").write_bytes(b"a:\n- b\n")
    (tmp_path / "windows").write_bytes(b"a:\r\n- b\r\n")
    assert data_digest(tmp_path / "unix") == data_digest(tmp_path / "windows")


def test_the_decision_knows_every_reason_of_the_messages() -> None:
    decision, reasons = load_decision(), yaml.safe_load(DATA_PATH.read_text(encoding="utf-8"))
    assert list(decision.reasons) == list(reasons)
    assert set(decision.kinds) == {kind_of(reason) for reason in reasons}


def test_every_reason_has_its_text() -> None:
    texts = Texts.load(ROOT / "prompts" / "replies.en.yaml")
    replies = yaml.safe_load((ROOT / "prompts" / "replies.en.yaml").read_text(encoding="utf-8"))
    for reason in {*load_decision().reasons, *GRAVEST.values()}:
        kind, _, name = reason.partition(".")
        if kind in ("red_flag", "crisis"):
            assert reason in replies["emergency_for" if kind == "red_flag" else "crisis_for"]
        elif kind == "personal":
            assert name in replies["personal"]
        elif kind == "talk":
            assert texts.talk(Verdict(Outcome.CONVERSATION, reason=reason)) != texts.fixed("empty")


def test_no_message_stands_twice() -> None:
    texts = [text for texts in yaml.safe_load(DATA_PATH.read_text(encoding="utf-8")).values() for text in texts]
    assert {text for text in texts if texts.count(text) > 1} == set()
    assert len(texts) > 7500


THRESHOLDS = {
    "crisis": 0.5,
    "danger": 0.5,
    "danger_after_car_t": 0.5,
    "personal": 0.5,
    "asked_for_person": 0.5,
    "talk": 0.5,
}


def good(**changes: Any) -> dict[str, Any]:
    return {
        "data_sha256": "d",
        "files": {"reader.onnx": "f"},
        "kinds": ["none", "red_flag", "car_t", "crisis", "personal", "asked_for_person", "talk"],
        "reasons": ["none.ordinary", "crisis.suicide"],
        "thresholds": THRESHOLDS,
        **changes,
    }


def test_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / DECISION_FILE
    path.write_text(json.dumps(good()), encoding="utf-8")
    decision = load_decision(path)
    assert (decision.data, decision.files, decision.thresholds) == ("d", {"reader.onnx": "f"}, THRESHOLDS)
    assert decision.reasons == ("none.ordinary", "crisis.suicide")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("[", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param(json.dumps(good(thresholds={})), id="no thresholds"),
        pytest.param(json.dumps(good(thresholds={**THRESHOLDS, "talk": "x"})), id="no number"),
        pytest.param(json.dumps(good(thresholds={**THRESHOLDS, "danger": 7})), id="no probability"),
        pytest.param(json.dumps(good(thresholds={**THRESHOLDS, "danger": float("nan")})), id="not a number"),
        pytest.param(json.dumps(good(kinds=["none"])), id="no kinds"),
        pytest.param(json.dumps(good(files=None)), id="no digests"),
    ],
)
def test_names_the_file_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / DECISION_FILE
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_decision(path)
    assert DECISION_FILE in caught.value.detail


def test_a_decision_without_its_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / DECISION_FILE).write_text(json.dumps(good()), encoding="utf-8")
    with pytest.raises(ModelError):
        load_meaning(tmp_path)
