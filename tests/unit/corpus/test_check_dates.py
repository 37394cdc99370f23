from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.corpus.check.dates import find_bad_dates
from bot.corpus.check.material import read_material
from tests.fakes.guide_folder import FACTS, chapter, material_of, section, write_guide

_TODAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("expires_on", "severities"),
    [
        ("2027-11-22", []),
        ("2027-01-15", ["warning"]),
        ("2026-12-01", ["error"]),
        ("2026-11-01", ["error", "error"]),
        ("2029-01-01", ["error"]),
    ],
    ids=["in time", "soon", "today", "before its review", "later than any fact may live"],
)
def test_judges_the_expiry_date(tmp_path: Path, expires_on: str, severities: list[str]) -> None:
    found = find_bad_dates(material_of(tmp_path, section(expires_on=expires_on)), today=_TODAY)
    assert [str(finding.severity) for finding in found] == severities


@pytest.mark.parametrize(
    ("changes", "expires_on", "count"),
    [("high", "2027-05-22", 0), ("high", "2027-11-22", 1), ("med", "2027-11-22", 0), ("med", "2028-11-22", 1),
     ("low", "2028-11-22", 0)],
)  # fmt: skip
def test_the_fastest_fact_sets_the_pace(tmp_path: Path, changes: str, expires_on: str, count: int) -> None:
    text = chapter(section(expires_on=expires_on, facts=("F-LUP-01", "F-LUP-02")))
    folder = write_guide(tmp_path, text, facts=FACTS + f"F-LUP-02,LUP,R68,A,{changes},VERIFIED\n")
    assert len(list(find_bad_dates(read_material(folder), today=_TODAY))) == count


def test_a_review_in_the_future_is_an_error(tmp_path: Path) -> None:
    folder = write_guide(tmp_path, chapter(section(), reviewed_on="2026-12-24"))
    assert [finding.message for finding in find_bad_dates(read_material(folder), today=_TODAY)] == [
        "reviewed_on 2026-12-24 lies in the future."
    ]


def test_a_section_without_dates_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "01.md").write_text("---\nid: a\ntitle: A\n---\n\n## What? {#what}\n\nThis.\n", encoding="utf-8")
    (finding,) = find_bad_dates(read_material(tmp_path), today=_TODAY)
    assert (finding.line, finding.rule, str(finding.severity)) == (6, "review-date", "error")
