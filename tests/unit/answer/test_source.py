from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answer import source as source_module
from bot.answer.abstention import calibration
from bot.answer.source import AnswerSource
from bot.index.loaded import LoadedIndex
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import guide_chunks, make_index


class Words:
    """A vocabulary without a file."""

    def __init__(self, tokenizer_file: Path) -> None:
        self.is_word = self.is_everyday = bool


class Indexes:
    """A current index that a test moves on."""

    def __init__(self) -> None:
        self.index = make_index(guide_chunks())

    def get(self) -> LoadedIndex:
        return self.index

    def move_on(self) -> None:
        self.index = replace(self.index, manifest=replace(self.index.manifest, version="20261123T0-next"))


@pytest.fixture
def indexes(monkeypatch: pytest.MonkeyPatch) -> Indexes:
    monkeypatch.setattr(source_module, "TokenCounter", Words)
    return Indexes()


def make_source(indexes: Indexes) -> AnswerSource:
    return AnswerSource(index=indexes, encoder_for=lambda index: HashEmbedder())  # type: ignore[arg-type]


def test_the_edition_stays_until_the_index_changes(indexes: Indexes) -> None:
    source = make_source(indexes)
    first = source.edition()
    assert source.edition() is first

    indexes.move_on()

    assert source.edition().index_version == "20261123T0-next"
    assert first.worker.encode("a talk under way").shape == (384,)


def test_an_edition_that_nobody_uses_is_freed_with_its_thread(indexes: Indexes) -> None:
    source = make_source(indexes)
    thread = source.edition().worker._thread
    worker = weakref.ref(source.edition().worker)

    indexes.move_on()
    source.edition()
    gc.collect()
    thread.join(timeout=5)

    assert worker() is None
    assert not thread.is_alive()


def test_names_the_guide_by_its_digest(indexes: Indexes) -> None:
    edition = make_source(indexes).edition()

    assert edition.guide_version == "0123abcd0123"
    assert edition.index_version == indexes.index.manifest.version
    assert edition.calibration_version == calibration().version
