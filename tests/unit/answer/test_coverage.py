from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.answer import coverage as coverage_module
from bot.answer.coverage import Coverage, coverage, load_coverage, sounds_covered
from bot.errors import SettingsError
from bot.retrieval.search import Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import guide_chunks, make_index

INDEX = make_index(guide_chunks())
SEARCHER = Searcher(index=INDEX, encode=HashEmbedder().encode)


def towards(text: str, **changes: Any) -> Coverage:
    """Return a direction towards one text."""
    direction = 20.0 * HashEmbedder().encode(text).astype(np.float64)
    return replace(Coverage(INDEX.manifest.model, direction, -5.0), **changes)


def test_a_question_in_the_direction_sounds_covered_and_another_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_module, "coverage", lambda: towards("fever after the infusion"))

    assert sounds_covered("fever after the infusion", searcher=SEARCHER) > 0.5
    assert sounds_covered("price of a mortgage", searcher=SEARCHER) < 0


def test_the_direction_of_another_model_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_module, "coverage", lambda: towards("fever", model="cd" * 32))

    assert sounds_covered("fever", searcher=SEARCHER) == 0.0


def test_a_score_is_between_the_surest_no_and_the_surest_yes() -> None:
    vector = HashEmbedder().encode("fever")

    assert towards("fever", bias=1000.0).score(vector) == 1.0
    assert towards("fever", bias=-1000.0).score(vector) == -1.0
    assert towards("fever").score(np.full_like(vector, np.nan)) == 0.0


def test_the_file_in_use_fits_the_query_model() -> None:
    assert coverage().weights.shape == (384,)
    assert np.abs(coverage().weights).max() > 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"model": "a", "bias": 1}', '{"model": "a", "bias": 1, "weights": [[1]]}', "null"]
)
def test_a_damaged_file_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=r"coverage\.json"):
        load_coverage(path)


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="fit_coverage"):
        load_coverage(tmp_path / "coverage.json")


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(json.dumps({"model": "a", "bias": 1, "weights": [0.5, -0.5]}), encoding="utf-8")

    assert load_coverage(path).bias == 1.0
