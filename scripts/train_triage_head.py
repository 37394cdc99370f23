"""Trains the head of the meaning check: ``python scripts/train_triage_head.py``.

Reads ``bot/conversation/triage/meaning.yaml``, embeds the messages with the installed model, and writes
``meaning_head.json`` beside it. One logistic regression for each kind of danger against the rest, and one over the
reasons. Everything is seeded: the same messages, model and scikit-learn give the same file.

Messages that are nearly the same (cosine 0.8 or more) stay in one fold. Scores out of fold choose C, the strength of
regularisation, and the thresholds: at most `FALSE_ALARMS` of the harmless messages may pass a kind's threshold without
being a rule's alarm already.
"""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
import yaml
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bot.conversation.triage.meaning import AFTER_CAR_T_KIND, DATA_PATH, HEAD_PATH, data_digest, kind_of
from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome
from bot.index.embedder import SentenceEmbedder, model_folder, weights_file
from bot.index.manifest import file_digest

SEED = 0
FOLDS = 5
NEAR_TWINS = 0.8
STRENGTHS = (3.0, 10.0, 30.0)
FALSE_ALARMS = {"red_flag": 0.0075, "crisis": 0.0075, AFTER_CAR_T_KIND: 0.01, "asked_for_person": 0.003}
DIGITS = 5

Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Data:
    """The messages, row by row: vectors (n, dim), reasons, kinds, fold groups; what triage makes of them without us."""

    vectors: Vectors
    reasons: NDArray[Any]
    kinds: NDArray[Any]
    groups: NDArray[np.int64]
    is_seen: Mask


def main() -> None:
    """Train, measure, write."""
    folder = model_folder()
    data = read(SentenceEmbedder(folder=folder))
    kinds = {kind: train_kind(data, kind) for kind in FALSE_ALARMS}
    head = {
        "data_sha256": data_digest(),
        "model_sha256": file_digest(weights_file(folder)),
        "sklearn": sklearn.__version__,
        "seed": SEED,
        "kinds": kinds,
        "reasons": train_reasons(data, strength=kinds["red_flag"]["c"]),
    }
    HEAD_PATH.write_text(as_text(head), encoding="utf-8")
    for kind, entry in kinds.items():
        sys.stdout.write(f"{kind}: { ({name: entry[name] for name in entry if name != 'weights'}) }\n")


def read(embedder: SentenceEmbedder) -> Data:
    """Read and embed the messages."""
    sentences = yaml.safe_load(DATA_PATH.read_text(encoding="utf-8"))
    rows = [(reason, text) for reason, texts in sentences.items() for text in texts]
    vectors = embedder.embed([text for _, text in rows])
    triage = load_triage()
    return Data(
        vectors=vectors,
        reasons=np.array([reason for reason, _ in rows]),
        kinds=np.array([kind_of(reason) for reason, _ in rows]),
        groups=near_twins(vectors),
        is_seen=np.array([is_seen(triage, *row) for row in rows]),
    )


def is_seen(triage: Triage, reason: str, text: str) -> bool:
    """Do the rules alone raise an alarm?"""
    verdict = triage.check(text, after_car_t=kind_of(reason) == AFTER_CAR_T_KIND)
    return verdict.outcome in (Outcome.EMERGENCY, Outcome.CRISIS)


def near_twins(vectors: Vectors) -> NDArray[np.int64]:
    """Number the groups of messages that hang together by near sameness."""
    group = np.arange(len(vectors))
    for one, other in np.argwhere(np.triu(vectors @ vectors.T >= NEAR_TWINS, k=1)):
        group[group == group[other]] = group[one]
    return group


def train_kind(data: Data, kind: str) -> dict[str, Any]:
    """Return the head of one kind, with its figures out of fold."""
    is_kind, rest = data.kinds == kind, ~np.isin(data.kinds, (kind, AFTER_CAR_T_KIND))
    if kind == AFTER_CAR_T_KIND:
        is_kind, rest = np.isin(data.kinds, (kind, "red_flag")), np.isin(data.kinds, ("none", "asked_for_person"))
    measured = [(measure(data, is_kind, rest, kind=kind, strength=c), c) for c in STRENGTHS]
    figures, strength = max(measured, key=lambda item: (item[0]["recall_with_rules"], -item[1]))
    used = is_kind | rest
    model = fitted(data.vectors[used], is_kind[used], strength=strength)
    return {**figures, "c": strength, **line(model.coef_[0], model.intercept_[0])}


def measure(data: Data, is_kind: Mask, rest: Mask, *, kind: str, strength: float) -> dict[str, float]:
    """Return threshold, recall and false alarms on scores out of fold."""
    scores = out_of_fold(data, is_kind, rest, strength=strength)
    harmless = np.isin(data.kinds, ("none", "asked_for_person")) & (data.kinds != kind)
    could_alarm = np.sort(scores[harmless & ~data.is_seen])[::-1]
    threshold = float(could_alarm[math.floor(FALSE_ALARMS[kind] * harmless.sum())])
    raised = scores > threshold
    own = data.kinds == kind
    return {
        "threshold": round(threshold, DIGITS),
        "recall": round(float(raised[own].mean()), 3),
        "recall_with_rules": round(float((raised | data.is_seen)[own].mean()), 3),
        "recall_of_rules": round(float(data.is_seen[own].mean()), 3),
        "false_alarms": round(float((raised & ~data.is_seen)[harmless].mean()), 4),
        "false_alarms_of_rules": round(float(data.is_seen[harmless].mean()), 4),
    }


def out_of_fold(data: Data, is_kind: Mask, rest: Mask, *, strength: float) -> NDArray[np.float64]:
    """Return each row's log odds from a head that saw neither it nor its near twins."""
    scores = np.zeros(len(data.kinds))
    used = is_kind | rest
    split = GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(data.vectors, groups=data.groups)
    for train, test in split:
        seen = train[used[train]]
        scores[test] = fitted(data.vectors[seen], is_kind[seen], strength=strength).decision_function(
            data.vectors[test]
        )
    return scores


def train_reasons(data: Data, *, strength: float) -> dict[str, Any]:
    """Return a head over the reasons of the dangers."""
    used = data.kinds != "none"
    model = fitted(data.vectors[used], data.reasons[used], strength=strength)
    return {
        str(reason): line(weights, intercept)
        for reason, weights, intercept in zip(model.classes_, model.coef_, model.intercept_, strict=True)
    }


def fitted(vectors: Vectors, labels: NDArray[Any], *, strength: float) -> LogisticRegression:
    """Fit one logistic regression, every class with the same weight."""
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000, random_state=SEED)
    return model.fit(vectors.astype(np.float64), labels)


def line(weights: NDArray[np.float64], intercept: float) -> dict[str, Any]:
    """Return a linear score as it is kept."""
    return {"intercept": round(float(intercept), DIGITS), "weights": [round(float(w), DIGITS) for w in weights]}


def as_text(head: dict[str, Any]) -> str:
    """Return the JSON with each list of weights on one line."""
    text = json.dumps(head, indent=1)
    return text.replace(",\n    ", ", ").replace("[\n    ", "[").replace("\n   ]", "]") + "\n"


if __name__ == "__main__":
    main()
