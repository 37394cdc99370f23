from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check import sources
from bot.corpus.check.material import read_material
from tests.fakes.guide_folder import FACTS, REFERENCES, chapter, material_of, section, write_guide


@pytest.mark.parametrize("text", ["About 9 in 10 are women.", "Fever of 38.0 °C counts.", "Call 112 now."])
def test_a_number_needs_a_source(tmp_path: Path, text: str) -> None:
    (finding,) = sources.find_unsourced_numbers(material_of(tmp_path, section(text, references=())))
    assert finding.rule == "number-without-source"


@pytest.mark.parametrize("text", ["CD19 is a marker.", "C3 falls in a flare.", "No number here."])
def test_a_digit_in_a_name_needs_none(tmp_path: Path, text: str) -> None:
    assert list(sources.find_unsourced_numbers(material_of(tmp_path, section(text, references=())))) == []


def test_a_number_with_a_source_is_fine(tmp_path: Path) -> None:
    assert list(sources.find_unsourced_numbers(material_of(tmp_path, section("About 9 in 10 are women.")))) == []


def test_reports_an_unknown_reference(tmp_path: Path) -> None:
    known, unknown = material_of(tmp_path, section()), material_of(tmp_path, section(references=("R68", "R999")))
    assert list(sources.find_unknown_references(known)) == []
    assert [f.message for f in sources.find_unknown_references(unknown)] == [
        "reference R999 is not in references.yaml."
    ]


def test_warns_of_an_unused_reference_at_its_own_line(tmp_path: Path) -> None:
    spare = REFERENCES + 'R70:\n  citation: "Never cited"\n  url: null\n'
    folder = write_guide(tmp_path, chapter(section()), references=spare)
    (finding,) = sources.find_unused_references(read_material(folder))
    assert (finding.file, finding.line, str(finding.severity)) == ("references.yaml", 4, "warning")
    assert list(sources.find_unused_references(material_of(tmp_path, section()))) == []


def test_a_fact_brings_one_of_its_sources(tmp_path: Path) -> None:
    facts = FACTS + "F-LUP-02,LUP,R70 R71,A,low,VERIFIED\n"
    bare = write_guide(tmp_path, chapter(section(facts=("F-LUP-02",))), facts=facts)
    assert [finding.rule for finding in sources.find_untraced_facts(read_material(bare))] == ["untraced-fact"]
    assert list(sources.find_untraced_facts(material_of(tmp_path, section()))) == []


@pytest.mark.parametrize(
    ("stated", "rules"),
    [(("R68",), []), ((), ["chapter-references"]), (("R68", "R70"), ["chapter-references"])],
    ids=["same", "lacks one", "names a spare one"],
)
def test_a_chapter_names_the_references_of_its_sections(
    tmp_path: Path, stated: tuple[str, ...], rules: list[str]
) -> None:
    material = read_material(write_guide(tmp_path, chapter(section(), references=stated)))
    assert [finding.rule for finding in sources.find_chapter_reference_gaps(material)] == rules
