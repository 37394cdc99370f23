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


def test_gives_the_cosine_of_every_row_in_order(vectors: np.ndarray) -> None:
    cosines = VectorStore.build(vectors).cosines(vectors[1])

    assert cosines.dtype == np.float32
    np.testing.assert_allclose(cosines, vectors @ vectors[1], atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_gives_no_cosine_for_a_vector_that_is_not_finite(vectors: np.ndarray, bad: float) -> None:
    query = vectors[0].copy()
    query[7] = bad

    assert not np.isfinite(VectorStore.build(vectors).cosines(query)).any()


def test_refuses_a_vector_of_another_model(vectors: np.ndarray) -> None:
    with pytest.raises(BadIndexError, match="another embedding model"):
        VectorStore.build(vectors).cosines(np.ones(8, dtype=np.float32))


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
