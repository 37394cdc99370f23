"""The one way from a model's claim to a sentence that is shown: its quote, its form, and the verifier's judgement."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.answer.generative.fidelity import infidelities
from bot.answer.generative.parse import Claim
from bot.answer.generative.quotes import find_quote
from bot.answer.generative.refusals import refusals
from bot.corpus.sentences import sentence_spans
from bot.domain import Chunk, DroppedSentence, Span

logger = logging.getLogger(__name__)

_MOST_CITATIONS = 3
_FEWEST_WORDS = 3
# What is kept for staff of a text that nobody was shown.
_KEPT_CHARS = 600
# A yes or no answers the patient, and what the patient asked no passage can bear out.
_VERDICT = re.compile(
    r"^(?:yes|no|yeah|nope|correct|right|absolutely|definitely|exactly)\b\s*[,.:;!–—-]+\s*", re.IGNORECASE
)
# Models write markers of their own; the citation is in the passage numbers.
_MARKERS = re.compile(r"(?:\s*\[\d{1,2}(?:\s*,\s*\d{1,2})*\])+(?=[.!?]*$)")


class Judgement(Protocol):
    """What the verifier says of one sentence and one passage; a score is 0..1, higher is better."""

    @property
    def is_supported(self) -> bool:
        """Tell whether the passage bears the sentence out."""

    @property
    def score(self) -> float:
        """Return how surely."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return fixed codes for what speaks against it."""


class Judge(Protocol):
    """The verifier."""

    def judge(self, *, sentence: str, passage: str) -> Judgement:
        """Judge one sentence by one passage."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A sentence that may be shown.

    Attributes:
        text: Plain text, white space folded.
        places: The passages it cites, each with the span of the quote.
        score: The lowest of the verifier's scores.
    """

    text: str
    places: tuple[tuple[Chunk, Span], ...]
    score: float


class Gate:
    """Lets claims pass, or says why not.

    Args:
        judge: The verifier.
        chunks: The passages that the model was shown, in the order of their numbers.
    """

    def __init__(self, *, judge: Judge, chunks: Sequence[Chunk]) -> None:
        self._judge = judge
        self._chunks = chunks

    def check(self, claim: Claim) -> Passed | DroppedSentence:
        """Check one claim; whatever cannot be checked does not pass."""
        text = _plain(claim.text)
        chunks, wrong = self._cited(claim)
        spans = [find_quote(claim.quote, chunk.text) for chunk in chunks]
        places = tuple((chunk, span) for chunk, span in zip(chunks, spans, strict=True) if span is not None)
        if len(places) < len(spans):
            wrong.append("quote_not_found")
        if len(text.split()) < _FEWEST_WORDS:
            wrong.append("too_short")
        wrong += refusals(text)
        for chunk, span in places:
            wrong += infidelities(text, chunk=chunk, span=span)
        if wrong:
            return dropped(claim.text, *dict.fromkeys(wrong), quote=claim.quote)
        return self._judged(claim, text, places)

    def _cited(self, claim: Claim) -> tuple[list[Chunk], list[str]]:
        """Return the passages that a claim cites, and what is wrong with its numbers."""
        wrong = []
        if not claim.passages:
            wrong.append("no_citation")
        if len(claim.passages) > _MOST_CITATIONS:
            wrong.append("too_many_citations")
        known = [number for number in claim.passages if 1 <= number <= len(self._chunks)]
        if len(known) < len(claim.passages):
            wrong.append("unknown_passage")
        return [self._chunks[number - 1] for number in known], wrong

    def _judged(self, claim: Claim, text: str, places: tuple[tuple[Chunk, Span], ...]) -> Passed | DroppedSentence:
        """Ask the verifier, sentence by sentence: beside a true one a false one must not slip through."""
        score = 1.0
        for chunk, _ in places:
            for span in sentence_spans(text):
                try:
                    judged = self._judge.judge(sentence=text[span.start : span.end], passage=chunk.text)
                except Exception as error:  # noqa: BLE001  # what could not be judged is not shown
                    logger.error("sentence not judged", extra={"kind": type(error).__name__})
                    return dropped(claim.text, "not_judged", quote=claim.quote)
                score = min(score, judged.score)
                if not judged.is_supported:
                    reasons = judged.reasons or ("not_supported",)
                    return dropped(claim.text, *reasons, quote=claim.quote, score=round(judged.score, 4))
        return Passed(text, places, round(score, 4))


def dropped(text: str, *reasons: str, quote: str = "", score: float | None = None) -> DroppedSentence:
    """Make the record of a sentence that is not shown: bounded, and storable whatever it holds."""
    return DroppedSentence(_storable(text), reasons, score, _storable(quote))


def _plain(text: str) -> str:
    folded = " ".join(text.split())
    without = _VERDICT.sub("", _MARKERS.sub("", folded))
    return without[:1].upper() + without[1:]


def _storable(text: str) -> str:
    """Replace what a database refuses: NUL, and halves of characters."""
    bounded = text[:_KEPT_CHARS].replace("\x00", "�")
    return bounded.encode("utf-8", "replace").decode("utf-8")
