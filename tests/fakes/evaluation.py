"""Items, results and runs with obvious values; a test names what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.domain import Outcome, Reply
from bot.evaluation.datasets import Item
from bot.evaluation.results import ClaimResult, Result
from bot.evaluation.run_folder import Run
from bot.evaluation.summary import summary_of
from tests.fakes.answers import make_answer


def make_item(**changes: Any) -> Item:
    """One question that the guide answers."""
    item = Item(
        id="Q-1",
        category="answerable",
        turns=("What is a flare?",),
        expect=(Outcome.ANSWERED,),
        facts=("F-FLR-01",),
        must=("active",),
        style="plain",
    )
    return replace(item, **changes)


def make_reply(**changes: Any) -> Reply:
    """One good answer, as the service gives it."""
    draft = make_answer()
    reply = Reply(
        reply_id="r-1",
        conversation_id="c-1",
        outcome=draft.outcome,
        reason=draft.reason,
        text=draft.text,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        sentences=draft.sentences,
        citations=draft.citations,
        timings_ms=(("retrieve", 3.1), ("total", 12.5)),
    )
    return replace(reply, **changes)


def make_result(**changes: Any) -> Result:
    """One question that was answered well."""
    result = Result(
        id="Q-1",
        category="answerable",
        style="plain",
        turns=["What is a flare?"],
        expect=["answered"],
        is_to_answer=True,
        outcome="answered",
        reason="supported",
        answerer="extractive",
        is_refused=False,
        problems=[],
        text="A flare is a time when lupus becomes more active. [1]",
        answer=[{"text": "A flare is a time when lupus becomes more active.", "citations": [1]}],
        citations=[
            {
                "marker": 1,
                "section_id": "flare",
                "title": "What is a flare?",
                "quote": "A flare is a time when lupus becomes more active.",
                "url": "/guide/lupus#flare",
                "source": "lupus.md",
            }
        ],
        key_facts=1,
        key_facts_found=1,
        ranked=["flare", "sun"],
        needs=[["flare"]],
        baseline=[],
        sentences_cited=1,
        sentences_supported=1,
        citations_made=1,
        citations_useful=1,
        grade=5.0,
        words=10,
        ms=12.0,
    )
    return replace(result, **changes)


def make_refusal(**changes: Any) -> Result:
    """One question that the guide does not answer, and that was refused."""
    values: dict[str, Any] = {
        "id": "Q-2",
        "category": "near_miss",
        "style": "",
        "turns": ["Does lupus bite?"],
        "expect": ["abstained"],
        "is_to_answer": False,
        "outcome": "abstained",
        "reason": "low_support",
        "is_refused": True,
        "text": "My guide does not have that.",
        "answer": [],
        "citations": [],
        "key_facts": 0,
        "key_facts_found": 0,
        "ranked": [],
        "needs": [],
        "sentences_cited": 0,
        "sentences_supported": 0,
        "citations_made": 0,
        "citations_useful": 0,
        "grade": None,
        "words": None,
    }
    return make_result(**(values | changes))


def make_claim_result(**changes: Any) -> ClaimResult:
    """One wrong sentence that was caught."""
    claim = ClaimResult(
        id="V-1",
        kind="number_changed",
        is_supported=False,
        is_passed=False,
        score=0.1,
        sentence="Fever lasts nine days.",
        passage="Fever lasts two days.",
    )
    return replace(claim, **changes)


def make_run(
    results: Sequence[Result] = (make_result(), make_refusal()),
    claims: Sequence[ClaimResult] = (make_claim_result(),),
    **changes: Any,
) -> Run:
    """One run over these results."""
    run = Run(
        name="20261122T120000Z-test",
        config={"started_at": "2026-11-22T12:00:00+00:00", "questions": "dev.jsonl"},
        versions={"guide": "ab" * 32, "index": "i-1", "packages": {"python": "3.11.0"}},
        results=tuple(results),
        claims=tuple(claims),
        summary=summary_of(results, claims),
    )
    return replace(run, **changes)


@dataclass(frozen=True)
class Verdict:
    """What a judge says."""

    is_supported: bool
    score: float = 0.5


class WordJudge:
    """Takes a sentence for supported when the passage holds all of its words; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def judge(self, *, sentence: str, passage: str) -> Verdict:
        self.asked.append((sentence, passage))
        held = set(sentence.casefold().split()) <= set(passage.casefold().split())
        return Verdict(held, 0.9 if held else 0.2)
