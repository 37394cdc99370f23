from __future__ import annotations

from pathlib import Path

import pytest

from bot.corpus.check.openings import find_leaning_sentences
from tests.fakes.guide_folder import material_of, section


@pytest.mark.parametrize(
    "sentence", ["It starts soon.", "This is rare.", "They help.", "So the team waits.", "These pass."]
)
def test_warns_of_a_sentence_that_points_back(tmp_path: Path, sentence: str) -> None:
    (finding,) = find_leaning_sentences(material_of(tmp_path, section(f"Lupus can flare. {sentence}")))
    assert (finding.rule, str(finding.severity)) == ("leaning-sentence", "warning")


@pytest.mark.parametrize(
    "sentence",
    ["It is not known why lupus starts.", "There are two kinds.", "This guide gives no doses.",
     "So far, 3 people came.", "Both men and women get lupus.", "Items help."],
)  # fmt: skip
def test_is_silent_on_a_sentence_that_stands_alone(tmp_path: Path, sentence: str) -> None:
    assert list(find_leaning_sentences(material_of(tmp_path, section(sentence)))) == []
