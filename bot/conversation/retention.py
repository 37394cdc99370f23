"""The job that erases conversations when their time is over: once a day, by itself, in small steps."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.db.erasure import RETENTION, Eraser
from bot.db.retention import RetentionRules, RetentionStore
from bot.errors import BotError

logger = logging.getLogger(__name__)

# Patients write while the job runs: each step locks the database for some tens of milliseconds.
_BATCH = 20
# An hour less than a day: a run that began late yesterday does not push today's into tomorrow.
_PAUSE = timedelta(hours=23)
_LOOK_EVERY_S = 15 * 60.0
# A server that has just started has better things to do.
_FIRST_LOOK_S = 30.0


class Files(Protocol):
    """Takes what was erased out of the database's files."""

    def empty_files(self) -> None:
        """Do it now, as far as nobody is in the way."""


class RetentionJob:
    """Erases what is due under the rules; several processes share one run a day.

    Args:
        store: Counts and erases.
        files: Emptied at the end of each run.
        rules: What is kept for how long; without any, only the cleaning is done.
        tidy: Further cleaning that belongs to a day, by name; gets the moment and returns a count.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        store: RetentionStore,
        files: Files,
        rules: RetentionRules,
        tidy: dict[str, Callable[[datetime], int]] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._files = files
        self._tidy = tidy or {}
        self._clock = clock
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.rules = rules

    def start(self, *, first_look_s: float = _FIRST_LOOK_S) -> None:
        """Begin to look for a run that is due, in a thread of its own."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, args=(first_look_s,), name="retention", daemon=True)
        self._thread.start()

    def stop(self, *, patience_s: float = 5.0) -> None:
        """Stop after the step under way; the next run goes on where this one ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience_s)
            self._thread = None

    def run_if_due(self) -> dict[str, int] | None:
        """Run, unless a run of this or another process has begun within the day.

        Returns:
            How many conversations of each group went; None: no run was due.

        Raises:
            StoreError: The database cannot be read or written.
        """
        if not self._store.claim_run(now=self._clock(), pause=_PAUSE):
            return None
        return self._run(RETENTION)

    def run_now(self, *, by: Eraser) -> dict[str, int]:
        """Run whether or not one is due.

        Raises:
            StoreError: The database cannot be read or written.
        """
        self._store.claim_run(now=self._clock(), pause=timedelta(0), by=by)
        return self._run(by)

    def preview(self) -> dict[str, int]:
        """Count what a run would erase now.

        Raises:
            StoreError: The database cannot be read.
        """
        return self._store.due_counts(rules=self.rules, now=self._clock())

    def _run(self, by: Eraser) -> dict[str, int]:
        started = time.monotonic()
        counts = {group: self._erase(group, by) for group, days in self.rules.by_group().items() if days is not None}
        tidied = {name: clean(self._clock()) for name, clean in self._tidy.items()}
        self._files.empty_files()
        seconds = round(time.monotonic() - started, 1)
        detail = {"erased": counts, "tidied": tidied, "seconds": seconds}
        self._store.finish_run(detail=detail, now=self._clock(), by=by)
        logger.info("retention run", extra=detail)
        return counts

    def _erase(self, group: str, by: Eraser) -> int:
        # One moment for the whole group: what comes of age meanwhile waits for tomorrow, so this ends.
        now = self._clock()
        count = 0
        while not self._stopping.is_set():
            rows = self._store.erase_due(rules=self.rules, group=group, limit=_BATCH, now=now, by=by)
            if not rows["conversations"]:
                break
            count += rows["conversations"]
        return count

    def _work(self, first_look_s: float) -> None:
        pause_s = first_look_s
        while not self._stopping.wait(pause_s):
            pause_s = _LOOK_EVERY_S
            try:
                self.run_if_due()
            except Exception as error:  # noqa: BLE001  # a thread that ends would never erase anything again
                code = error.code if isinstance(error, BotError) else type(error).__name__
                logger.error("retention failed", extra={"code": code})
