from __future__ import annotations

from pathlib import Path

import pytest

from bot.answer.verify.decision import VETOES, Decision, logistic, read_decision, reasons, vetoed
from bot.answer.verify.features import features
from bot.errors import ModelError

CLEAN = dict.fromkeys(features("Fever.", "Fever."), 0.0)


def test_a_veto_outweighs_every_weight() -> None:
    decision = Decision(weights={"support": 100.0}, bias=0.0, threshold=0.5, trees=(), files={})
    findings = {**CLEAN, "support": 8.0}
    assert decision.score(findings) == pytest.approx(1.0)
    for veto in VETOES:
        assert decision.score({**findings, veto: 1.0}) < 0.05
        assert vetoed({**findings, veto: 1.0})


def test_a_sentence_against_which_no_rule_speaks_has_low_support() -> None:
    assert reasons(CLEAN) == ("low_support",)


def test_each_reason_is_told_once_and_in_a_fixed_order() -> None:
    findings = {**CLEAN, "cause_new": 1.0, "number_absent": 2.0, "number_rival": 0.9, "time_absent": 1.0}
    assert reasons(findings) == ("number", "time", "cause")


@pytest.mark.parametrize("logit", [-1e300, -50.0, 0.0, 50.0, 1e300])
def test_a_probability_stays_between_nought_and_one(logit: float) -> None:
    assert 0 <= logistic(logit) <= 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("[]", id="no object"),
        pytest.param('{"weights": {"exact": 1}}', id="half"),
        pytest.param(
            '{"weights": {"exact": "much"}, "bias": 0, "threshold": 1, "trees": [], "files": {}}', id="no number"
        ),
        pytest.param(
            '{"weights": {}, "bias": 0, "threshold": 1, "trees": [[["x", 1, 1, 2], [1], [2]]], "files": {}}',
            id="unknown finding",
        ),
        pytest.param(
            '{"weights": {}, "bias": 0, "threshold": 1, "trees": [[["exact", 1, 0, 0]]], "files": {}}', id="circle"
        ),
        pytest.param(
            '{"weights": {"unheard_of": 1}, "bias": 0, "threshold": 1, "trees": [], "files": {}}', id="unknown weight"
        ),
    ],
)
def test_damaged_weights_are_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "decision.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError):
        read_decision(path, known=CLEAN)
