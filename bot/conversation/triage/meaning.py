"""Judges the meaning of a whole message, for the dangers that no wording rule foresaw.

The vectors come from outside: this module knows no model. A small linear head, trained by
``scripts/train_triage_head.py`` on the messages of ``meaning.yaml``, gives each kind of danger a score: the log odds
that the message tells of such a danger now. Above the threshold of its kind it does. A second head then names the
reason, the nearest of the kind's families. Both are sums of numbers in ``meaning_head.json``: the same vector always
gets the same verdict, and every score can be worked out by hand.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import SettingsError

DATA_PATH = Path(__file__).with_name("meaning.yaml")
HEAD_PATH = Path(__file__).with_name("meaning_head.json")
AFTER_CAR_T_KIND = "car_t"
"""The kind that counts only once the cells were given: milder signs are a danger then."""
_AFTER_CAR_T_REASON = "red_flag.car_t"


@dataclass(frozen=True, slots=True)
class Line:
    """A linear score: `weights` float64 (dim,), plus an intercept."""

    weights: NDArray[np.float64]
    intercept: float

    def score(self, vector: NDArray[np.float32]) -> float:
        """Return the log odds, unbounded, higher is likelier."""
        return float(self.weights @ vector.astype(np.float64)) + self.intercept


@dataclass(frozen=True, slots=True)
class Head:
    """The trained numbers.

    Attributes:
        model: SHA-256 of the weights of the embedding model that the vectors have to come from.
        data: SHA-256 of the messages it was trained on.
        kinds: A score for each kind of danger.
        thresholds: The log odds above which a message is of the kind; chosen on out-of-fold scores, see the script.
        reasons: A score for each reason.
    """

    model: str
    data: str
    kinds: dict[str, Line]
    thresholds: dict[str, float]
    reasons: dict[str, Line]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a message is taken for; `excess` is the log odds above the kind's threshold, more than 0."""

    kind: str
    reason: str
    excess: float


class MeaningCheck:
    """Says which danger a message tells of.

    Args:
        head: The trained numbers.
        model: SHA-256 of the weights of the model that the vectors come from.

    Raises:
        SettingsError: The head was trained for another model.
    """

    def __init__(self, head: Head, *, model: str) -> None:
        if head.model != model:
            raise SettingsError(f"{HEAD_PATH.name} belongs to another embedding model; train it for this one.")
        self._head = head

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds that `likeness` knows."""
        return tuple(self._head.kinds)

    def likeness(self, vector: NDArray[np.float32], *, kind: str) -> Likeness | None:
        """Return what the message is taken for, or None where it is below the threshold of the kind.

        Args:
            vector: float32 (dim,), unit length; one of another model's length is like nothing.
            kind: One of `kinds()`; nothing is like another.
        """
        line = self._head.kinds.get(kind)
        if line is None or vector.shape != line.weights.shape:
            return None
        excess = line.score(vector) - self._head.thresholds[kind]
        return Likeness(kind, self._reason(vector, kind=kind), excess) if excess > 0 else None

    def _reason(self, vector: NDArray[np.float32], *, kind: str) -> str:
        scores = {reason: line.score(vector) for reason, line in self._head.reasons.items() if _belongs(reason, kind)}
        return max(scores, key=scores.__getitem__, default=kind)


def load_head(path: Path = HEAD_PATH) -> Head:
    """Read the trained numbers.

    Raises:
        SettingsError: The file is not readable or not of the expected form.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        head = Head(
            model=str(raw["model_sha256"]),
            data=str(raw["data_sha256"]),
            kinds={kind: _line(entry) for kind, entry in raw["kinds"].items()},
            thresholds={kind: float(entry["threshold"]) for kind, entry in raw["kinds"].items()},
            reasons={reason: _line(entry) for reason, entry in raw["reasons"].items()},
        )
        shapes = {line.weights.shape for line in (*head.kinds.values(), *head.reasons.values())}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ValueError("weights of several lengths")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(
            f"The triage head {path.name} cannot be read ({type(error).__name__}); restore the file."
        ) from error
    return head


def data_digest(path: Path = DATA_PATH) -> str:
    """Return the SHA-256 of the training messages, the same on every system."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def kind_of(reason: str) -> str:
    """Return the kind whose head a reason trains."""
    return AFTER_CAR_T_KIND if reason.startswith(_AFTER_CAR_T_REASON) else reason.partition(".")[0]


def _belongs(reason: str, kind: str) -> bool:
    """After the cells every red flag may be the reason."""
    return kind_of(reason) == kind or (kind == AFTER_CAR_T_KIND and kind_of(reason) == "red_flag")


def _line(entry: dict[str, Any]) -> Line:
    return Line(np.array(entry["weights"], dtype=np.float64), float(entry["intercept"]))
