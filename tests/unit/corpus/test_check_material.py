from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.material import plain_words, read_material, words
from bot.errors import CorpusError
from tests.fakes.guide_folder import chapter, material_of, section, write_guide


def test_knows_the_line_of_each_heading_and_sentence(tmp_path: Path) -> None:
    second = section("Sun harms.\n\n- Shade helps.", section_id="sun", title="Is sun bad?")
    material = material_of(tmp_path, section(), second)
    lines = [(passage.line, [sentence.line for sentence in passage.sentences]) for passage in material.passages]
    assert lines == [(11, [24, 24]), (26, [39, 41])]


def test_reads_facts_with_their_lines(tmp_path: Path) -> None:
    fact = material_of(tmp_path, section()).facts["F-LUP-01"]
    assert (fact.references, fact.changes, fact.line) == (("R68",), "low", 2)


@pytest.mark.parametrize(
    ("facts", "unused"), [("name,line\nx,1\n", ""), ("id,references,changes\n", "F-1: [")], ids=["columns", "yaml"]
)
def test_a_broken_list_is_an_error(tmp_path: Path, facts: str, unused: str) -> None:
    with pytest.raises(CorpusError):
        read_material(write_guide(tmp_path, chapter(section()), facts=facts, unused=unused))


def test_words_keep_numbers_and_hyphens_together() -> None:
    assert words("CAR-T at 38.0 °C, day 1,200.") == ["CAR-T", "at", "38.0", "C", "day", "1,200"]
    assert plain_words("CAR-T, it's OK") == ("car", "t", "it", "s", "ok")
