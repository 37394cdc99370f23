"""Asks every question through the one door, and measures what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from bot.conversation.service import Service
from bot.domain import Reply
from bot.evaluation.baseline import PlainRetriever
from bot.evaluation.datasets import Claim, Item
from bot.evaluation.judges import Judge, supports_of
from bot.evaluation.results import KEPT_SECTIONS, ClaimResult, Ranking, Result, is_for_retrieval, result_of
from bot.retrieval.search import Found

Progress = Callable[[str, int, int], None]
# More than the sections that are kept: a section may have several chunks.
_HITS = 30
_VISITOR = "evaluation"


class Search(Protocol):
    """The search behind the answers."""

    def search(self, query: str, *, k: int) -> Found:
        """Return up to k hits, best first."""


class Evaluator:
    """Runs question sets.

    Args:
        service: The service behind every channel, on a store that nothing else uses.
        searcher: The search of the index in use.
        facts: Fact ids by section id, from the guide's own files.
        judge: Says whether a passage supports a sentence; None: citations are not judged.
        baseline: The plain recipe; None: retrieval is not compared with it.
        progress: Called with the step's name, how much is done, and how much there is.
    """

    def __init__(
        self,
        *,
        service: Service,
        searcher: Search,
        facts: Mapping[str, frozenset[str]],
        judge: Judge | None = None,
        baseline: PlainRetriever | None = None,
        progress: Progress = lambda step, done, total: None,
    ) -> None:
        self._service = service
        self._searcher = searcher
        self._facts = facts
        self._supports = supports_of(judge) if judge else None
        self._baseline = baseline
        self._progress = progress

    def results_of(self, items: Sequence[Item]) -> list[Result]:
        """Ask every item in a conversation of its own, in order."""
        found = []
        for number, item in enumerate(items, start=1):
            found.append(self.measured(item, last_reply(self._service, item.turns)))
            self._progress("asking", number, len(items))
        return found

    def measured(self, item: Item, reply: Reply) -> Result:
        """Measure a reply that an item got."""
        return result_of(item, reply, facts=self._facts, ranking=self._ranking(item), supports=self._supports)

    def _ranking(self, item: Item) -> Ranking | None:
        if not is_for_retrieval(item, self._facts):
            return None
        query = item.turns[-1]
        baseline = self._baseline.ranked(query, k=KEPT_SECTIONS) if self._baseline else []
        return Ranking(ranked_sections(self._searcher, query), baseline)


def ranked_sections(searcher: Search, query: str) -> list[str]:
    """Return the first sections that a search finds, best first, each once."""
    hits = searcher.search(query, k=_HITS).hits
    return list(dict.fromkeys(hit.chunk.section_id for hit in hits))[:KEPT_SECTIONS]


def last_reply(service: Service, turns: Sequence[str], *, visitor_id: str = _VISITOR) -> Reply:
    """Say the turns one by one in a new conversation, and return the last reply."""
    conversation = service.open(visitor_id=visitor_id, channel="evaluation")
    replies = [service.reply(conversation_id=conversation.id, visitor_id=visitor_id, text=turn) for turn in turns]
    return replies[-1]


def judged_claims(claims: Sequence[Claim], judge: Judge, *, progress: Progress) -> list[ClaimResult]:
    """Ask a judge about every claim, in order."""
    found = []
    for number, claim in enumerate(claims, start=1):
        verdict = judge.judge(sentence=claim.sentence, passage=claim.passage)
        found.append(ClaimResult.of(claim, is_passed=verdict.is_supported, score=verdict.score))
        progress("judging sentences", number, len(claims))
    return found
