"""The head of the meaning check: sums and thresholds, the model and the messages it belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from bot.conversation.triage.meaning import (
    DATA_PATH,
    Head,
    Likeness,
    Line,
    MeaningCheck,
    data_digest,
    kind_of,
    load_head,
)
from bot.errors import SettingsError

HEAD = Head(
    model="m",
    data="d",
    kinds={"red_flag": Line(np.array([4.0, -4.0, 0.0]), -1.0), "car_t": Line(np.array([4.0, 0.0, 4.0]), -1.0)},
    thresholds={"red_flag": 1.0, "car_t": 1.0},
    reasons={
        "red_flag.stroke": Line(np.array([1.0, 0.0, 0.0]), 0.0),
        "red_flag.fever": Line(np.array([0.0, 0.0, 1.0]), 0.0),
        "red_flag.car_t_fever": Line(np.array([0.0, 0.0, 1.0]), 0.5),
        "crisis.suicide": Line(np.array([9.0, 9.0, 9.0]), 9.0),
    },
)
CHECK = MeaningCheck(HEAD, model="m")


def vector(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def test_says_how_far_over_the_threshold_a_message_is_and_why() -> None:
    assert CHECK.likeness(vector(1, 0, 0), kind="red_flag") == Likeness("red_flag", "red_flag.stroke", 2.0)


def test_the_reason_after_the_cells_may_be_any_red_flag() -> None:
    assert CHECK.likeness(vector(0, 0, 1), kind="car_t") == Likeness("car_t", "red_flag.car_t_fever", 2.0)
    assert CHECK.likeness(vector(1, 0, 0), kind="car_t") == Likeness("car_t", "red_flag.stroke", 2.0)


@pytest.mark.parametrize(
    "unsure",
    [
        pytest.param(vector(0, 1, 0), id="harmless"),
        pytest.param(vector(0.5, 0, 0), id="at the threshold"),
        pytest.param(vector(0, 0, 0), id="no meaning at all"),
        pytest.param(vector(1, 0, 0, 0), id="longer than the model's"),
        pytest.param(vector(1, 0), id="shorter than the model's"),
        pytest.param(vector(float("nan"), 0, 0), id="not a number"),
    ],
)
def test_says_nothing_where_it_is_not_sure(unsure: NDArray[np.float32]) -> None:
    assert CHECK.likeness(unsure, kind="red_flag") is None


def test_knows_nothing_of_another_kind() -> None:
    assert CHECK.likeness(vector(1, 0, 0), kind="personal") is None


def test_is_refused_with_another_model() -> None:
    with pytest.raises(SettingsError, match="another embedding model"):
        MeaningCheck(HEAD, model="n")


def test_the_head_was_trained_on_the_messages_beside_it() -> None:
    assert load_head().data == data_digest()


def test_the_digest_is_the_same_with_the_line_ends_of_every_system(tmp_path: Path) -> None:
    (tmp_path / "unix").write_bytes(b"a:\n- b\n")
    (tmp_path / "windows").write_bytes(b"a:\r\n- b\r\n")
    assert data_digest(tmp_path / "unix") == data_digest(tmp_path / "windows")


def test_the_head_knows_every_reason_of_the_messages() -> None:
    head, reasons = load_head(), yaml.safe_load(DATA_PATH.read_text(encoding="utf-8"))
    assert set(head.reasons) == {reason for reason in reasons if kind_of(reason) != "none"}
    assert set(head.kinds) == {kind_of(reason) for reason in head.reasons}
    assert {line.weights.shape for line in (*head.kinds.values(), *head.reasons.values())} == {(384,)}


def test_no_message_stands_twice() -> None:
    texts = [text for texts in yaml.safe_load(DATA_PATH.read_text(encoding="utf-8")).values() for text in texts]
    assert {text for text in texts if texts.count(text) > 1} == set()
    assert len(texts) > 1500


def good(**changes: Any) -> dict[str, Any]:
    line = {"intercept": 0.0, "weights": [1.0, 2.0]}
    return {
        "model_sha256": "m",
        "data_sha256": "d",
        "kinds": {"crisis": {**line, "threshold": 0.5}},
        "reasons": {"crisis.suicide": line},
        **changes,
    }


def test_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "head.json"
    path.write_text(json.dumps(good()), encoding="utf-8")
    head = load_head(path)
    assert (head.model, head.data, head.thresholds) == ("m", "d", {"crisis": 0.5})
    assert MeaningCheck(head, model="m").likeness(vector(0, 1), kind="crisis") == Likeness(
        "crisis", "crisis.suicide", 1.5
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("[", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param(json.dumps(good(kinds={"crisis": {"intercept": 0, "weights": [1]}})), id="no threshold"),
        pytest.param(json.dumps(good(reasons={"a": {"intercept": 0, "weights": [1]}})), id="several lengths"),
        pytest.param(json.dumps(good(reasons={"a": {"intercept": 0, "weights": ["x", "y"]}})), id="no numbers"),
        pytest.param(json.dumps(good(kinds={}, reasons={})), id="nothing in it"),
    ],
)
def test_names_the_file_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / "head.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_head(path)
    assert "head.json" in caught.value.detail
