"""A triage reader without a network: a test says how likely each kind and each reason is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bot.conversation.triage.meaning import Decision, MeaningCheck
from bot.conversation.triage.reader import Logits

KINDS = ("none", "red_flag", "car_t", "crisis", "personal", "asked_for_person", "talk")
REASONS = (
    "none.ordinary",
    "red_flag.stroke",
    "red_flag.fever",
    "red_flag.severe",
    "red_flag.leg_clot",
    "red_flag.car_t_fever",
    "crisis.suicide",
    "crisis.abuse",
    "crisis.self_harm",
    "personal.dose",
    "asked_for_person",
    "talk.greeting",
)
DECISION = Decision(
    data="d",
    files={},
    kinds=KINDS,
    reasons=REASONS,
    thresholds={
        "danger": 0.5,
        "danger_after_car_t": 0.6,
        "crisis": 0.55,
        "personal": 0.5,
        "asked_for_person": 0.7,
        "talk": 0.8,
    },
)


class ScriptedReader:
    """Gives the same shares for every message; what is not named has next to none.

    Attributes:
        windows: For each window of the message the shares of kinds and reasons.
        texts: What it was given to read.
        failure: Raised instead.
    """

    def __init__(self, *windows: Mapping[str, float]) -> None:
        self.windows = windows
        self.texts: list[str] = []
        self.failure: Exception | None = None

    def read(self, text: str) -> tuple[Logits, Logits]:
        self.texts.append(text)
        if self.failure is not None:
            raise self.failure
        return self._logits(KINDS), self._logits(REASONS)

    def _logits(self, names: tuple[str, ...]) -> Logits:
        shares: Logits = np.array([[window.get(name, 1e-9) for name in names] for window in self.windows])
        return np.log(shares)


def meaning_of(*windows: Mapping[str, float]) -> MeaningCheck:
    """Return a meaning check that takes every message for the same."""
    return MeaningCheck(DECISION, read=ScriptedReader(*windows).read)
