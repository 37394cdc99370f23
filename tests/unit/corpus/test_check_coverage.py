from __future__ import annotations

from pathlib import Path

from bot.corpus.check import coverage
from bot.corpus.check.material import Material, read_material
from tests.fakes.guide_folder import FACTS, chapter, material_of, section, write_guide

_TWO_FACTS = FACTS + "F-LUP-02,LUP,R68,A,low,VERIFIED\n"


def _two_facts(folder: Path, *, unused: str = "", facts: tuple[str, ...] = ("F-LUP-01",)) -> Material:
    return read_material(write_guide(folder, chapter(section(facts=facts)), facts=_TWO_FACTS, unused=unused))


def test_a_fact_left_out_without_a_reason_is_missed(tmp_path: Path) -> None:
    material = _two_facts(tmp_path)
    assert coverage.fact_coverage(material) == 0.5
    assert [(f.rule, f.line) for f in coverage.find_uncovered_facts(material)] == [
        ("uncovered-fact", 3),
        ("fact-coverage", 1),
    ]


def test_a_fact_left_out_with_a_reason_counts_as_covered_but_not_as_used(tmp_path: Path) -> None:
    material = _two_facts(tmp_path, unused="F-LUP-02: a rule for authors\n")
    assert list(coverage.find_uncovered_facts(material)) == []
    assert (coverage.fact_coverage(material), coverage.used_share(material)) == (1.0, 0.5)


def test_a_folder_without_facts_has_nothing_to_cover(tmp_path: Path) -> None:
    material = read_material(write_guide(tmp_path, chapter(section()), facts="id,references,changes\n"))
    assert coverage.fact_coverage(material) == 1.0
    assert list(coverage.find_unknown_facts(material)) == []


def test_reports_an_unknown_fact(tmp_path: Path) -> None:
    found = coverage.find_unknown_facts(material_of(tmp_path, section(facts=("F-LUP-01", "F-NEW-01"))))
    assert [finding.message for finding in found] == ["F-NEW-01 is not in facts.csv."]


def test_an_exception_needs_a_reason_and_a_fact_that_is_really_left_out(tmp_path: Path) -> None:
    material = _two_facts(tmp_path, unused="F-LUP-02:\nF-LUP-01: too rare\nF-OLD-09: gone\n")
    found = [(finding.line, finding.message) for finding in coverage.find_stale_exceptions(material)]
    assert found == [
        (1, "F-LUP-02 has no reason."),
        (2, "F-LUP-01 is used by a section; remove it here."),
        (3, "F-OLD-09 is not in facts.csv."),
    ]
