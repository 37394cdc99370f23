"""Judges whether a passage supports a sentence. The one entry to this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.answer.verify.alignment import align
from bot.answer.verify.cross_encoder import CrossEncoder
from bot.answer.verify.decision import CLASSIFIER_FINDINGS, LOW_SUPPORT, Decision, read_decision, reasons
from bot.answer.verify.features import features
from bot.answer.verify.repeating import repeats
from bot.answer.verify.trimming import trimmed

MODEL_DIR = Path(__file__).with_name("model")
DECISION_FILE = "decision.json"
# No sentence for a patient is as long, and no passage of a guide: what is longer is refused or cut.
MAX_SENTENCE_CHARS = 1000
MAX_PASSAGE_CHARS = 12_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the check makes of one sentence.

    Args:
        score: 0..1, higher means better supported.
        reasons: Fixed codes of what speaks against it ("number", "name", "polarity", "hedge", "scope", "cause",
            "time", "low_support"); empty when supported.
    """

    is_supported: bool
    score: float
    reasons: tuple[str, ...]


class Classifier(Protocol):
    """Whatever reads a pair and gives two logits."""

    def read(self, *, sentence: str, passage: str) -> tuple[float, float]:
        """Return the logit of support, and the logit of the worst word being wrong."""
        ...


class Verifier:
    """Judges pairs of passage and sentence; the same pair always gets the same judgement.

    Args:
        decision: The last step.
        classifier: The trained reader.
    """

    def __init__(self, *, decision: Decision, classifier: Classifier) -> None:
        self._decision = decision
        self._classifier = classifier

    def judge(self, *, sentence: str, passage: str) -> Judgement:
        """Judge one sentence.

        Raises:
            ModelError: The classifier fails on it.
        """
        if len(sentence) > MAX_SENTENCE_CHARS:
            return Judgement(is_supported=False, score=0.0, reasons=(LOW_SUPPORT,))
        passage = passage[:MAX_PASSAGE_CHARS]
        if repeats(sentence, passage):
            return Judgement(is_supported=True, score=1.0, reasons=())
        findings = features(sentence, passage)
        logits = self._classifier.read(sentence=sentence, passage=trimmed(align(sentence, passage)))
        findings |= dict(zip(CLASSIFIER_FINDINGS, logits, strict=True))
        score = self._decision.score(findings)
        is_supported = score >= self._decision.threshold
        return Judgement(
            is_supported=is_supported,
            score=round(score, 4),
            reasons=() if is_supported else reasons(findings),
        )

    def judge_all(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Judge pairs of (passage, sentence), in their order.

        Raises:
            ModelError: The classifier fails on one.
        """
        return [self.judge(sentence=sentence, passage=passage) for passage, sentence in pairs]


def load_verifier() -> Verifier:
    """Open the committed weights.

    Raises:
        ModelError: They are missing, damaged or not those that were measured.
    """
    decision = read_decision(MODEL_DIR / DECISION_FILE, known=features("", ""))
    return Verifier(decision=decision, classifier=CrossEncoder(folder=MODEL_DIR, digests=decision.files))
