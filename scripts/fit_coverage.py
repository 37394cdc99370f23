"""Find what a question sounds like that the guide answers: ``python scripts/fit_coverage.py``.

Run it again when the guide's sections, `not_covered.yaml` or the query model have changed, before
`lupus-bot eval calibrate`. The questions that it learns from must be in no set that the calibration is fitted on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.answer.coverage import COVERAGE_PATH
from bot.cli.search import open_searcher
from bot.index.rows import RowKind
from bot.settings import ROOT

LISTED = Path(__file__).with_name("not_covered.yaml")
NEAR_MISSES = ROOT / "benchmarks" / "near_miss.jsonl"
# Strength of the penalty on large weights; between 10 and 100 the scores are the same.
_PENALTY = 30.0
_STEPS = 30
_SMALL = 1e-6
_DIGITS = 4

Matrix = NDArray[np.float64]


def not_covered() -> list[str]:
    """Return the questions that the guide is known not to answer."""
    groups = yaml.safe_load(LISTED.read_text(encoding="utf-8"))["groups"].values()
    made = [wording.format(name) for group in groups for name in group["names"] for wording in group["wordings"]]
    lines = NEAR_MISSES.read_text(encoding="utf-8").splitlines()
    return [*made, *(json.loads(line)["turns"][-1] for line in lines if line.strip())]


def fitted(covered: Matrix, other: Matrix) -> Matrix:
    """Fit a penalised logistic regression by Newton's method, both classes weighing the same; the bias is last."""
    rows = np.vstack([covered, other])
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    labels = np.concatenate([np.ones(len(covered)), np.zeros(len(other))])
    shares = np.where(labels == 1, 0.5 / len(covered), 0.5 / len(other)) * len(rows)
    penalty = np.diag([_PENALTY] * (rows.shape[1] - 1) + [0.0])
    weights: Matrix = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chances = 1.0 / (1.0 + np.exp(-rows @ weights))
        slope = rows.T @ (shares * (chances - labels)) + penalty @ weights
        bend = (rows * (shares * chances * (1.0 - chances))[:, None]).T @ rows + penalty
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < _SMALL:
            break
    return weights


def main() -> int:
    """Write the file that the answer chain reads."""
    searcher, _ = open_searcher(None)
    index = searcher.index
    asked = np.flatnonzero(index.rows[:, 1] == RowKind.QUESTION).tolist()
    covered = index.store.rows(asked).astype(np.float64)
    other = np.stack([searcher.vector(text) for text in dict.fromkeys(not_covered())]).astype(np.float64)
    weights = fitted(covered, other)
    document = {
        "model": index.manifest.model,
        "guide": index.manifest.corpus_digest,
        "bias": round(float(weights[-1]), _DIGITS),
        "weights": [round(float(weight), _DIGITS) for weight in weights[:-1]],
    }
    COVERAGE_PATH.write_text(json.dumps(document) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(covered)} wordings of the guide, {len(other)} others: {COVERAGE_PATH.name}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
