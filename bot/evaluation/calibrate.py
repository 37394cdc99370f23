"""Chooses the weights and the threshold of abstention on a question set, by cross-validation.

A question may have several readings; the answer chain takes its surest one. So does the fit: it chooses each
question's surest reading by the weights of the round before, and fits again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from statistics import fmean
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.answer.abstention import FEATURES, Evidence
from bot.answer.calibration import FORMAT
from bot.conversation.privacy.mask import mask
from bot.conversation.privacy.question import question_of
from bot.domain import Question
from bot.evaluation.datasets import DataSetError, Item, folds_of, group_of
from bot.evaluation.metrics import area_under_curve

FOLDS = 10
# One division into folds moves the errors by a question or two, and the threshold with them; many even that out.
REPEATS = 20
# What a release has to reach: of what the guide does not have, at most this share is answered; of what it has, at most
# this share is refused.
MOST_WRONG_ANSWERS = 0.05
MOST_WRONG_REFUSALS = 0.05
# Inverse strength of the penalty on large weights; between 1 and 20 the scores are the same.
_STRENGTH = 5.0
_ROUNDS = 4
_STEPS = 50
_SMALL = 1e-10
_THRESHOLDS = tuple(number / 100 for number in range(1, 100))
_DIGITS = 4
# Triage answers what is personal, urgent or an attack, so these alone say what the guide has.
_CATEGORIES = frozenset({"answerable", "hard_negative", "multi_turn", "near_miss", "off_topic"})

Vector = NDArray[np.float64]


class Chain(Protocol):
    """The answer chain, as far as it weighs what it found."""

    def evidence(self, question: Question) -> tuple[Evidence, ...]:
        """Return what its confidence rests on, a reading each."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question of which it is known whether the guide answers it.

    Attributes:
        group: Examples of one group are fitted together or left out together.
        evidence: float64 (readings, features); no row where nothing was found.
    """

    group: str
    is_answered: bool
    evidence: Vector


@dataclass(frozen=True, slots=True)
class Weights:
    """The logistic weights, in the order of the evidence's fields."""

    weights: Vector
    bias: float

    def confidence(self, evidence: Vector) -> float:
        """Return the confidence of the surest reading, 0 without one."""
        if not len(evidence):
            return 0.0
        return float(1.0 / (1.0 + np.exp(-((evidence @ self.weights).max() + self.bias))))


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold does; both shares are errors.

    Attributes:
        wrong_refusals: Share of what the guide has that is refused.
        wrong_answers: Share of what the guide does not have that is answered.
    """

    threshold: float
    wrong_refusals: float
    wrong_answers: float


@dataclass(frozen=True, slots=True)
class Fit:
    """The outcome of a calibration.

    Attributes:
        chosen: The threshold with its errors, by weights that were fitted without the questions they are judged on.
        left_out: The same where the threshold too was chosen without them; its own threshold is the mean.
        area: How often an answerable question scores above one that is not covered, cross-validated.
    """

    weights: Weights
    chosen: Point
    left_out: Point
    area: float
    curve: tuple[Point, ...]

    @property
    def is_on_target(self) -> bool:
        """Whether both errors are within what a release has to reach."""
        return _is_on_target(self.chosen)


def examples_of(
    items: Sequence[Item],
    chain: Chain,
    *,
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> list[Example]:
    """Weigh every question of which it is known whether the guide answers it.

    Raises:
        DataSetError: The set is too small or one-sided to learn from.
    """
    labelled = [item for item in items if is_labelled(item)]
    answered = sum(bool(item.is_to_answer) for item in labelled)
    if min(answered, len(labelled) - answered) < FOLDS:
        raise DataSetError(
            f"A calibration needs at least {FOLDS} questions that the guide answers and {FOLDS} that it does not;"
            f" there are {answered} and {len(labelled) - answered}."
        )
    found = []
    for number, item in enumerate(labelled, start=1):
        asked = [mask(turn).text for turn in item.turns]
        evidence = chain.evidence(Question(text=question_of(asked[-1]), earlier=tuple(asked[:-1])))
        rows = np.array([astuple(row) for row in evidence], dtype=np.float64).reshape(-1, len(FEATURES))
        found.append(Example(group_of(item), bool(item.is_to_answer), rows))
        progress("weighing", number, len(labelled))
    return found


def is_labelled(item: Item) -> bool:
    """Tell whether an item says if the guide answers it, and reaches the answer chain."""
    return item.category in _CATEGORIES and item.is_to_answer is not None


def calibrated(examples: Sequence[Example], *, repeats: int = REPEATS) -> Fit:
    """Fit weights on all examples, and choose the threshold by cross-validation."""
    labels = [example.is_answered for example in examples]
    rounds = []
    for repeat in range(repeats):
        shuffled = partial(_shuffled, seed=repeat)
        places = folds_of((example.group for example in examples), folds=FOLDS, shuffled=shuffled)
        rounds.append((_cross_validated(examples, places), places))
    curve = _mean_curve([curve_of(confidences, labels) for confidences, _ in rounds])
    return Fit(
        weights=fitted(examples),
        chosen=best_point(curve),
        left_out=_mean_point([_left_out(confidences, labels, places) for confidences, places in rounds]),
        area=fmean(area_under_curve(confidences, labels) or 0.0 for confidences, _ in rounds),
        curve=tuple(curve),
    )


def fitted(examples: Sequence[Example]) -> Weights:
    """Fit logistic weights on each example's surest reading; both classes weigh the same."""
    usable = [example for example in examples if len(example.evidence)]
    labels = np.array([example.is_answered for example in usable], dtype=np.float64)
    # Readings come the most telling first: the first round takes that one.
    rows = np.array([example.evidence[0] for example in usable])
    found = _logistic(rows, labels)
    for _ in range(_ROUNDS - 1):
        rows = np.array([example.evidence[int(np.argmax(example.evidence @ found.weights))] for example in usable])
        found = _logistic(rows, labels)
    return found


