from __future__ import annotations

import json
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import pytest

from bot.answer.abstention import FEATURES, Evidence
from bot.answer.calibration import load_calibration
from bot.domain import Outcome, Question
from bot.evaluation.calibrate import (
    Example,
    Fit,
    Point,
    best_point,
    calibrated,
    curve_of,
    document_of,
    examples_of,
    fitted,
    is_labelled,
)
from bot.evaluation.datasets import DataSetError, Item
from tests.fakes.evaluation import make_item

SIZE = len(FEATURES)


def evidence(value: float) -> Evidence:
    return Evidence(*(value for _ in fields(Evidence)))


class Chain:
    """Finds much for a question that says so; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []

    def evidence(self, question: Question) -> tuple[Evidence, ...]:
        self.asked.append(question)
        if "nothing" in question.text:
            return ()
        return (evidence(0.3), evidence(0.9)) if "known" in question.text else (evidence(0.2),)


def items(known: int = 12, unknown: int = 12) -> list[Item]:
    answered = [make_item(id=f"k{n}", turns=("known",), facts=(f"F-A{n}-01",)) for n in range(known)]
    refused = [
        make_item(id=f"u{n}", category="off_topic", turns=("other",), facts=(), expect=(Outcome.ABSTAINED,))
        for n in range(unknown)
    ]
    return answered + refused


def noisy(count: int = 120) -> list[Example]:
    """Examples whose first feature tells, though not always."""
    draw = np.random.default_rng(7)
    found = []
    for number in range(count):
        is_answered = number % 3 != 0
        rows = draw.random((2, SIZE))
        rows[:, 0] = draw.normal(0.7 if is_answered else 0.4, 0.1)
        found.append(Example(f"g{number // 2}", is_answered, rows))
    return found


def test_the_features_are_those_of_the_evidence() -> None:
    assert tuple(field.name for field in fields(Evidence)) == FEATURES
    assert astuple(evidence(0.5)) == (0.5,) * SIZE


def test_examples_are_asked_as_the_service_asks_with_identifiers_masked() -> None:
    chain = Chain()
    asked = [*items(), make_item(id="x", turns=("my name is Tamsin Okafor, hello", "is it known?"), facts=())]
    found = examples_of(asked, chain)

    assert (len(found), sum(example.is_answered for example in found)) == (25, 13)
    assert found[0].evidence.tolist() == [[0.3] * SIZE, [0.9] * SIZE]
    assert chain.asked[-1].text == "is it known?"
    assert "Okafor" not in " ".join(chain.asked[-1].earlier)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"category": "near_miss", "expect": (Outcome.ABSTAINED,)}, True),
        ({"expect": (Outcome.ANSWERED, Outcome.ABSTAINED)}, False),
        ({"category": "injection"}, False),
        ({"category": "personal", "expect": (Outcome.PERSONAL,)}, False),
    ],
)
def test_only_questions_that_reach_the_chain_and_have_one_right_decision_are_learnt_from(
    changes: dict[str, object], expected: bool
) -> None:
    assert is_labelled(make_item(**changes)) is expected


def test_a_set_that_is_too_small_or_one_sided_is_told() -> None:
    with pytest.raises(DataSetError, match="there are 12 and 3"):
        examples_of(items(unknown=3), Chain())


def test_the_fit_is_the_minimum_of_its_penalised_loss() -> None:
    examples = [Example(e.group, e.is_answered, e.evidence[:1]) for e in noisy()]
    found = fitted(examples)
    rows = np.array([example.evidence[0] for example in examples])
    labels = np.array([example.is_answered for example in examples], dtype=float)

    def loss(weights: np.ndarray, bias: float) -> float:
        expected = 1 / (1 + np.exp(-(rows @ weights + bias)))
        each = -(labels * np.log(expected) + (1 - labels) * np.log(1 - expected))
        balanced = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
        return float(weights @ weights / 2 + 5.0 * (balanced * each).sum())

    least = loss(found.weights, found.bias)
    for place in range(SIZE):
        for step in (-0.01, 0.01):
            moved = found.weights.copy()
            moved[place] += step
            assert loss(moved, found.bias) > least
    assert min(loss(found.weights, found.bias - 0.01), loss(found.weights, found.bias + 0.01)) > least
    assert found.weights[0] > 3


def test_a_question_is_as_sure_as_its_surest_reading_and_nothing_found_is_not_sure_at_all() -> None:
    weights = fitted(noisy())
    rows = noisy()[1].evidence
    assert weights.confidence(rows) == pytest.approx(max(weights.confidence(rows[:1]), weights.confidence(rows[1:])))
    assert weights.confidence(np.empty((0, SIZE))) == 0.0


def test_a_curve_counts_both_errors_at_every_threshold() -> None:
    curve = curve_of([0.2, 0.6, 0.9, 0.1, 0.7], [True, True, True, False, False])
    at = {point.threshold: (point.wrong_refusals, point.wrong_answers) for point in curve}
    assert at[0.05] == (0.0, 1.0)
    assert at[0.2] == (0.0, 0.5)
    assert at[0.65] == (2 / 3, 0.5)
    assert at[0.99] == (1.0, 0.0)


@pytest.mark.parametrize(
    ("points", "chosen"),
    [
        pytest.param([(0.1, 0.01, 0.2), (0.2, 0.04, 0.04), (0.3, 0.05, 0.02)], 0.3, id="within both, the least sum"),
        pytest.param([(0.1, 0.0, 0.051), (0.2, 0.05, 0.05)], 0.2, id="within both before a smaller sum"),
        pytest.param([(0.1, 0.01, 0.3), (0.2, 0.04, 0.1), (0.3, 0.06, 0.0)], 0.2, id="else within that of refusals"),
        pytest.param([(0.1, 0.2, 0.3), (0.2, 0.3, 0.1)], 0.2, id="else the least sum"),
        pytest.param([(0.1, 0.0, 0.1), (0.2, 0.0, 0.1), (0.3, 0.0, 0.1)], 0.2, id="of equals the middle one"),
    ],
)
def test_the_threshold_keeps_the_limits_before_it_trades_off(
    points: list[tuple[float, float, float]], chosen: float
) -> None:
    assert best_point([Point(*point) for point in points]).threshold == chosen


def test_a_calibration_is_repeatable_and_its_figures_are_of_questions_it_did_not_see() -> None:
    examples = noisy()
    first, second = calibrated(examples, repeats=1), calibrated(examples, repeats=1)

    assert document(first) == document(second)
    assert 0.9 < first.area < 1.0
    # Seen labels that are pure chance cannot be predicted, though they could be learnt by heart.
    draw = np.random.default_rng(3)
    chance = [Example(str(n), n % 2 == 0, draw.random((1, SIZE))) for n in range(200)]
    assert 0.35 < calibrated(chance, repeats=1).area < 0.65


def test_the_file_is_what_the_answer_chain_reads(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    fit = calibrated(noisy(60), repeats=2)
    path.write_text(document(fit), encoding="utf-8")

    read = load_calibration(path, features=FEATURES)
    written = json.loads(path.read_text(encoding="utf-8"))

    assert list(read.weights.values()) == pytest.approx(fit.weights.weights.tolist(), abs=1e-4)
    assert read.threshold == pytest.approx(fit.chosen.threshold)
    assert (written["made_on"], written["question_set"]["name"], written["guide"]) == ("2026-11-22", "dev.jsonl", "ab")
    assert len(written["curve"]) == 99
    assert written["targets"]["met"] is fit.is_on_target


def document(fit: Fit) -> str:
    return document_of(fit, made_on="2026-11-22", question_set={"name": "dev.jsonl"}, digests={"guide": "ab"})
