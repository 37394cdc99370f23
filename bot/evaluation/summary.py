"""Many results become one table of figures: summary.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from bot.domain import Outcome
from bot.evaluation import figures
from bot.evaluation.metrics import area_under_curve, decisions, percentile, wilson_interval
from bot.evaluation.results import ClaimResult, Result

ALARMS = (Outcome.EMERGENCY.value, Outcome.CRISIS.value)
_DIGITS = 4

Table = dict[str, Any]


def summary_of(results: Sequence[Result], claims: Sequence[ClaimResult] = ()) -> Table:
    """Return the figures of a run; parts that were not measured are left out."""
    summary: Table = {}
    if results:
        summary = {
            "questions": len(results),
            "passed": share_of(results, lambda result: result.is_passed),
            "categories": _by(results, lambda result: result.category, _category),
            "abstention": _abstention(results),
            "alarms": _alarms(results),
            "key_facts": _key_facts(results),
            "reading_grade": _spread(figures.GRADE.values(results)),
            "words": _spread(figures.WORDS.values(results)),
            "latency_ms": _spread(figures.LATENCY.values(results)),
        }
    if cited := [result for result in results if result.sentences_cited]:
        summary["citations"] = _citations(cited)
    if judged := [result for result in results if result.needs]:
        summary["retrieval"] = _retrieval(judged)
    if claims:
        summary["verifier"] = verifier_summary(claims)
    return summary


def headline(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures that matter most, as lines for a terminal."""
    if "passed" in summary:
        yield f"Passed: {_told(summary['passed'])}"
        yield from (f"  {name}: {_told(row['passed'])}" for name, row in summary["categories"].items())
        abstention, alarms = summary["abstention"], summary["alarms"]
        yield f"Answered although not in the guide: {_told(abstention['wrong_answers'])}"
        yield f"Refused although in the guide: {_told(abstention['wrong_refusals'])}"
        yield f"Dangers missed: {_told(alarms['missed'])}; false alarms: {_told(alarms['false'])}"
        yield f"Replies with every key fact: {_told(summary['key_facts']['complete'])}"
    if "citations" in summary:
        citations = summary["citations"]
        yield f"Citation recall {citations['recall']:.3f}, precision {citations['precision']:.3f}"
    if "retrieval" in summary:
        yield from _ranking_lines({"all": summary["retrieval"]["all"], **summary["retrieval"]["styles"]})
    if "verifier" in summary:
        verifier = summary["verifier"]
        yield f"Wrong sentences caught: {_told(verifier['caught'])}"
        yield f"Right sentences dropped: {_told(verifier['falsely_dropped'])}"


def share_of(cases: Iterable[Any], is_so: Callable[[Any], bool]) -> Table:
    """Count the cases for which something is so, with the 95 % interval of its share; share None without cases."""
    flags = [is_so(case) for case in cases]
    return _counted(sum(flags), len(flags))


def verifier_summary(claims: Sequence[ClaimResult]) -> Table:
    """Return how many wrong sentences the verifier caught, and how many right ones it dropped, by kind."""
    wrong = [claim for claim in claims if not claim.is_supported]
    right = [claim for claim in claims if claim.is_supported]
    return {
        "claims": len(claims),
        "caught": share_of(wrong, _is_dropped),
        "falsely_dropped": share_of(right, _is_dropped),
        "area_under_curve": _rounded(area_under_curve([c.score for c in claims], [c.is_supported for c in claims])),
        "caught_by_kind": _by(wrong, lambda claim: claim.kind, _dropped_share),
        "falsely_dropped_by_kind": _by(right, lambda claim: claim.kind, _dropped_share),
    }


def _told(share: Table) -> str:
    return f"{share['count']} of {share['of']}" + (f" ({share['share']:.1%})" if share["of"] else "")


def _ranking_lines(rows: dict[str, Table]) -> Iterator[str]:
    for name, row in rows.items():
        yield f"Retrieval, {name}: {_figures_told(row)}"
        if "baseline" in row:
            yield f"  plain recipe: {_figures_told(row['baseline'])}"


