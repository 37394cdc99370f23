"""One call of a chat model: bounded in time and number, tried again while nothing has come, stopped when not needed.

A vendor's time limit counts the silence between two pieces, so that a model that drips would go on for ever. Each call
therefore runs in a thread of its own, and whoever waits for it waits no longer than the limit.
"""

from __future__ import annotations

import contextvars
import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Protocol

from bot.answer.generative.prompts import Request
from bot.errors import LanguageModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

logger = logging.getLogger(__name__)

TIMEOUT, BUSY, ERROR, CUT_OFF = "model_timeout", "model_busy", "model_error", "model_cut_off"
# Somebody waits: a place that is not free within a second will not be free soon.
_MOST_WAIT_S = 1.0
_BACKOFF_S = 0.5
# Under these names providers say why an answer ended, and these are ends in the middle.
_ENDS = ("finish_reason", "stop_reason", "done_reason")
_CUT = frozenset({"length", "max_tokens", "model_length", "content_filter", "refusal", "safety", "error"})
_RETRIED_STATUS = frozenset({408, 409, 429})


class LanguageModel(Protocol):
    """A model that can be asked."""

    @property
    def id(self) -> str:
        """Return the name that is kept with each answer."""

    def stream(self, request: Request, *, timeout_s: float | None = None) -> Generator[str, None, None]:
        """Yield the answer in pieces as it comes.

        Raises:
            LanguageModelError: It failed, was cut off, was too slow or too busy; the code says which.
        """


class CallingModel:
    """A LangChain chat model behind our limits.

    Args:
        chat: The vendor's model.
        model_id: Provider and model.
        timeout_s: Longest time for a whole answer, retries included.
        max_retries: Further tries while nothing has come.
        max_concurrency: Calls at a time, those included that nobody waits for any more.

    Attributes:
        id: As `model_id`.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        model_id: str,
        timeout_s: float,
        max_retries: int,
        max_concurrency: int,
    ) -> None:
        self.id = model_id
        self._chat = chat
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._places = threading.BoundedSemaphore(max_concurrency)

    def stream(self, request: Request, *, timeout_s: float | None = None) -> Generator[str, None, None]:
        """Yield the answer in pieces as it comes; leaving the loop stops the call.

        Raises:
            LanguageModelError: It failed, was cut off, was too slow or too busy; the code says which.
        """
        limit_s = min(timeout_s or self._timeout_s, self._timeout_s)
        until = time.monotonic() + limit_s
        if not self._places.acquire(timeout=min(_MOST_WAIT_S, limit_s)):
            raise LanguageModelError("All places for calls of the model are taken.", code=BUSY)
        call = _Call(self._chat, request, retries=self._max_retries, on_end=self._places.release)
        try:
            yield from call.pieces(until=until)
        finally:
            call.stop()


class _Call:
    """Runs in a thread; its pieces come through a queue."""

    def __init__(self, chat: BaseChatModel, request: Request, *, retries: int, on_end: Callable[[], None]) -> None:
        self._chat = chat
        self._request = request
        self._retries = retries
        self._on_end = on_end
        self._pieces: queue.SimpleQueue[str | LanguageModelError | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        # A trace, where one is asked for, belongs to the question that is being answered.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run,), name="language-model", daemon=True).start()

    def pieces(self, *, until: float) -> Iterator[str]:
        while True:
            try:
                piece = self._pieces.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise LanguageModelError("The model took too long.", code=TIMEOUT) from None
            if isinstance(piece, LanguageModelError):
                raise piece
            if piece is None:
                return
            yield piece

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        try:
            self._try_until_done()
        finally:
            self._on_end()

    def _try_until_done(self) -> None:
        for attempt in range(self._retries + 1):
            has_come = False
            try:
                for piece in self._streamed():
                    has_come = True
                    self._pieces.put(piece)
            except LanguageModelError as error:
                self._pieces.put(error)
                return
            except Exception as error:  # noqa: BLE001  # each vendor has errors of its own
                is_last = has_come or attempt == self._retries or not _may_pass(error)
                logger.warning("model call failed", extra={"kind": type(error).__name__, "attempt": attempt + 1})
                if is_last or self._stopped.wait(_BACKOFF_S * 2**attempt):
                    self._pieces.put(_ours(error, has_come=has_come))
                    return
            else:
                self._pieces.put(None)
                return

    def _streamed(self) -> Iterator[str]:
        end: object = None
        for chunk in self._chat.stream(_messages(self._request)):
            if self._stopped.is_set():
                return
            end = next((chunk.response_metadata[name] for name in _ENDS if chunk.response_metadata.get(name)), end)
            if text := str(chunk.text):
                yield text
        if end is None or str(end).lower() in _CUT:
            raise LanguageModelError("The model's answer ended in the middle.", code=CUT_OFF)


def _messages(request: Request) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage, SystemMessage

    return [SystemMessage(request.system), HumanMessage(request.human)]


def _may_pass(error: Exception) -> bool:
    """Tell whether a failure may pass: a busy or broken server may, a wrong key will not."""
    status = getattr(error, "status_code", None)
    return not isinstance(status, int) or status in _RETRIED_STATUS or status >= 500


def _ours(error: Exception, *, has_come: bool) -> LanguageModelError:
    if "timeout" in type(error).__name__.lower():
        return LanguageModelError("The model took too long.", code=TIMEOUT)
    return LanguageModelError("The call of the model failed.", code=CUT_OFF if has_come else ERROR)
