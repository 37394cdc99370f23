from __future__ import annotations

from pathlib import Path

from bot.corpus.check import chapters
from bot.corpus.check.material import read_material
from tests.fakes.guide_folder import chapter, material_of, section, write_guide

_SUN = section("Sun harms.", section_id="sun", title="Is sun bad?")


def test_reports_a_file_without_a_section(tmp_path: Path) -> None:
    material = read_material(write_guide(tmp_path, chapter(section()), chapter(chapter_id="empty")))
    assert [(finding.file, finding.rule) for finding in chapters.find_empty_chapters(material)] == [
        ("02.md", "empty-chapter")
    ]


def test_reports_a_chapter_id_of_two_files(tmp_path: Path) -> None:
    material = read_material(write_guide(tmp_path, chapter(section()), chapter(_SUN)))
    assert [finding.file for finding in chapters.find_shared_chapter_ids(material)] == ["02.md"]


def test_reports_a_heading_that_does_not_ask(tmp_path: Path) -> None:
    found = chapters.find_headings_that_do_not_ask(material_of(tmp_path, section(title="About lupus")))
    assert [finding.rule for finding in found] == ["heading"]


def test_is_silent_on_two_good_chapters(tmp_path: Path) -> None:
    material = read_material(write_guide(tmp_path, chapter(section()), chapter(_SUN, chapter_id="sun-chapter")))
    assert list(chapters.find_empty_chapters(material)) == []
    assert list(chapters.find_shared_chapter_ids(material)) == []
    assert list(chapters.find_headings_that_do_not_ask(material)) == []
