"""The guide itself, checked by every rule on the day of its last review."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from bot.corpus.check.finding import Severity, as_line
from bot.corpus.check.run import Figures, GuideReport, report_on
from bot.corpus.loader import load_corpus
from tests.quality.thresholds import THRESHOLDS

_CORPUS = Path(__file__).parents[2] / "corpus"
_LIMITS = THRESHOLDS["guide"]


@cache
def _report() -> GuideReport:
    # The day of the last review, not today: the tests of a release must not fail because time goes by.
    # `lupus-bot guide check` judges by today's date, and `guide expiring` says what is due.
    reviews = [section.reviewed_on for section in load_corpus(_CORPUS).sections if section.reviewed_on]
    return report_on(_CORPUS, today=max(reviews))


def _figures() -> Figures:
    figures = _report().figures
    assert figures is not None
    return figures


def test_the_guide_has_no_error() -> None:
    assert [as_line(finding) for finding in _report().findings if finding.severity is Severity.ERROR] == []


def test_hardly_any_fact_is_left_out_without_a_reason() -> None:
    assert _figures().coverage >= _LIMITS["covered"]


def test_nearly_all_facts_stand_in_a_section() -> None:
    assert _figures().used >= _LIMITS["in_a_section"]


def test_the_middle_section_reads_easily() -> None:
    assert _figures().median_grade <= _LIMITS["median_grade"]
