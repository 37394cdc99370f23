"""Every figure of a single question, with its name and its meaning: summaries average them, comparisons pair them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bot.evaluation.metrics import first_right, ndcg_at, recall_at, reciprocal_rank
from bot.evaluation.results import Result

Ranked = Callable[[Result], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        name: Its key in summary.json.
        title: What a reader calls it.
        of: Its value for a question; None where it does not apply.
        is_better_high: Whether more is better; None where neither is.
    """

    name: str
    title: str
    of: Callable[[Result], float | None]
    is_better_high: bool | None = True

    def mean(self, results: Sequence[Result]) -> float | None:
        """Return the mean over the questions that it applies to; None where there are none."""
        values = self.values(results)
        return fmean(values) if values else None

    def values(self, results: Sequence[Result]) -> list[float]:
        """Return the values of the questions that it applies to."""
        return [value for result in results if (value := self.of(result)) is not None]


def retrieval_figures(ranked: Ranked) -> tuple[Figure, ...]:
    """Return the figures of a ranking, ours or the plain recipe's."""

    def figure(name: str, title: str, of: Callable[[Sequence[str], Result], float]) -> Figure:
        return Figure(name, title, lambda result: of(ranked(result), result) if result.needs else None)

    return (
        figure("hit@1", "Right section first", lambda names, result: _is_hit(names, result, 1)),
        figure("hit@5", "Right section in the first 5", lambda names, result: _is_hit(names, result, 5)),
        figure("recall@5", "Facts held by the first 5", lambda names, result: recall_at(names, result.needs, k=5)),
        figure("recall@10", "Facts held by the first 10", lambda names, result: recall_at(names, result.needs, k=10)),
        figure("mrr", "Reciprocal rank", lambda names, result: reciprocal_rank(names, _relevant(result))),
        figure("ndcg@10", "nDCG of the first 10", lambda names, result: ndcg_at(names, _relevant(result), k=10)),
    )


def _is_hit(names: Sequence[str], result: Result, k: int) -> float:
    return float(first_right(names[:k], _relevant(result)) is not None)


def _relevant(result: Result) -> frozenset[str]:
    return frozenset(name for need in result.needs for name in need)


def _share(count: int, total: int) -> float | None:
    return count / total if total else None


PASSED = Figure("passed", "Passed", lambda result: float(result.is_passed))
KEY_FACTS = Figure("key_facts", "Key facts in the reply", lambda r: _share(r.key_facts_found, r.key_facts))
CITATION_RECALL = Figure(
    "citation_recall",
    "Sentences that their sources support",
    lambda r: _share(r.sentences_supported, r.sentences_cited),
)
CITATION_PRECISION = Figure(
    "citation_precision", "Sources that are of use", lambda r: _share(r.citations_useful, r.citations_made)
)
WRONG_ANSWERS = Figure(
    "wrong_answers",
    "Answered although not in the guide",
    lambda r: float(r.is_wrong_answer) if r.is_to_answer is False else None,
    is_better_high=False,
)
WRONG_REFUSALS = Figure(
    "wrong_refusals",
    "Refused although in the guide",
    lambda r: float(r.is_wrong_refusal) if r.is_to_answer else None,
    is_better_high=False,
)
GRADE = Figure("reading_grade", "Reading grade", lambda r: r.grade, is_better_high=False)
WORDS = Figure("words", "Words in an answer", lambda r: r.words, is_better_high=None)
LATENCY = Figure("latency_ms", "Milliseconds to a reply", lambda r: r.ms, is_better_high=False)

RETRIEVAL = retrieval_figures(lambda result: result.ranked)
BASELINE = retrieval_figures(lambda result: result.baseline)
FIGURES = (
    *(PASSED, KEY_FACTS, CITATION_RECALL, CITATION_PRECISION, WRONG_ANSWERS, WRONG_REFUSALS),
    *RETRIEVAL,
    *(GRADE, WORDS, LATENCY),
)
