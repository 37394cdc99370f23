"""What has to be sent out: notices that were written together with the event they tell of.

A notice is a row, so it survives the process that wrote it. Its id stays the same over all tries:
a receiver that gets it twice can tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from bot.db.desk_tables import OUTBOX
from bot.db.door import Door, guarded, new_id
from bot.db.rows import conversation_row

EMAIL = "email"
WEBHOOK = "webhook"
# What a notice tells of; the name is part of what receivers get.
REQUESTED = "handoff.requested"

# The engine carries it, so that whoever writes a request needs to know nothing of how staff are told.
_OPTION = "bot_notice_channels"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to send over one channel.

    Attributes:
        id: Stays the same over all tries.
        payload: Reason code, moment, language and partner; never a patient's words.
        attempts: Tries so far, the one under way included.
        state: ``pending``, ``sent`` or ``failed``.
        last_error: Fixed code of the last failure, such as ``http_503``.
    """

    id: str
    channel: str
    topic: str
    conversation_id: str
    payload: Mapping[str, Any]
    state: str
    attempts: int
    next_attempt_at: datetime
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


def with_channels(engine: Engine, channels: Iterable[str]) -> Engine:
    """Return the same database with the channels over which staff are told; without any, no notice is written."""
    return engine.execution_options(**{_OPTION: tuple(channels)})


def queue_notices(connection: Connection, *, conversation_id: str, reason: str, now: datetime) -> int:
    """Write a notice for each channel, in the transaction of the request that it tells of.

    `reason` is the request's fixed code. Without channels nothing is written.

    Returns:
        How many were written.

    Raises:
        NotFoundError: There is no such conversation.
    """
    channels: tuple[str, ...] = connection.get_execution_options().get(_OPTION, ())
    if not channels:
        return 0
    conversation = conversation_row(connection, conversation_id=conversation_id)
    payload = {
        "reason": reason,
        "waiting_since": now.isoformat(),
        "language": conversation.language,
        "partner": conversation.partner_id,
    }
    for channel in channels:
        connection.execute(
            OUTBOX.insert().values(
                id=new_id(),
                channel=channel,
                topic=REQUESTED,
                conversation_id=conversation_id,
                payload=payload,
                state="pending",
                attempts=0,
                next_attempt_at=now,
                created_at=now,
            )
        )
    return len(channels)


class OutboxStore(Door):
    """Hands each due notice to one worker at a time, over all threads and processes.

    A worker that dies with a notice in hand loses nothing: the notice is due again when the time it
    was handed out for is over. It may then be sent a second time.
    """

    @guarded
    def claim(self, *, channel: str, now: datetime, hold: timedelta, limit: int) -> list[Notice]:
        """Take at most `limit` due notices, the longest due first; for `hold` no other worker gets them."""
        due = (OUTBOX.c.state == "pending") & (OUTBOX.c.channel == channel) & (OUTBOX.c.next_attempt_at <= now)
        with self._reading() as connection:  # nothing due, as nearly always: no lock is taken
            if connection.execute(select(OUTBOX.c.id).where(due).limit(1)).first() is None:
                return []
        query = select(OUTBOX.c.id).where(due).order_by(OUTBOX.c.next_attempt_at, OUTBOX.c.id).limit(limit)
        with self._writing() as connection:
            ids = connection.execute(query.with_for_update(skip_locked=True)).scalars().all()
            connection.execute(
                OUTBOX.update()
                .where(OUTBOX.c.id.in_(ids))
                .values(attempts=OUTBOX.c.attempts + 1, next_attempt_at=now + hold)
            )
            rows = connection.execute(select(OUTBOX).where(OUTBOX.c.id.in_(ids)).order_by(OUTBOX.c.created_at)).all()
        return [_notice_from(row) for row in rows]

    @guarded
    def mark_sent(self, *, notice_id: str, now: datetime) -> None:
        """Write that a notice arrived; one whose conversation was erased meanwhile is gone, which is right."""
        with self._writing() as connection:
            values = {"state": "sent", "sent_at": now, "last_error": None}
            connection.execute(OUTBOX.update().where(OUTBOX.c.id == notice_id).values(values))

    @guarded
    def mark_failed(self, *, notice: Notice, error: str, retry_at: datetime | None) -> bool:
        """Write that a try failed; `error` is a fixed code. Without `retry_at` it is given up.

        Returns:
            False: another worker has it by now, and nothing changed.
        """
        mine = (OUTBOX.c.id == notice.id) & (OUTBOX.c.attempts == notice.attempts) & (OUTBOX.c.state == "pending")
        values: dict[str, Any] = {"last_error": error}
        values |= {"state": "failed"} if retry_at is None else {"next_attempt_at": retry_at}
        with self._writing() as connection:
            return connection.execute(OUTBOX.update().where(mine).values(values)).rowcount == 1

    @guarded
    def send_again(self, *, notice_id: str, now: datetime) -> bool:
        """Let a notice that was given up begin anew; False where there is none."""
        given_up = (OUTBOX.c.id == notice_id) & (OUTBOX.c.state == "failed")
        values = {"state": "pending", "attempts": 0, "next_attempt_at": now, "created_at": now}
        with self._writing() as connection:
            return connection.execute(OUTBOX.update().where(given_up).values(values)).rowcount == 1

    @guarded
    def counts(self) -> dict[str, int]:
        """Count the notices that are pending, sent and failed."""
        query = select(OUTBOX.c.state, func.count()).group_by(OUTBOX.c.state)
        with self._reading() as connection:
            found: dict[str, int] = {row.state: row[1] for row in connection.execute(query)}
        return {state: found.get(state, 0) for state in ("pending", "sent", "failed")}

    @guarded
    def troubled(self, *, limit: int) -> list[Notice]:
        """List the notices that were given up or failed at least once, the newest first."""
        trouble = (OUTBOX.c.state != "sent") & OUTBOX.c.last_error.is_not(None)
        query = select(OUTBOX).where(trouble).order_by(OUTBOX.c.created_at.desc(), OUTBOX.c.id).limit(limit)
        with self._reading() as connection:
            return [_notice_from(row) for row in connection.execute(query)]

    @guarded
    def prune(self, *, before: datetime) -> int:
        """Delete the notices that arrived before a moment, and return how many."""
        arrived = (OUTBOX.c.state == "sent") & (OUTBOX.c.sent_at < before)
        with self._writing() as connection:
            return connection.execute(OUTBOX.delete().where(arrived)).rowcount


def _notice_from(row: Row[Any]) -> Notice:
    return Notice(**row._asdict())
