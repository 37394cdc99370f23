from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.finding import Severity
from bot.corpus.check.length import find_long_sections, find_long_sentences
from tests.fakes.guide_folder import material_of, section


@pytest.mark.parametrize(
    ("count", "severities"),
    [(28, []), (29, [Severity.WARNING]), (35, [Severity.WARNING]), (36, [Severity.ERROR])],
    ids=str,
)
def test_sentence_limits(tmp_path: Path, count: int, severities: list[Severity]) -> None:
    text = "Word " * (count - 1) + "end."
    found = list(find_long_sentences(material_of(tmp_path, section(text))))
    assert [finding.severity for finding in found] == severities


def test_names_the_line_of_the_sentence_not_of_the_section(tmp_path: Path) -> None:
    text = "Short one.\n\n" + "Word " * 40 + "end."
    (finding,) = find_long_sentences(material_of(tmp_path, section(text)))
    assert (finding.file, finding.line, finding.rule) == ("01.md", 26, "sentence-length")


@pytest.mark.parametrize(
    ("count", "severities"), [(180, []), (181, [Severity.WARNING]), (221, [Severity.ERROR])], ids=str
)
def test_section_limits(tmp_path: Path, count: int, severities: list[Severity]) -> None:
    found = list(find_long_sections(material_of(tmp_path, section("Word " * (count - 1) + "end."))))
    assert [finding.severity for finding in found] == severities
