"""How well the support check tells supported from unsupported sentences: python -m benchmarks.verifier FILE.jsonl.

The file holds pairs (``{"id", "passage", "sentence", "label", "kind"}``). Beside the check as it is shipped stands a
plain logistic over cosine, shared words, numbers, negations and hedges, fitted and cut on the other passages of the
file (ten folds).
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.answer.verify.verifier import load_verifier
from bot.index.embedder import SentenceEmbedder, model_folder
from bot.index.words import terms

FOLDS = 10
SEED = 0
DROPPED = 0.05
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(r"\b(?:not|no|never|none|nobody|without|cannot)\b", re.IGNORECASE)
_HEDGE = re.compile(r"\b(?:may|might|can|could|some|usually|often|about|seems?|likely)\b", re.IGNORECASE)

Item = dict[str, str]
Column = NDArray[np.float64]
Flags = NDArray[np.bool_]


def main() -> None:
    """Print the table and the time of one judgement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    items = [json.loads(line) for line in parser.parse_args().pairs.read_text(encoding="utf-8").splitlines() if line]
    plain = caught_by_plain_logistic(items)
    started = time.perf_counter()
    verifier = load_verifier()
    loaded = time.perf_counter() - started
    times, shipped = [], []
    for item in items:
        started = time.perf_counter()
        shipped.append(not verifier.judge(sentence=item["sentence"], passage=item["passage"]).is_supported)
        times.append(1000 * (time.perf_counter() - started))
    print_table(items, {"plain logistic": plain, "as shipped": np.array(shipped)})
    cuts = quantiles(times, n=100)
    print(f"\nload {loaded:.2f} s, one judgement p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")


def print_table(items: Sequence[Item], columns: dict[str, Flags]) -> None:
    """Print shares of dropped supported and caught unsupported sentences, these also by kind."""
    is_supported = np.array([item["label"] == "supported" for item in items])
    kinds = np.array([item["kind"] for item in items])
    rows = {"dropped, of supported": is_supported, "caught, of unsupported": ~is_supported}
    rows |= {f"caught, {kind}": (kinds == kind) & ~is_supported for kind in sorted(set(kinds[~is_supported]))}
    print("| share | items | " + " | ".join(columns) + " |\n| --- | --- |" + " --- |" * len(columns))
    for name, chosen in rows.items():
        shares = " | ".join(f"{flags[chosen].mean():.3f}" for flags in columns.values())
        print(f"| {name} | {int(chosen.sum())} | {shares} |")


def caught_by_plain_logistic(items: Sequence[Item]) -> Flags:
    """Return which items a logistic over five plain findings holds for unsupported, each judged by the others."""
    rows = plain_findings(items)
    is_supported = np.array([item["label"] == "supported" for item in items])
    groups = np.unique([item["passage"] for item in items], return_inverse=True)[1]
    caught = np.zeros(len(items), dtype=bool)
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(rows, groups=groups):
        model = LogisticRegression(class_weight="balanced", max_iter=2000).fit(rows[train], is_supported[train])
        scores = model.decision_function(rows)
        caught[test] = scores[test] < np.quantile(scores[train][is_supported[train]], DROPPED)
    return caught


def plain_findings(items: Sequence[Item]) -> Column:
    """Return cosine, shared words, numbers not there, and differences in negations and hedges: (n, 5)."""
    embedder = SentenceEmbedder(folder=model_folder())
    sentences, passages = ([item[key] for item in items] for key in ("sentence", "passage"))
    cosine = (embedder.embed(sentences) * embedder.embed(passages)).sum(axis=1)
    rows = []
    for sentence, passage, near in zip(sentences, passages, cosine, strict=True):
        said, source = set(terms(sentence)), set(terms(passage))
        rows.append(
            [
                float(near),
                len(said & source) / max(1, len(said)),
                float(len(set(_NUMBER.findall(sentence)) - set(_NUMBER.findall(passage)))),
                float(bool(_NEGATION.search(sentence)) != bool(_NEGATION.search(passage))),
                float(bool(_HEDGE.search(sentence)) != bool(_HEDGE.search(passage))),
            ]
        )
    return np.array(rows)


if __name__ == "__main__":
    main()
