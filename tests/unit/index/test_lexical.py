from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.errors import BadIndexError
from bot.index.lexical import LexicalIndex

DOCUMENTS = [["fever", "crs", "infusion"], ["lupus", "diseases"], ["lupus", "skin", "sun"], []]


@pytest.fixture
def lexical() -> LexicalIndex:
    return LexicalIndex.build(DOCUMENTS)


def test_scores_are_shares_of_the_best_possible(lexical: LexicalIndex) -> None:
    scores = lexical.scores(["fever", "crs"])

    assert scores.shape == (4,)
    assert 0 < scores[0] < 1
    assert list(scores[1:]) == [0, 0, 0]


def test_counts_stems_and_keeps_spellings(lexical: LexicalIndex) -> None:
    assert lexical.document_counts["diseas"] == 1
    assert lexical.document_counts["lupus"] == 2
    assert lexical.spellings == ("crs", "diseases", "fever", "infusion", "lupus", "skin", "sun")


def test_a_rare_word_weighs_more_than_a_common_one(lexical: LexicalIndex) -> None:
    assert lexical.idf("unheard") > lexical.idf("skin") > lexical.idf("lupus") > 0


def test_a_foreign_word_lowers_every_score(lexical: LexicalIndex) -> None:
    assert lexical.scores(["lupus", "unheard"])[1] < lexical.scores(["lupus"])[1]


def test_a_repeated_word_counts_once(lexical: LexicalIndex) -> None:
    np.testing.assert_array_equal(lexical.scores(["fever", "fever"]), lexical.scores(["fever"]))


@pytest.mark.parametrize("query", [[], ["unheard"], [""]], ids=["empty", "foreign", "empty word"])
def test_nothing_known_scores_nothing(lexical: LexicalIndex, query: list[str]) -> None:
    assert not lexical.scores(query).any()


def test_comes_back_from_disk_as_it_was(tmp_path: Path, lexical: LexicalIndex) -> None:
    lexical.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, size=4)

    assert loaded.document_counts == lexical.document_counts
    assert loaded.spellings == lexical.spellings
    np.testing.assert_array_equal(loaded.scores(["lupus", "sun"]), lexical.scores(["lupus", "sun"]))


def test_nothing_on_disk_is_a_pickle(tmp_path: Path, lexical: LexicalIndex) -> None:
    lexical.save(tmp_path)

    for path in tmp_path.rglob("*.npy"):
        np.load(path, allow_pickle=False)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".npy", ".json"}


def test_builds_from_chunks_without_any_word(tmp_path: Path) -> None:
    LexicalIndex.build([[], []]).save(tmp_path)

    assert not LexicalIndex.load(tmp_path, size=2).scores(["fever"]).any()


def test_a_missing_file_is_refused(tmp_path: Path, lexical: LexicalIndex) -> None:
    lexical.save(tmp_path)
    next(tmp_path.rglob("indices*.npy")).unlink()

    with pytest.raises(BadIndexError, match="BM25"):
        LexicalIndex.load(tmp_path, size=4)
