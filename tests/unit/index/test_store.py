from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.errors import BadIndexError
from bot.index.store import VECTORS_FILE, VectorStore
from tests.fakes.encoders import DIMENSION, HashEmbedder

TEXTS = ["fever after infusion", "lupus rash", "sun and skin"]


@pytest.fixture
def vectors() -> np.ndarray:
    return HashEmbedder().embed(TEXTS)


def test_finds_the_nearest_row_first(vectors: np.ndarray) -> None:
    ids, cosines = VectorStore.build(vectors).nearest(vectors[1], 3)

    assert ids[0] == 1
    assert cosines[0] == pytest.approx(1.0, abs=1e-6)
    assert list(cosines) == sorted(cosines, reverse=True)


def test_returns_all_rows_when_k_is_larger_than_the_index(vectors: np.ndarray) -> None:
    ids, cosines = VectorStore.build(vectors).nearest(vectors[0], 1_000)

    assert sorted(ids.tolist()) == [0, 1, 2]
    assert len(cosines) == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_finds_nothing_for_a_vector_that_is_not_finite(vectors: np.ndarray, bad: float) -> None:
    query = vectors[0].copy()
    query[7] = bad

    ids, cosines = VectorStore.build(vectors).nearest(query, 3)

    assert len(ids) == len(cosines) == 0


def test_refuses_a_vector_of_another_model(vectors: np.ndarray) -> None:
    with pytest.raises(BadIndexError, match="another embedding model"):
        VectorStore.build(vectors).nearest(np.ones(8, dtype=np.float32), 3)


def test_rows_come_back_as_they_were_put_in(tmp_path: Path, vectors: np.ndarray) -> None:
    VectorStore.build(vectors).save(tmp_path)
    store = VectorStore.load(tmp_path, dimension=DIMENSION, count=3)

    np.testing.assert_array_equal(store.rows([2, 0]), vectors[[2, 0]])
    np.testing.assert_array_equal(store.all_rows(), vectors)
    assert store.rows([]).shape == (0, DIMENSION)


@pytest.mark.parametrize(("dimension", "count"), [(8, 3), (DIMENSION, 4)], ids=["dimension", "count"])
def test_refuses_a_file_that_does_not_fit_the_manifest(
    tmp_path: Path, vectors: np.ndarray, dimension: int, count: int
) -> None:
    VectorStore.build(vectors).save(tmp_path)

    with pytest.raises(BadIndexError, match="does not fit"):
        VectorStore.load(tmp_path, dimension=dimension, count=count)


def test_refuses_a_truncated_file(tmp_path: Path, vectors: np.ndarray) -> None:
    VectorStore.build(vectors).save(tmp_path)
    path = tmp_path / VECTORS_FILE
    path.write_bytes(path.read_bytes()[:500])

    with pytest.raises(BadIndexError, match="cannot be read"):
        VectorStore.load(tmp_path, dimension=DIMENSION, count=3)
