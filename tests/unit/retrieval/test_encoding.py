from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bot.errors import ModelError
from bot.retrieval.encoding import EncodingWorker
from tests.fakes.encoders import HashEmbedder


class CountingEncoder(HashEmbedder):
    """Remembers what it was asked, and by which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []

    def encode(self, text: str) -> np.ndarray:
        self.asked.append((text, threading.current_thread().name))
        if text == "broken":
            raise ModelError("broken")
        return super().encode(text)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


def test_embeds_equal_texts_once_and_in_one_thread(encoder: CountingEncoder) -> None:
    worker = EncodingWorker(encoder=encoder)

    with ThreadPoolExecutor(max_workers=8) as pool:
        vectors = list(pool.map(worker.encode, ["one", "two"] * 20))

    assert sorted(encoder.asked) == [("one", "encoding"), ("two", "encoding")]
    np.testing.assert_array_equal(vectors[0], HashEmbedder().encode("one"))
    np.testing.assert_array_equal(vectors[1], HashEmbedder().encode("two"))


def test_a_failure_reaches_its_asker_and_nobody_else(encoder: CountingEncoder) -> None:
    worker = EncodingWorker(encoder=encoder)

    with pytest.raises(ModelError, match="broken"):
        worker.encode("broken")
    assert worker.encode("fine").shape == (384,)


def test_nobody_can_change_a_vector_that_others_get(encoder: CountingEncoder) -> None:
    vector = EncodingWorker(encoder=encoder).encode("text")

    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1.0


def test_forgets_the_oldest_texts(encoder: CountingEncoder) -> None:
    worker = EncodingWorker(encoder=encoder)
    for number in range(600):
        worker.encode(str(number))

    worker.encode("599")
    worker.encode("0")

    assert [text for text, _ in encoder.asked].count("599") == 1
    assert [text for text, _ in encoder.asked].count("0") == 2


def test_a_closed_worker_refuses_instead_of_waiting_for_ever(encoder: CountingEncoder) -> None:
    worker = EncodingWorker(encoder=encoder)
    worker.encode("known")
    worker.close()
    worker.close()

    with pytest.raises(ModelError, match="shut down"):
        worker.encode("unknown")
    assert worker.encode("known").shape == (384,)


def test_the_thread_ends_when_nobody_holds_the_worker(encoder: CountingEncoder) -> None:
    worker = EncodingWorker(encoder=encoder)
    thread = worker._thread
    assert thread.is_alive()

    del worker
    gc.collect()
    thread.join(timeout=5)

    assert not thread.is_alive()


def test_a_worker_that_is_asked_through_its_method_stays(encoder: CountingEncoder) -> None:
    encode = EncodingWorker(encoder=encoder).encode
    gc.collect()
    time.sleep(0.01)

    assert encode("text").shape == (384,)
