"""The weights of abstention, fitted and cross-validated: python -m benchmarks.abstention QUESTIONS.jsonl.

A question may have several readings (context, rewordings); the answer chain takes its surest one. So does the fit:
it chooses each question's surest reading by the weights of the round before, and fits again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.questions import Bench, arguments, read_questions
from bot.answer import abstention
from bot.answer.abstention import Evidence, gather
from bot.answer.condense import readings
from bot.answer.pipeline import _HITS, _STORY_WORDS
from bot.domain import Question

NAMES = [field.name for field in fields(Evidence)]
THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
FOLDS = 10
ROUNDS = 4
SEED = 0
# Inverse strength of the penalty on large weights; between 1 and 20 the scores are the same.
_C = 5.0

Vector = NDArray[np.float64]


def main() -> None:
    """Print the weights in use and the fitted ones with their errors over the threshold."""
    options = arguments(__doc__).parse_args()
    bench = Bench.open(index_dir=options.index, corpus_dir=options.corpus)
    labelled = [(item, label) for item in read_questions(options.questions) if (label := _label(item)) is not None]
    features = [evidence_of(bench, item) for item, _ in labelled]
    labels = np.array([label for _, label in labelled])
    print(f"{len(labels)} questions, {int(labels.sum())} of them answered by the guide\n")
    in_use = np.array([abstention._WEIGHTS[name] for name in NAMES])
    current = np.array([_confidence(item, in_use, abstention._BIAS) for item in features])
    held_out = cross_validated(features, labels)
    _print_errors("in use", current, labels)
    _print_errors(f"fitted, {FOLDS}-fold cross-validation", held_out, labels)
    weights, bias = fit(features, labels)
    print("\n| weight | in use | fitted |\n| --- | --- | --- |")
    for name, old, new in zip([*NAMES, "bias"], [*in_use, abstention._BIAS], [*weights, bias], strict=True):
        print(f"| {name} | {old:.2f} | {new:.2f} |")


def evidence_of(bench: Bench, item: dict[str, Any]) -> Vector:
    """Return the evidence of each reading of a question: (readings, features)."""
    question = Question(text=item["turns"][-1], earlier=tuple(item["turns"][:-1]))
    named = question.text if len(question.text.split()) <= _STORY_WORDS else None
    rows = []
    for reading in readings(question):
        evidence = gather(
            named or reading.query,
            bench.searcher.search(reading.query, k=_HITS),
            lexical=bench.searcher.index.lexical,
            speller=bench.searcher.speller,
            is_everyday=bench.words.is_everyday,
        )
        rows.append(astuple(evidence))
    return np.array(rows)


def fit(features: Sequence[Vector], labels: NDArray[np.int64]) -> tuple[Vector, float]:
    """Fit the logistic weights on each question's surest reading."""
    weights = np.array([abstention._WEIGHTS[name] for name in NAMES])
    bias = abstention._BIAS
    for _ in range(ROUNDS):
        chosen = np.array([rows[int(np.argmax(rows @ weights))] for rows in features])
        model = LogisticRegression(C=_C, class_weight="balanced", max_iter=5_000).fit(chosen, labels)
        weights, bias = model.coef_[0], float(model.intercept_[0])
    return weights, bias


def cross_validated(features: Sequence[Vector], labels: NDArray[np.int64]) -> Vector:
    """Return each question's confidence by weights that were fitted without it."""
    order = np.random.default_rng(SEED).permutation(len(labels))
    confidences = np.zeros(len(labels))
    for fold in range(FOLDS):
        left_out = order[fold::FOLDS]
        kept = np.setdiff1d(order, left_out)
        weights, bias = fit([features[i] for i in kept], labels[kept])
        confidences[left_out] = [_confidence(features[i], weights, bias) for i in left_out]
    return confidences


def _confidence(rows: Vector, weights: Vector, bias: float) -> float:
    return float(1.0 / (1.0 + np.exp(-((rows @ weights).max() + bias))))


def _label(item: dict[str, Any]) -> int | None:
    """Return 1 for a question that the guide answers, 0 for one that it does not, None where both are right."""
    category, expected = item["category"], item["expect"]
    if category == "answerable" or (category in ("hard_negative", "multi_turn") and expected == ["answered"]):
        return 1
    if category == "off_topic" or (category == "near_miss" and "answered" not in expected):
        return 0
    return 0 if category == "multi_turn" and expected == ["abstained"] else None


def _print_errors(name: str, confidences: Vector, labels: NDArray[np.int64]) -> None:
    print(f"\n{name}: area under the curve {roc_auc_score(labels, confidences):.3f}\n")
    print("| threshold | answerable, but refused | not covered, but answered |\n| --- | --- | --- |")
    for threshold in THRESHOLDS:
        refused = (confidences[labels == 1] < threshold).mean()
        answered = (confidences[labels == 0] >= threshold).mean()
        shown = f"{threshold} (in use)" if threshold == abstention.THRESHOLD else f"{threshold}"
        print(f"| {shown} | {refused:.3f} | {answered:.3f} |")


if __name__ == "__main__":
    main()
