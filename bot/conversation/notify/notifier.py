"""The workers that empty the outbox, a thread for each channel: a mail server that hangs holds no webhook up."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.conversation.notify.failure import SendError
from bot.conversation.notify.waiting import next_try
from bot.db.outbox import Notice, OutboxStore
from bot.errors import BotError

logger = logging.getLogger(__name__)

# One sending takes seconds at most, so this many are over long before they are handed out again.
_BATCH = 4
_HOLD = timedelta(minutes=5)
_PAUSE_S = 1.0
# While the database is away, asking it every second helps nobody.
_TROUBLE_PAUSE_S = 15.0


class Channel(Protocol):
    """One way to tell staff."""

    name: str

    def send(self, notice: Notice) -> None:
        """Send a notice; raises SendError where it did not arrive."""


class Notifier:
    """Sends what is due, until it is stopped; several processes share the work.

    A notice is marked as sent after it was sent. A process that is killed between the two sends it again when its
    hold on it is over, under the same id: a notice may come twice, and none is lost.

    Args:
        outbox: The notices.
        channels: The ways to send; without any, nothing is started.
        clock: The time, UTC.
        draw: Random numbers in 0..1, for the waiting.
        pause_s: How often to look for new notices.
    """

    def __init__(
        self,
        *,
        outbox: OutboxStore,
        channels: Sequence[Channel],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        draw: Callable[[], float] = random.random,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._outbox = outbox
        self._channels = tuple(channels)
        self._clock = clock
        self._draw = draw
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the ways to send."""
        return tuple(channel.name for channel in self._channels)

    def start(self) -> None:
        """Begin to send, in threads of its own."""
        self._stopping.clear()
        for channel in self._channels:
            thread = threading.Thread(target=self._work, args=(channel,), name=f"notices-{channel.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, *, patience_s: float = 2.0) -> None:
        """Stop; what is being sent when patience ends is sent again after the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(patience_s)
        self._threads.clear()

    def send_due(self, channel: Channel) -> int:
        """Send what is due over one channel, and return how many were tried.

        Raises:
            StoreError: The outbox cannot be read or written.
        """
        notices = self._outbox.claim(channel=channel.name, now=self._clock(), hold=_HOLD, limit=_BATCH)
        for notice in notices:
            self._send(channel, notice)
        return len(notices)

    def _work(self, channel: Channel) -> None:
        pause_s = 0.0
        while not self._stopping.wait(pause_s):
            try:
                pause_s = 0.0 if self.send_due(channel) else self._pause_s
            except Exception as error:  # noqa: BLE001  # a thread that ends would take all later notices with it
                code = error.code if isinstance(error, BotError) else type(error).__name__
                logger.error("notices stand still", extra={"channel": channel.name, "code": code})
                pause_s = _TROUBLE_PAUSE_S

    def _send(self, channel: Channel, notice: Notice) -> None:
        try:
            channel.send(notice)
        except SendError as error:
            failure = error
        except Exception as error:  # noqa: BLE001  # one notice that cannot be sent must not stop the others
            failure = SendError(type(error).__name__)
        else:
            self._outbox.mark_sent(notice_id=notice.id, now=self._clock())
            logger.info("notice sent", extra=_told(notice))
            return
        self._put_off(notice, failure)

    def _put_off(self, notice: Notice, failure: SendError) -> None:
        now = self._clock()
        retry_at = None
        if not failure.is_final:
            retry_at = next_try(
                created_at=notice.created_at, attempts=notice.attempts, now=now, asked=failure.wait, draw=self._draw
            )
        self._outbox.mark_failed(notice=notice, error=failure.code, retry_at=retry_at)
        if retry_at is None:
            logger.error("notice given up", extra=_told(notice) | {"code": failure.code})
        else:
            wait_s = round((retry_at - now).total_seconds())
            logger.warning("notice put off", extra=_told(notice) | {"code": failure.code, "wait_s": wait_s})


def _told(notice: Notice) -> dict[str, object]:
    return {
        "notice_id": notice.id,
        "channel": notice.channel,
        "attempts": notice.attempts,
        "conversation_id": notice.conversation_id,
    }
