"""Judges the meaning of a whole message, for what no wording rule foresaw.

A small network (`Reader`), trained by ``scripts/train_triage_reader.py`` on the messages of ``meaning.yaml``, gives
every kind of message a probability and every reason a logit. This module decides on them: above the threshold of
``reader.json`` a message is a danger, a personal question, a wish for a person or small talk. The network and its
thresholds are files of the program, so the same message always gets the same verdict.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.conversation.triage.reader import Logits, Reader
from bot.errors import SettingsError

DATA_PATH = Path(__file__).with_name("meaning.yaml")
MODEL_DIR = Path(__file__).with_name("model")
DECISION_FILE = "reader.json"
AFTER_CAR_T_KIND = "car_t"
"""The kind that counts only once the cells were given: milder signs are a danger then."""
TALK_KIND = "talk"
CALM_KINDS = ("asked_for_person", "personal", TALK_KIND)
CRISIS = "crisis"
"""The kind that needs a threshold of its own beside that of all dangers."""
DANGER, DANGER_AFTER_CAR_T = "danger", "danger_after_car_t"
"""Thresholds of all dangers together: a message may be torn between two of them, and is one all the same."""
_AFTER_CAR_T_REASON = "red_flag.car_t"
GRAVEST = {
    "red_flag": "red_flag.severe",
    AFTER_CAR_T_KIND: "red_flag.car_t_severe",
    "crisis": "crisis.suicide",
}
"""What is told where the reason is uncertain: nobody may read "call today" for what cannot wait."""
CAN_WAIT = frozenset(
    {"red_flag.leg_clot", "red_flag.kidney", "red_flag.bruising", "red_flag.car_t_infection", "red_flag.car_t_flare"}
)
"""Reasons whose text says "call today"; they have to be more certain than those that say "call now"."""
_CERTAIN, _CERTAIN_TO_WAIT = 0.5, 0.8


@dataclass(frozen=True, slots=True)
class Decision:
    """What ``reader.json`` says.

    Attributes:
        data: SHA-256 of the messages the network was trained on.
        files: SHA-256 by file name of the network and its tokenizer.
        kinds: The kinds in the order of the network's first output.
        reasons: The reasons in the order of its second output.
        thresholds: For `DANGER`, `DANGER_AFTER_CAR_T`, `CRISIS` and each of `CALM_KINDS` the probability above which it
            is one; where a crisis is the likeliest danger, all dangers together have to pass `CRISIS` too.
    """

    data: str
    files: dict[str, str]
    kinds: tuple[str, ...]
    reasons: tuple[str, ...]
    thresholds: dict[str, float]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a message is taken for."""

    kind: str
    reason: str


class Impression:
    """What the network makes of one message.

    Args:
        decision: How to read its outputs.
        kinds: Logits (windows, kinds); a short message has one window.
        reasons: Logits (windows, reasons).
    """

    def __init__(self, decision: Decision, *, kinds: Logits, reasons: Logits) -> None:
        self._decision = decision
        self._kinds = _probabilities(kinds)
        self._reasons = reasons

    def score(self, *kinds: str) -> float:
        """Return the probability that the message is of one of the kinds; the highest of its windows."""
        return float(self._by_window(kinds).max())

    def danger_score(self, *, after_car_t: bool) -> float:
        """Return the probability that the message tells of a danger."""
        return self.score(*_dangers(after_car_t=after_car_t))

    def danger(self, *, after_car_t: bool) -> Likeness | None:
        """Return the danger that the message tells of, or None where it is below the threshold."""
        name = DANGER_AFTER_CAR_T if after_car_t else DANGER
        likely = self._likeness(_dangers(after_car_t=after_car_t))
        least = self._decision.thresholds[name]
        if likely.kind == CRISIS:  # sorrow told at length sounds like despair to the network
            least = max(least, self._decision.thresholds[CRISIS])
        return likely if self.danger_score(after_car_t=after_car_t) > least else None

    def calm(self) -> Likeness | None:
        """Return what the message is without any danger in it, or None: a question for the guide."""
        # A message of several windows is a story, and no small talk whatever one of them says.
        kinds = [kind for kind in CALM_KINDS if kind != TALK_KIND or len(self._kinds) == 1]
        over = [kind for kind in kinds if self.score(kind) > self._decision.thresholds[kind]]
        return self._likeness(over) if over else None

    def _likeness(self, kinds: Iterable[str]) -> Likeness:
        kind = max(kinds, key=self.score)
        return Likeness(kind, self.reason(kind))

    def reason(self, kind: str) -> str:
        """Of the reasons of the kind the likeliest, where it is likelier than all others together."""
        reasons = self._decision.reasons
        places = [place for place, reason in enumerate(reasons) if belongs(reason, kind)]
        window = int(self._by_window((kind,)).argmax())
        shares = _probabilities(self._reasons[window, places])
        likeliest = int(shares.argmax())
        reason = reasons[places[likeliest]]
        least = _CERTAIN_TO_WAIT if reason in CAN_WAIT else _CERTAIN
        return reason if shares[likeliest] >= least else GRAVEST.get(kind, reason)

    def _by_window(self, kinds: Iterable[str]) -> Logits:
        total: Logits = self._kinds[:, [self._decision.kinds.index(kind) for kind in kinds]].sum(axis=1)
        return total


