from __future__ import annotations

import numpy as np
import pytest

from bot.index.plan import plan_rows
from bot.index.rows import RowKind
from bot.retrieval.dense import ABSENT, DenseSearch
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import guide_chunks, make_chunk, make_index

EMBEDDER = HashEmbedder()
CHUNKS = [*guide_chunks(), make_chunk("own", "A heading of an own file is no question.", title="Chapter 1")]


@pytest.fixture
def dense() -> DenseSearch:
    return DenseSearch(index=make_index(CHUNKS))


def test_each_kind_keeps_the_best_row_of_each_chunk(dense: DenseSearch) -> None:
    query = EMBEDDER.encode("fever after sunscreen")
    planned = plan_rows(CHUNKS, model_tokens=lambda text: len(text.split()))
    expected = {(number, kind): ABSENT for number in range(len(CHUNKS)) for kind in RowKind}
    for row in planned:
        key = (row.chunk_no, row.kind)
        expected[key] = max(expected[key], float(EMBEDDER.encode(row.text) @ query))

    cosines = dense.cosines(query)

    for kind, found in zip(RowKind, (cosines.passage, cosines.question, cosines.sentence), strict=True):
        np.testing.assert_allclose(found, [expected[number, kind] for number in range(len(CHUNKS))], atol=1e-6)
    assert cosines.question[3] == ABSENT
    np.testing.assert_array_equal(cosines.best, np.max([cosines.passage, cosines.question, cosines.sentence], axis=0))


def test_lists_the_sentences_of_a_chunk_by_number(dense: DenseSearch) -> None:
    query = EMBEDDER.encode("CRS may start within days of the infusion.")

    found = dense.sentences(dense.cosines(query), 0)

    assert [number for number, _ in found] == [0, 1]
    assert found[1][1] == pytest.approx(1.0, abs=1e-5)


def test_an_index_without_sentence_rows_lists_none() -> None:
    dense = DenseSearch(index=make_index([make_chunk("a", sentences=()), make_chunk("b", sentences=())]))
    cosines = dense.cosines(EMBEDDER.encode("fever"))

    assert (dense.sentences(cosines, 0), dense.sentences(cosines, 1)) == ([], [])
    assert cosines.sentence.tolist() == [ABSENT, ABSENT]


def test_a_vector_that_is_no_number_is_near_to_nothing(dense: DenseSearch) -> None:
    cosines = dense.cosines(np.full(384, np.nan, dtype=np.float32))

    assert set(cosines.best.tolist()) == {ABSENT}
