"""An answer chain and a triage that follow a script, so that a test decides what each part says or how it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain import Citation, Consulted, Draft, Outcome, Question, ReplySentence, Verdict

PASSAGE = "A flare is a time when lupus becomes more active. It can last for days or weeks."
_QUOTE = "A flare is a time when lupus becomes more active."


def make_citation(**changes: Any) -> Citation:
    """One valid citation of `PASSAGE`."""
    citation = Citation(
        marker=1,
        chunk_id="flare",
        section_id="flare",
        title="What is a flare?",
        url="/guide/lupus?cite=0-49#flare",
        quote=_QUOTE,
        char_start=0,
        char_end=len(_QUOTE),
        reviewed_on=date(2026, 11, 22),
        references=("R12",),
        passage=PASSAGE,
        source="lupus.md",
        expires_on=date(2027, 11, 22),
    )
    return replace(citation, **changes)


def make_answer(**changes: Any) -> Draft:
    """One valid answer."""
    draft = Draft(
        outcome=Outcome.ANSWERED,
        reason="supported",
        text=f"{_QUOTE} [1]",
        sentences=(ReplySentence(_QUOTE, (1,), 1.0),),
        citations=(make_citation(),),
        consulted=(Consulted("flare", 0.91), Consulted("sun", 0.4)),
        follow_ups=("How long does a flare last?",),
        confidence=0.9,
        timings_ms=(("retrieve", 3.1), ("answer", 0.4)),
    )
    return replace(draft, **changes)


def make_abstention(**changes: Any) -> Draft:
    """One valid abstention that names two topics."""
    draft = Draft(
        outcome=Outcome.ABSTAINED,
        reason="low_support",
        text="",
        consulted=(Consulted("flare", 0.2),),
        follow_ups=("What is a flare?", "Does the sun matter?"),
        related=("flare", "sun"),
        confidence=0.1,
    )
    return replace(draft, **changes)


class ScriptedSource:
    """Stands for the answer source: `draft` is what it answers, `failure` what it raises instead.

    Attributes:
        before: Called with each question before it is answered.
        questions: What the chain was asked.
        edition_failure: Raised where the index is needed.
        encoder_failure: Raised where a vector is needed.
    """

    def __init__(self, draft: Draft | None = None) -> None:
        self.draft = draft or make_answer()
        self.failure: BaseException | None = None
        self.edition_failure: Exception | None = None
        self.encoder_failure: Exception | None = None
        self.before: Callable[[Question], object] = lambda question: None
        self.questions: list[Question] = []

    def edition(self) -> Any:
        if self.edition_failure is not None:
            raise self.edition_failure
        return SimpleNamespace(chain=self, guide_version="guide-1", index_version="index-1")

    def invoke(self, question: Question) -> Draft:
        self.questions.append(question)
        self.before(question)
        if self.failure is not None:
            raise self.failure
        return self.draft

    def encode(self, text: str) -> NDArray[np.float32]:
        if self.encoder_failure is not None:
            raise self.encoder_failure
        return np.zeros(3, dtype=np.float32)


class ScriptedTriage:
    """Gives the verdict that a text has in the script, and none otherwise; always asks for a vector when it may.

    Attributes:
        failure: Raised instead, whatever the text.
        earlier: What it was told of the past, call by call.
    """

    def __init__(self, script: Mapping[str, Verdict]) -> None:
        self.script = script
        self.failure: Exception | None = None
        self.earlier: list[tuple[str, ...]] = []

    def check(self, text: str, *, vector: Callable[[], Any] | None = None, earlier: Sequence[str] = ()) -> Verdict:
        self.earlier.append(tuple(earlier))
        if self.failure is not None:
            raise self.failure
        if text not in self.script and vector is not None:
            vector()
        return self.script.get(text, Verdict(None))
