from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.run import check_guide, report_on
from tests.fakes.guide_folder import chapter, section, write_guide

_TODAY = date(2026, 11, 22)


def test_a_good_guide_has_no_finding(tmp_path: Path) -> None:
    report = report_on(write_guide(tmp_path, chapter(section())), today=_TODAY)
    assert report.findings == ()
    assert report.figures is not None
    assert (report.errors, report.figures.sections, report.figures.coverage) == (0, 1, 1.0)


def test_findings_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "Lupus can be cured. Take 5 mg daily. It helps; ask."
    found = check_guide(write_guide(tmp_path, chapter(section(text, title="About lupus"))), today=_TODAY)
    assert [finding.rule for finding in found if finding.severity is Severity.ERROR] == [
        "heading", "markup", "never-say", "never-say",
    ]  # fmt: skip


def test_a_guide_that_cannot_be_read_is_one_finding_with_its_place(tmp_path: Path) -> None:
    broken = chapter(section()).replace("also_asked:", "also_asked: [")
    (finding,) = check_guide(write_guide(tmp_path, broken), today=_TODAY)
    assert (finding.file, finding.rule, finding.severity) == ("01.md", "format", Severity.ERROR)
    assert finding.line > 10


def test_a_missing_folder_is_one_finding(tmp_path: Path) -> None:
    (finding,) = check_guide(tmp_path / "none", today=_TODAY)
    assert finding.rule == "format"


def test_a_guide_of_empty_chapters_is_reported(tmp_path: Path) -> None:
    report = report_on(write_guide(tmp_path, chapter()), today=_TODAY)
    assert [finding.rule for finding in report.findings] == ["empty-chapter"]


def test_the_article_given_is_read_instead_of_the_stored_hashes(tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("Lupus is a long illness. The body attacks its own parts.", encoding="utf-8")
    guide = tmp_path / "guide"
    guide.mkdir()
    found = check_guide(write_guide(guide, chapter(section())), today=_TODAY, article=article)
    assert [finding.rule for finding in found] == ["copied-words"]


def test_a_missing_article_is_a_finding(tmp_path: Path) -> None:
    (finding,) = check_guide(write_guide(tmp_path, chapter(section())), today=_TODAY, article=tmp_path / "none.txt")
    assert finding == Finding(str(tmp_path / "none.txt"), 1, "format", "cannot be read (No such file or directory).")