def curve_of(confidences: Sequence[float], labels: Sequence[bool]) -> list[Point]:
    """Return what each threshold would do."""
    scores, is_answered = np.asarray(confidences), np.asarray(labels, dtype=bool)
    return [
        Point(
            threshold,
            wrong_refusals=float((scores[is_answered] < threshold).mean()),
            wrong_answers=float((scores[~is_answered] >= threshold).mean()),
        )
        for threshold in _THRESHOLDS
    ]


def best_point(curve: Sequence[Point]) -> Point:
    """Choose a threshold: within both limits if any is, else within that of refusals; then the least sum of both.

    Of several that do the same the middle one, which is the least chancy.
    """
    within = [point for point in curve if _is_on_target(point)]
    within = within or [point for point in curve if point.wrong_refusals <= MOST_WRONG_REFUSALS] or list(curve)
    least = min(point.wrong_refusals + point.wrong_answers for point in within)
    equal = [point for point in within if point.wrong_refusals + point.wrong_answers <= least + _SMALL]
    return equal[len(equal) // 2]


def document_of(fit: Fit, *, made_on: str, question_set: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """Return the text of a calibration file.

    Args:
        made_on: The day, ISO.
        question_set: Its name, digest and counts.
        digests: Of guide and model.
    """
    values: dict[str, Any] = {
        "format": FORMAT,
        "made_on": made_on,
        "question_set": dict(question_set),
        **digests,
        "weights": {
            name: round(float(value), _DIGITS) for name, value in zip(FEATURES, fit.weights.weights, strict=True)
        },
        "bias": round(fit.weights.bias, _DIGITS),
        "threshold": round(fit.chosen.threshold, _DIGITS),
        "targets": {
            "wrong_refusals": MOST_WRONG_REFUSALS,
            "wrong_answers": MOST_WRONG_ANSWERS,
            "met": fit.is_on_target,
        },
        "cross_validated": {
            "folds": FOLDS,
            "repeats": REPEATS,
            "area_under_curve": round(fit.area, _DIGITS),
            **_errors(fit.chosen),
            "with_threshold_left_out": _errors(fit.left_out),
        },
        "curve": [
            [round(p.threshold, 2), round(p.wrong_refusals, _DIGITS), round(p.wrong_answers, _DIGITS)]
            for p in fit.curve
        ],
    }
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in values.items()) + "\n}\n"


def _errors(point: Point) -> dict[str, float]:
    return {name: round(getattr(point, name), _DIGITS) for name in ("wrong_refusals", "wrong_answers")}


def _is_on_target(point: Point) -> bool:
    return point.wrong_refusals <= MOST_WRONG_REFUSALS and point.wrong_answers <= MOST_WRONG_ANSWERS


def _mean_curve(curves: Sequence[Sequence[Point]]) -> list[Point]:
    return [_mean_point(points) for points in zip(*curves, strict=True)]


def _mean_point(points: Sequence[Point]) -> Point:
    return Point(
        fmean(point.threshold for point in points),
        wrong_refusals=fmean(point.wrong_refusals for point in points),
        wrong_answers=fmean(point.wrong_answers for point in points),
    )


def _shuffled(names: list[str], *, seed: int) -> list[str]:
    return random.Random(seed).sample(names, len(names))  # noqa: S311  # the same folds each time


def _cross_validated(examples: Sequence[Example], places: Sequence[int]) -> list[float]:
    """Return each example's confidence by weights that were fitted without its fold."""
    by_fold = {
        fold: fitted([example for example, place in zip(examples, places, strict=True) if place != fold])
        for fold in sorted(set(places))
    }
    return [by_fold[place].confidence(example.evidence) for example, place in zip(examples, places, strict=True)]


def _left_out(confidences: Sequence[float], labels: Sequence[bool], places: Sequence[int]) -> Point:
    """Judge each fold by the threshold that the other folds choose."""
    chosen = {}
    for fold in set(places):
        others = [number for number, place in enumerate(places) if place != fold]
        curve = curve_of([confidences[number] for number in others], [labels[number] for number in others])
        chosen[fold] = best_point(curve).threshold
    thresholds = [chosen[place] for place in places]
    scores, limits, is_answered = np.asarray(confidences), np.asarray(thresholds), np.asarray(labels, dtype=bool)
    return Point(
        float(limits.mean()),
        wrong_refusals=float((scores < limits)[is_answered].mean()),
        wrong_answers=float((scores >= limits)[~is_answered].mean()),
    )


def _logistic(rows: Vector, labels: Vector) -> Weights:
    """Fit by Newton's method: penalised weights, a free bias, both classes weighing the same."""
    inputs = np.hstack([rows, np.ones((len(rows), 1))])
    share = labels.mean()
    weighing = _STRENGTH * np.where(labels == 1, 0.5 / share, 0.5 / (1 - share))
    penalty = np.ones(inputs.shape[1])
    penalty[-1] = 0.0
    found = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        expected = 1.0 / (1.0 + np.exp(-(inputs @ found)))
        gradient = penalty * found - inputs.T @ (weighing * (labels - expected))
        curvature = np.diag(penalty) + (inputs.T * (weighing * expected * (1 - expected))) @ inputs
        step = np.linalg.solve(curvature, gradient)
        found -= step
        if np.abs(step).max() < _SMALL:
            break
    return Weights(found[:-1], float(found[-1]))
