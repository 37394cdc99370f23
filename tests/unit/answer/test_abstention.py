from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answer.abstention import Evidence, calibration, confidence, gather
from bot.retrieval.search import Found, Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import guide_chunks, make_index

SEARCHER = Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode)
SURE = Evidence(
    dense=0.9,
    lexical=0.8,
    foreign=0.0,
    unheard=0.0,
    missing=0.0,
    margin=0.4,
    lacking=0.0,
    drift=0.0,
    gain=0.0,
    sounds=0.5,
)


def evidence(query: str, *, everyday: bool = False) -> Evidence:
    return gather(query, query, SEARCHER.search(query), searcher=SEARCHER, is_everyday=lambda word: everyday)


def test_a_question_in_the_words_of_the_guide_is_covered() -> None:
    found = evidence("Is fever the first sign of CRS?")

    assert (found.lacking, found.foreign, found.unheard, found.missing) == (0.0, 0.0, 0.0, 0.0)
    assert confidence(found) > 0.9


def test_a_word_that_no_section_has_is_foreign_or_unheard() -> None:
    common, rare = evidence("fever gardening", everyday=True), evidence("fever gardening", everyday=False)

    assert common.foreign == rare.unheard > 0
    assert common.unheard == rare.foreign == 0


def test_a_medicine_that_the_hits_do_not_name_is_missing() -> None:
    assert evidence("Does rituximab cause fever?").missing == 1.0


def test_a_disease_that_the_hits_do_not_name_is_missing() -> None:
    assert evidence("Is diabetes contagious?").missing == 1.0


def test_nothing_found_is_no_evidence() -> None:
    nothing = gather("?", "?", Found((), {}, ()), searcher=SEARCHER, is_everyday=lambda word: True)

    assert confidence(nothing) < calibration().threshold


@pytest.mark.parametrize(
    ("name", "worse"),
    [("dense", 0.2), ("lexical", 0.0), ("foreign", 0.8), ("unheard", 0.8), ("missing", 1.0), ("sounds", -0.5)],
)
def test_less_evidence_is_less_confidence(name: str, worse: float) -> None:
    assert confidence(replace(SURE, **{name: worse})) < confidence(SURE) <= 1.0


def test_every_part_is_a_share() -> None:
    for query in ("fever", "lupus contagious sun", "xyzzy plugh", "the of and", "fever " * 300):
        found = evidence(query)
        assert all(0 <= getattr(found, name) <= 1 for name in ("dense", "lexical", "foreign", "unheard", "lacking"))
