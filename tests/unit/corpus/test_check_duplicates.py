from __future__ import annotations

from pathlib import Path

from bot.corpus.check import duplicates
from tests.fakes.guide_folder import material_of, section

_OTHER = "Sun can bring on a flare. Shade, long sleeves and sun cream help on bright days."


def _other(text: str, title: str = "Why does the sun matter?") -> str:
    return section(text, section_id="sun", title=title, also_asked=("sun", "sunshine", "uv light", "beach"))


def test_warns_of_a_sentence_that_stands_in_two_sections(tmp_path: Path) -> None:
    material = material_of(tmp_path, section(), _other(f"{_OTHER} Lupus is a long illness."))
    (finding,) = duplicates.find_repeated_sentences(material)
    assert (finding.line, str(finding.severity)) == (39, "warning")


def test_reports_a_section_that_says_the_same_with_a_few_words_changed(tmp_path: Path) -> None:
    changed = _OTHER.replace("bright days", "sunny days")
    material = material_of(tmp_path, section(_OTHER), _other(changed))
    assert [finding.rule for finding in duplicates.find_near_duplicates(material)] == ["near-duplicate"]


def test_reports_a_heading_that_stands_twice_in_another_case(tmp_path: Path) -> None:
    material = material_of(tmp_path, section(), _other(_OTHER, title="What is LUPUS?"))
    assert [finding.rule for finding in duplicates.find_repeated_headings(material)] == ["repeated-heading"]


def test_is_silent_on_two_topics(tmp_path: Path) -> None:
    material = material_of(tmp_path, section(), _other(_OTHER))
    assert list(duplicates.find_repeated_sentences(material)) == []
    assert list(duplicates.find_near_duplicates(material)) == []
    assert list(duplicates.find_repeated_headings(material)) == []
