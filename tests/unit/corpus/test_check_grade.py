from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.grade import find_hard_sections, section_grade
from tests.fakes.guide_folder import material_of, section

_HARD = (
    "Comprehensive multidisciplinary evaluation of immunological abnormalities necessitates individualised "
    "consideration of administration, accompanying conditions and anticipated complications throughout hospitalisation."
)


def test_grade_follows_the_published_formula(tmp_path: Path) -> None:
    # Eleven words of one syllable in two sentences.
    material = material_of(tmp_path, section("The cells grow in blood. You go home in a week."))
    words, sentences, syllables = 11, 2, 11
    expected = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    assert section_grade(material.passages[0]) == pytest.approx(expected)


def test_a_listed_name_counts_as_one_short_word(tmp_path: Path) -> None:
    with_name = material_of(tmp_path, section("Ask about hydroxychloroquine now."))
    plain = material_of(tmp_path, section("Ask about name now."))
    assert section_grade(with_name.passages[0]) == section_grade(plain.passages[0])


def test_reports_a_section_over_grade_10_and_the_median_over_8(tmp_path: Path) -> None:
    found = list(find_hard_sections(material_of(tmp_path, section(_HARD))))
    assert [(finding.rule, finding.line) for finding in found] == [("reading-grade", 11), ("reading-grade", 1)]


def test_is_silent_on_plain_text(tmp_path: Path) -> None:
    assert list(find_hard_sections(material_of(tmp_path, section()))) == []
