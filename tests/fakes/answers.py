"""An answer chain and a triage that follow a script, so that a test decides what each part says or how it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

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
        plain_draft: What the chain without a model answers, where that differs.
        growing: What the answer looks like on its way, where it is followed.
        edition_failure: Raised where the index is needed.
    """

    def __init__(self, draft: Draft | None = None) -> None:
        self.draft = draft or make_answer()
        self.failure: BaseException | None = None
        self.edition_failure: Exception | None = None
        self.before: Callable[[Question], object] = lambda question: None
        self.questions: list[Question] = []
        self.plain_draft: Draft | None = None
        self.growing: Iterable[Draft] = ()

    def edition(self) -> Any:
        if self.edition_failure is not None:
            raise self.edition_failure
        return SimpleNamespace(
            chain=SimpleNamespace(invoke=self._in_the_guides_words),
            answerer=self,
            guide_version="guide-1",
            index_version="index-1",
            calibration_version="c-1",
        )

    def invoke(self, question: Question) -> Draft:
        self.questions.append(question)
        self.before(question)
        if self.failure is not None:
            raise self.failure
        return self.draft

    def _in_the_guides_words(self, question: Question) -> Draft:
        draft = self.invoke(question)
        return self.plain_draft or draft

    def stream(self, question: Question) -> Iterator[Draft]:
        yield from self.growing
        yield self.invoke(question)


class ScriptedTriage:
    """Gives the verdict that a text has in the script, and none otherwise.

    Attributes:
        failure: Raised instead, whatever the text.
        meaning_failure: Raised instead for what is not in the script, unless by rules alone.
        earlier: What it was told of the past, call by call.
    """

    def __init__(self, script: Mapping[str, Verdict]) -> None:
        self.script = script
        self.failure: Exception | None = None
        self.meaning_failure: Exception | None = None
        self.earlier: list[tuple[str, ...]] = []

    def check(self, text: str, *, earlier: Sequence[str] = (), by_rules_alone: bool = False) -> Verdict:
        self.earlier.append(tuple(earlier))
        if self.failure is not None:
            raise self.failure
        if text not in self.script and self.meaning_failure is not None and not by_rules_alone:
            raise self.meaning_failure
        return self.script.get(text, Verdict(None))
