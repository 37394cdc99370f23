"""A run and a comparison as pages that a clinician can read: no script, no download, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.domain import Outcome
from bot.evaluation import charts, figures
from bot.evaluation.compare import Comparison, Row
from bot.evaluation.results import Result
from bot.evaluation.run_folder import Run
from bot.evaluation.summary import ALARMS

_TEMPLATES = Path(__file__).with_name("templates")
# The look of chat and guide pages, in one file for all.
_TOKENS = Path(__file__).parents[1] / "web" / "static" / "tokens.css"
_CATEGORIES = {
    "answerable": "Questions that the guide answers",
    "multi_turn": "Follow-up questions",
    "near_miss": "Close to the topic, but not in the guide",
    "off_topic": "Other topics",
    "personal": "Asks for personal advice",
    "emergency": "Emergencies",
    "crisis": "Crises",
    "hard_negative": "Sounds like an emergency, is none",
    "conversation": "Greetings and small talk",
    "injection": "Attempts to misuse the guide",
    "privacy": "Messages with names or numbers",
    "handoff_request": "Asks for a person",
}
_OUTCOMES = {
    Outcome.ANSWERED: "Answered",
    Outcome.ABSTAINED: "Not in the guide",
    Outcome.OUT_OF_SCOPE: "Other topic",
    Outcome.PERSONAL: "No personal advice",
    Outcome.EMERGENCY: "Emergency",
    Outcome.CRISIS: "Crisis",
    Outcome.HANDOFF: "A person",
    Outcome.CONVERSATION: "Small talk",
}
_STYLES = {"plain": "Plain questions", "typed": "Typed as on a phone", "paraphrase": "In other words"}
_KINDS = {"two_facts": "Two facts", "synonym_units": "Other words or units"}
# The gravest first.
_MISSED, _FORBIDDEN, _UNCOVERED, _FALSE_ALARM, _OTHER, _REFUSED, _LACKING = (
    "A danger was not recognised",
    "It said what it must not say",
    "Answered, although the guide does not have it",
    "An alarm where there was no danger",
    "Another kind of reply than it should be",
    "Refused, although the guide has it",
    "Answered, but a key fact is missing",
)
_ORDER = (_MISSED, _FORBIDDEN, _UNCOVERED, _FALSE_ALARM, _OTHER, _REFUSED, _LACKING)
_BINS = 12


def report_of(run: Run, *, calibration: Mapping[str, Any] | None = None) -> str:
    """Return the page of a run.

    Args:
        calibration: The content of the calibration file in use, for its curve.
    """
    return _render(
        "report.html.jinja2",
        run=run,
        summary=run.summary,
        tables=_category_rows(run.summary),
        outcomes=[outcome for outcome in Outcome if any(result.outcome == outcome for result in run.results)],
        retrieval=_retrieval_rows(run.summary),
        kinds=_kind_rows(run.summary),
        faults=_faults(run.results),
        wrong_claims=[claim for claim in run.claims if not claim.is_right],
        curve=_curve(run, calibration or {}),
        histograms=_histograms(run.results),
    )


def comparison_page(comparison: Comparison) -> str:
    """Return the page of a comparison."""
    return _render("compare.html.jinja2", comparison=comparison)


def fault_of(result: Result) -> str:
    """Say in words what is wrong with a reply that does not pass."""
    is_alarm, expects_alarm = result.outcome in ALARMS, bool(set(result.expect) & set(ALARMS))
    is_expected = result.outcome in result.expect
    faults = (
        (expects_alarm and not is_alarm and not is_expected, _MISSED),
        (any(problem.startswith("says ") for problem in result.problems), _FORBIDDEN),
        (result.is_wrong_answer, _UNCOVERED),
        (is_alarm and not expects_alarm, _FALSE_ALARM),
        (result.is_wrong_refusal, _REFUSED),
        (not is_expected, _OTHER),
    )
    return next((words for is_so, words in faults if is_so), _LACKING)


def _faults(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """Group the replies that do not pass by what is wrong, the gravest first."""
    found: dict[str, list[Result]] = {words: [] for words in _ORDER}
    for result in results:
        if not result.is_passed:
            found[fault_of(result)].append(result)
    return [(words, wrong) for words, wrong in found.items() if wrong]


def _category_rows(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": title_of(name), **row, "total": sum(row["outcomes"].values())}
        for name, row in summary.get("categories", {}).items()
    ]


def _retrieval_rows(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = summary.get("retrieval")
    if not found:
        return []
    rows = [{"title": "All questions", **found["all"]}]
    return rows + [{"title": _STYLES.get(style, title_of(style)), **row} for style, row in found["styles"].items()]


def _kind_rows(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    verifier = summary.get("verifier", {})
    return [
        {"title": title_of(kind), "is_wrong": is_wrong, **share}
        for key, is_wrong in (("caught_by_kind", True), ("falsely_dropped_by_kind", False))
        for kind, share in verifier.get(key, {}).items()
    ]


def _curve(run: Run, calibration: Mapping[str, Any]) -> Markup | None:
    """Draw the calibration's curve with this run's own place beside it."""
    abstention = run.summary.get("abstention", {})
    here = tuple(abstention.get(name, {}).get("share") for name in ("wrong_refusals", "wrong_answers"))
    points, chosen = calibration.get("curve"), calibration.get("cross_validated")
    if not points or not chosen or None in here:
        return None
    return charts.curve(
        [(refusals, answers) for _, refusals, answers in points],
        dots=[here, (chosen["wrong_refusals"], chosen["wrong_answers"])],
        x_title="refused, although in the guide",
        y_title="answered, although not in it",
        label=f"This run: {here[0]:.1%} wrongly refused, {here[1]:.1%} wrongly answered.",
    )


def _histograms(results: Sequence[Result]) -> list[tuple[str, Markup]]:
    shown = (
        (figures.WORDS, "words", "Words in an answer"),
        (figures.GRADE, "", "Reading grade (school years)"),
        (figures.LATENCY, "ms", "Time to a reply"),
    )
    return [
        (title, charts.histogram(values, bins=_BINS, unit=unit, label=title))
        for figure, unit, title in shown
        if (values := figure.values(results))
    ]


def title_of(name: str) -> str:
    """Return what a reader calls a category or kind."""
    return _CATEGORIES.get(name) or _KINDS.get(name) or name.replace("_", " ").capitalize()


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}".removesuffix(".0") + "\u00a0%"


def _number(row: Row, value: float, *, signed: bool = False) -> str:
    digits = 3 if max(abs(row.before), abs(row.after)) <= 1 else 1
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, title_of=title_of, outcome=lambda name: _OUTCOMES[Outcome(name)])
    environment.globals.update(bar=charts.bar, number=_number)
    return environment


def _render(template: str, **values: Any) -> str:
    tokens = Markup(_TOKENS.read_text(encoding="utf-8"))  # noqa: S704  # our own style sheet
    return _environment().get_template(template).render(tokens=tokens, **values)
