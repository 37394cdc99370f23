from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.answer.remainder import NO_FOCUS, Focus, focus_of
from bot.retrieval.search import Found, Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import guide_chunks, make_index


class Recorder:
    """An encoder that keeps what it was asked to embed."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._embedder = HashEmbedder()

    def encode(self, text: str) -> NDArray[np.float32]:
        self.texts.append(text)
        return self._embedder.encode(text)


SEARCHER = Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode)


def focus(query: str) -> Focus:
    return focus_of(query, SEARCHER.search(query), searcher=SEARCHER)


def test_a_question_in_the_sections_own_words_lacks_nothing() -> None:
    found = focus("Is fever the first sign of CRS?")

    assert (found.lacking, found.drift, found.gain) == (0.0, 0.0, 0.0)


def test_what_the_section_lacks_is_left_out_of_the_question() -> None:
    recorder = Recorder()
    searcher = Searcher(index=make_index(guide_chunks()), encode=recorder.encode)
    query = "Does fever after the infusion harm zebras?"
    found = searcher.search(query)
    recorder.texts.clear()

    focus_of(query, found, searcher=searcher)

    assert set(recorder.texts) == {query, "Does fever after the infusion ?"}


def test_the_more_is_lacking_the_farther_the_question_drifts() -> None:
    little, much = focus("fever after the infusion gardening"), focus("fever after gardening zebras tractors bicycles")

    assert 0 < little.lacking < much.lacking <= 1
    assert 0 < little.drift < much.drift


def test_the_section_is_nearer_to_what_is_left() -> None:
    assert focus("fever after the infusion zebras tractors").gain > 0


def test_a_question_of_nothing_but_lacking_words_drifts_wholly() -> None:
    found = focus("zebras")

    assert found.drift == 1.0
    assert found.gain == -SEARCHER.nearness("zebras", SEARCHER.search("zebras").hits[0].chunk.section_id)


def test_words_without_a_topic_are_no_question_either() -> None:
    assert focus("and what about the zebras?").drift == 1.0


def test_a_word_of_another_section_is_lacking_too() -> None:
    assert focus("fever after the infusion sunscreen").lacking > 0


def test_nothing_found_is_no_focus() -> None:
    assert focus_of("?", Found((), {}, ()), searcher=SEARCHER) == NO_FOCUS


@pytest.mark.parametrize(
    "query", ["fever " * 900, "zebra" * 2_000, "a b c", "x\N{COMBINING ACUTE ACCENT}y", "car t zebra"]
)
def test_every_question_gives_shares(query: str) -> None:
    found = focus(query)

    assert 0 <= found.lacking <= 1
    assert -1e-6 <= found.drift <= 2
    assert -2 <= found.gain <= 2
