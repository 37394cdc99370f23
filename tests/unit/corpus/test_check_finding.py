from __future__ import annotations

from bot.corpus.check.finding import Finding, Severity, as_line


def test_writes_file_line_rule_and_message() -> None:
    assert as_line(Finding("01.md", 12, "heading", "ask a question.")) == "01.md:12: heading: ask a question."


def test_a_warning_says_so() -> None:
    finding = Finding("01.md", 12, "heading", "ask a question.", Severity.WARNING)
    assert as_line(finding) == "01.md:12: heading: warning: ask a question."
