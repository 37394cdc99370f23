"""One worker embeds all queries, off the event loop, each text once."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from concurrent.futures import Future
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.index.query_encoder import Encoder

Vector = NDArray[np.float32]
# A conversation asks for the same text's vector several times (triage, retrieval); 512 vectors are 0.8 MB.
_CACHED = 512


class EncodingWorker:
    """Turns texts into unit vectors in one thread of its own, which ends when nobody holds the worker any more.

    Texts that wait together are taken together and equal ones are embedded once; each is a run of its own,
    because the rows of a padded batch differ in their last bits from the same text alone.

    Args:
        encoder: Used by the worker's thread only.
    """

    def __init__(self, *, encoder: Encoder) -> None:
        self._room = _Room(encoder)
        self._thread = threading.Thread(target=self._room.work, name="encoding", daemon=True)
        self._thread.start()
        # The thread holds the room, not the worker: an index that was replaced frees its model.
        weakref.finalize(self, self._room.close)

    def encode(self, text: str) -> Vector:
        """Return float32 (dim,), a unit vector; waits for the worker, so never call it on an event loop.

        Raises:
            ModelError: The encoder failed, or the worker was closed.
        """
        return self._room.ask(text)

    def close(self) -> None:
        """Stop the worker after what waits is done."""
        self._room.close()
        self._thread.join(timeout=5)


class _Room:
    """What the worker and its thread share."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._cache: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()
        self._queue: SimpleQueue[tuple[str, Future[Vector]] | None] = SimpleQueue()
        self._closed = False

    def ask(self, text: str) -> Vector:
        future: Future[Vector] = Future()
        with self._lock:
            if (vector := self._cache.get(text)) is not None:
                self._cache.move_to_end(text)
                return vector
            if self._closed:
                raise ModelError("The guide is being shut down; ask again in a moment.")
            self._queue.put((text, future))
        return future.result()

    def close(self) -> None:
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)

    def work(self) -> None:
        while (item := self._queue.get()) is not None:
            text, future = item
            try:
                future.set_result(self._vector(text))
            except Exception as error:  # noqa: BLE001  # whatever it is, the asker must hear of it and the worker go on
                future.set_exception(error)

    def _vector(self, text: str) -> Vector:
        with self._lock:
            cached = self._cache.get(text)
        if cached is not None:
            return cached
        vector = self._encoder.encode(text)
        vector.setflags(write=False)
        with self._lock:
            self._cache[text] = vector
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return vector
