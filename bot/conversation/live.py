"""What is going on now: one thread hears of every event of the database and tells whoever subscribed.

Each process has one. It hears what any process wrote, in milliseconds, and each event once; while the database is
away it keeps trying, and afterwards tells what was missed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from bot.conversation.record import code_of
from bot.db.events import Event, EventStore, Watch
from bot.errors import BotError

logger = logging.getLogger(__name__)

Callback = Callable[[Event], None]

# Looked at even if nothing woke the thread: a notification may be lost with a connection.
_POLL_S = 0.2
# How long an id that was passed over may still appear: a transaction that waited for locks ends within this time.
_LATE_S = 10.0
# Ids before a newer one that may still be on their way.
_LOOK_BACK = 100
_PAGE = 500
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0


class Live:
    """Tails the events; nothing runs until `start`.

    A callback is called from this thread, one event at a time, and has to return at once (put it on a queue or an
    event loop); what it raises is logged and costs nobody else the event.

    Args:
        events: The events.
        poll_s: Longest time between two looks, where nothing woke the thread.
        chores: What else has to be done regularly, such as `Desk.remind_waiting`; each is quick.
        chore_s: Time between two rounds of chores.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        events: EventStore,
        *,
        poll_s: float = _POLL_S,
        chores: Iterable[Callable[[], object]] = (),
        chore_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events = events
        self._poll_s = poll_s
        self._chores = tuple(chores)
        self._chore_s = chore_s
        self._clock = clock
        self._lock = threading.Lock()
        self._callbacks: dict[object, Callback] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._tail = _Tail(events, clock)
        self._next_chores = 0.0

    def start(self) -> None:
        """Begin to listen; what is written from now on is told. A second call does nothing."""
        with self._lock:
            if self._thread is not None:
                return
            self._stopping.clear()
            with suppress(BotError):  # later, when the database is there
                self._tail.begin()
            self._thread = threading.Thread(target=self._run, name="live", daemon=True)
            self._thread.start()

    def stop(self, *, patience_s: float = 5.0) -> None:
        """Stop listening and wait for the thread to end."""
        with self._lock:
            thread, self._thread = self._thread, None
        self._stopping.set()
        if thread is not None:
            thread.join(patience_s)

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Have every event told to `callback` from now on.

        Returns:
            What ends that; calling it twice does no harm.
        """
        key = object()
        with self._lock:
            self._callbacks[key] = callback

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return unsubscribe

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            try:
                with self._events.watch() as watch:
                    self._tail.begin()
                    if pause_s > _FIRST_PAUSE_S:
                        logger.info("events are heard again")
                    pause_s = _FIRST_PAUSE_S
                    self._follow(watch)
            except Exception as error:  # noqa: BLE001  # the thread outlives whatever happens to the database
                if pause_s == _FIRST_PAUSE_S:
                    logger.error("events are not heard", extra={"code": code_of(error)})
                self._stopping.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _follow(self, watch: Watch) -> None:
        while not self._stopping.is_set():
            for event in self._tail.read():
                self._tell(event)
            self._do_chores()
            watch.wait(self._poll_s)

    def _tell(self, event: Event) -> None:
        with self._lock:
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            try:
                callback(event)
            except Exception as error:  # noqa: BLE001  # one page that is gone costs nobody else the event
                logger.warning("event not told", extra={"kind": event.kind, "code": code_of(error)})

    def _do_chores(self) -> None:
        if self._clock() < self._next_chores:
            return
        self._next_chores = self._clock() + self._chore_s
        for chore in self._chores:
            try:
                chore()
            except Exception as error:  # noqa: BLE001  # the next round does it
                logger.error("chore failed", extra={"code": code_of(error)})


class _Tail:
    """Reads each event once, even where a lower id appears after a higher one.

    Ids are given before the commit. An id that was passed over is asked for until it appears or its time is over:
    then its transaction was taken back.
    """

    def __init__(self, events: EventStore, clock: Callable[[], float]) -> None:
        self._events = events
        self._clock = clock
        self._newest: int | None = None
        self._missed: dict[int, float] = {}

    def begin(self) -> None:
        """Begin after the newest event there is; done once."""
        if self._newest is not None:
            return
        newest = self._events.newest_id()
        first = max(0, newest - _LOOK_BACK)
        there = {event.id for event in self._events.after(first, limit=_LOOK_BACK)}
        self._newest = max(there, default=newest)
        self._pass_over(set(range(first + 1, self._newest)) - there)

    def read(self) -> list[Event]:
        """Return what is new, in the order of the ids."""
        now = self._clock()
        self._missed = {missed: until for missed, until in self._missed.items() if until > now}
        newest = self._newest or 0
        events = self._events.after(newest, limit=_PAGE, also=tuple(self._missed))
        for event in events:
            if event.id > newest:
                # No further back: where old events were deleted, the ids before are many and long gone.
                self._pass_over(range(max(newest + 1, event.id - _LOOK_BACK), event.id))
                newest = event.id
            self._missed.pop(event.id, None)
        self._newest = newest
        return events

    def _pass_over(self, ids: Iterable[int]) -> None:
        until = self._clock() + _LATE_S
        self._missed |= dict.fromkeys(ids, until)
