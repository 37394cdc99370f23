"""Who says whether a passage supports a sentence: the verifier behind a protocol, so that a test can stand in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Judged(Protocol):
    """What a judge says of one sentence and its passage."""

    @property
    def is_supported(self) -> bool:
        """Whether the passage says what the sentence says."""

    @property
    def score(self) -> float:
        """How sure it is, 0..1, higher is surer of support."""


class Judge(Protocol):
    """Tells whether a passage supports a sentence."""

    def judge(self, *, sentence: str, passage: str) -> Judged:
        """Judge one sentence by one passage."""


def supports_of(judge: Judge) -> Callable[[str, str], bool]:
    """Return the judge's verdicts as a function of sentence and passage; a pair is judged once."""
    known: dict[tuple[str, str], bool] = {}

    def supports(sentence: str, passage: str) -> bool:
        key = (sentence, passage)
        if key not in known:
            known[key] = judge.judge(sentence=sentence, passage=passage).is_supported
        return known[key]

    return supports