class MeaningCheck:
    """Gives the network's impression of a message.

    Args:
        decision: How to read the network's outputs.
        read: Gives the logits of the kinds and of the reasons of a message; see `Reader.read`.
    """

    def __init__(self, decision: Decision, *, read: Callable[[str], tuple[Logits, Logits]]) -> None:
        self._decision = decision
        self._read = read

    def impression(self, text: str) -> Impression:
        """Read a message.

        Raises:
            ModelError: The network fails on it.
        """
        kinds, reasons = self._read(text)
        return Impression(self._decision, kinds=kinds, reasons=reasons)


def load_meaning(folder: Path = MODEL_DIR) -> MeaningCheck:
    """Load the network and its thresholds.

    Raises:
        SettingsError: The thresholds are not readable or not of the expected form.
        ModelError: The network or its tokenizer is missing, damaged or another one.
    """
    decision = load_decision(folder / DECISION_FILE)
    return MeaningCheck(decision, read=Reader(folder=folder, digests=decision.files).read)


def load_decision(path: Path = MODEL_DIR / DECISION_FILE) -> Decision:
    """Read the thresholds.

    Raises:
        SettingsError: The file is not readable or not of the expected form.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        decision = Decision(
            data=str(raw["data_sha256"]),
            files={str(name): str(digest) for name, digest in raw["files"].items()},
            kinds=tuple(raw["kinds"]),
            reasons=tuple(raw["reasons"]),
            thresholds={str(name): float(value) for name, value in raw["thresholds"].items()},
        )
        expected = {DANGER, DANGER_AFTER_CAR_T, CRISIS, *CALM_KINDS}
        if set(decision.thresholds) != expected or not {"red_flag", "crisis", *CALM_KINDS} <= set(decision.kinds):
            raise ValueError("kinds or thresholds are missing")
        if any(not 0 < value < 1 for value in decision.thresholds.values()):
            raise ValueError("a threshold is no probability")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingsError(
            f"The triage decision {path.name} cannot be read ({type(error).__name__}); restore the file."
        ) from error
    return decision


def data_digest(path: Path = DATA_PATH) -> str:
    """Return the SHA-256 of the training messages, the same on every system."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def kind_of(reason: str) -> str:
    """Return the kind that a reason trains."""
    return AFTER_CAR_T_KIND if reason.startswith(_AFTER_CAR_T_REASON) else reason.partition(".")[0]


def belongs(reason: str, kind: str) -> bool:
    """Tell whether a message of the kind may have the reason; after the cells every red flag may be the one."""
    return kind_of(reason) == kind or (kind == AFTER_CAR_T_KIND and kind_of(reason) == "red_flag")


def _dangers(*, after_car_t: bool) -> tuple[str, ...]:
    return ("red_flag", "crisis", AFTER_CAR_T_KIND) if after_car_t else ("red_flag", "crisis")


def _probabilities(logits: Logits) -> Logits:
    """Softmax over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Logits = raised / raised.sum(axis=-1, keepdims=True)
    return shares
