from __future__ import annotations

from datetime import date

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.report import as_html
from bot.corpus.check.run import Figures, GuideReport

_FIGURES = Figures(chapters=1, sections=2, sentences=3, facts=4, coverage=0.75, used=0.5, median_grade=6.54)


def test_shows_figures_and_escapes_findings() -> None:
    finding = Finding("01.md", 7, "markup", 'has "<b>"', Severity.WARNING)
    page = as_html(GuideReport((finding,), _FIGURES), made_on=date(2026, 11, 22))
    assert "<dt>Median reading grade</dt><dd>6.5</dd>" in page
    assert "<dt>Facts covered</dt><dd>75.0%</dd>" in page
    assert '<td class="place">01.md:7</td><td class="warning">warning</td><td>has &quot;&lt;b&gt;&quot;</td>' in page


def test_needs_nothing_from_outside_and_no_script() -> None:
    page = as_html(GuideReport((), None), made_on=date(2026, 11, 22))
    assert "http" not in page
    assert "<script" not in page
    assert "Nothing to correct." in page