def _figures_told(row: Table) -> str:
    return ", ".join(f"{figure.name} {row[figure.name]:.3f}" for figure in figures.RETRIEVAL)


def _is_dropped(claim: ClaimResult) -> bool:
    return not claim.is_passed


def _dropped_share(claims: Sequence[ClaimResult]) -> Table:
    return share_of(claims, _is_dropped)


def _category(results: Sequence[Result]) -> Table:
    return {
        "passed": share_of(results, lambda result: result.is_passed),
        "outcomes": dict(Counter(result.outcome for result in results).most_common()),
        "wrong_outcomes": dict(Counter(r.outcome for r in results if r.outcome not in r.expect).most_common()),
    }


def _abstention(results: Sequence[Result]) -> Table:
    decided = [result for result in results if result.is_to_answer is not None]
    found = decisions([(not result.is_to_answer, result.is_refused) for result in decided])
    return {
        "precision": _counted(found.both, found.done),
        "recall": _counted(found.both, found.wanted),
        "wrong_answers": share_of((r for r in decided if not r.is_to_answer), lambda result: result.is_wrong_answer),
        "wrong_refusals": share_of((r for r in decided if r.is_to_answer), lambda result: result.is_wrong_refusal),
    }


def _alarms(results: Sequence[Result]) -> Table:
    dangers = [result for result in results if set(result.expect) <= set(ALARMS)]
    harmless = [result for result in results if not set(result.expect) & set(ALARMS)]
    return {
        "missed": share_of(dangers, lambda result: result.outcome not in ALARMS),
        "false": share_of(harmless, lambda result: result.outcome in ALARMS),
    }


def _key_facts(results: Sequence[Result]) -> Table:
    asked = [result for result in results if result.key_facts]
    return {
        "mean": _rounded(figures.KEY_FACTS.mean(asked)),
        "complete": share_of(asked, lambda result: result.key_facts == result.key_facts_found),
    }


def _citations(cited: Sequence[Result]) -> Table:
    made = sum(result.citations_made for result in cited)
    return {
        "answers": len(cited),
        "recall": _rounded(figures.CITATION_RECALL.mean(cited)),
        "precision": _rounded(figures.CITATION_PRECISION.mean(cited)),
        "sentences": _counted(sum(r.sentences_supported for r in cited), sum(r.sentences_cited for r in cited)),
        "sources": _counted(sum(result.citations_useful for result in cited), made),
    }


def _retrieval(judged: Sequence[Result]) -> Table:
    found = {"all": _ranking(judged), "styles": _by([r for r in judged if r.style], lambda r: r.style, _ranking)}
    return found | {"categories": _by(judged, lambda result: result.category, _ranking)}


def _ranking(judged: Sequence[Result]) -> Table:
    row: Table = {"questions": len(judged)}
    row |= {figure.name: _rounded(figure.mean(judged)) for figure in figures.RETRIEVAL}
    if any(result.baseline for result in judged):
        row["baseline"] = {figure.name: _rounded(figure.mean(judged)) for figure in figures.BASELINE}
    return row


def _by(cases: Sequence[Any], key: Callable[[Any], str], table: Callable[[Sequence[Any]], Table]) -> Table:
    """Return a table of each kind of cases, in the order in which the kinds first appear."""
    kinds: dict[str, list[Any]] = {}
    for case in cases:
        kinds.setdefault(key(case), []).append(case)
    return {kind: table(found) for kind, found in kinds.items()}


def _counted(count: int, total: int) -> Table:
    low, high = wilson_interval(count, total)
    share = _rounded(count / total) if total else None
    return {"share": share, "count": count, "of": total, "low": _rounded(low), "high": _rounded(high)}


def _spread(values: Sequence[float]) -> Table:
    if not values:
        return {"count": 0}
    ends = {"p5": 0.05, "p95": 0.95}
    found = {"count": len(values), "median": median(values)} | {n: percentile(values, s) for n, s in ends.items()}
    return {name: round(value or 0, 2) for name, value in found.items()} | {"most": round(max(values), 2)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
