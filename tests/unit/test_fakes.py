from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.encoders import HashEmbedder

FIRST_THREE = [0.045983, 0.050404, -0.048226]


@pytest.mark.parametrize("text", ["What is lupus?", "", "…", "ünïcödé words"])
def test_every_text_becomes_a_unit_vector_of_the_models_shape(text: str) -> None:
    vector = HashEmbedder().encode(text)
    assert (vector.shape, vector.dtype) == ((384,), np.dtype("float32"))
    assert abs(float(np.linalg.norm(vector)) - 1.0) < 1e-6


def test_the_same_text_gives_the_same_vector_in_every_process() -> None:
    vector = HashEmbedder().encode("What is lupus?")
    assert vector[:3].round(5).tolist() == pytest.approx(FIRST_THREE, abs=1e-5)
    assert np.array_equal(vector, HashEmbedder().encode("what IS lupus"))


def test_shared_words_bring_texts_closer_and_others_stay_apart() -> None:
    encoder = HashEmbedder()
    question, near, far = (encoder.encode(text) for text in ("lupus and the sun", "sun and skin", "who pays travel"))
    assert float(question @ near) > 0.4
    assert abs(float(question @ far)) < 0.2


def test_many_texts_become_the_rows_that_each_alone_becomes() -> None:
    encoder = HashEmbedder(dimension=8)
    rows = encoder.embed(["lupus", "sun"])
    assert rows.shape == (2, 8)
    assert np.array_equal(rows[1], encoder.encode("sun"))
    assert encoder.embed([]).shape == (0, 8)
