"""What happens live: one row for each thing that open pages have to hear of, tailed by every process.

An event says that something happened, never what was said. The kinds:

- ``message`` {"message_id", "seq", "author"}: a line was added to the transcript;
- ``state`` {"state", "name"?}: somebody else speaks now; the name is the person's;
- ``queue`` {}: who waits, for how long or for whom has changed; {"flagged"} names an emergency or a crisis;
- ``typing`` {"who": "patient" | "staff", "name"?}: somebody writes;
- ``read`` {}: staff have seen the newest message;
- ``erased`` {}: the conversation is gone.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.db.desk_tables import EVENTS
from bot.db.door import Door, guarded
from bot.db.failures import place_of, store_error
from bot.errors import StoreError

KINDS = frozenset({"message", "state", "queue", "typing", "read", "erased"})

_CHANNEL = "lupus_bot_events"
# How often SQLite is asked whether another connection has written; one question takes microseconds.
_SQLITE_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `detail` as in the module's docstring."""

    id: int
    conversation_id: str
    kind: str
    detail: Mapping[str, Any]
    created_at: datetime


class Watch(Protocol):
    """Waits until there may be new events; for one thread."""

    def wait(self, timeout_s: float) -> bool:
        """Return True as soon as something may have been written, False when the time is over."""


def add_event(
    connection: Connection, *, conversation_id: str, kind: str, detail: Mapping[str, Any], now: datetime
) -> None:
    """Write an event in the caller's transaction: it is heard of when, and only if, that is committed."""
    connection.execute(
        EVENTS.insert().values(conversation_id=conversation_id, kind=kind, detail=dict(detail), created_at=now)
    )
    if connection.dialect.name == "postgresql":
        # Delivered at the commit; several in one transaction are one.
        connection.execute(select(func.pg_notify(_CHANNEL, "")))


class EventStore(Door):
    """Reads the events; other stores write them with `add_event`."""

    @guarded
    def after(self, event_id: int, limit: int = 500, *, also: Collection[int] = ()) -> list[Event]:
        """Read at most `limit` events with a higher id, the oldest first, and those of `also` before them.

        Ids are given before a commit, so on PostgreSQL a lower one may appear after a higher one: `also` asks for
        those that were not there.
        """
        missed = select(EVENTS).where(EVENTS.c.id.in_(also)).order_by(EVENTS.c.id)
        newer = select(EVENTS).where(EVENTS.c.id > event_id).order_by(EVENTS.c.id).limit(limit)
        with self._reading() as connection:
            late = connection.execute(missed).all() if also else []
            return [_event_from(row) for row in (*late, *connection.execute(newer))]

    @guarded
    def newest_id(self) -> int:
        """Read the id of the newest event, 0 where there is none."""
        with self._reading() as connection:
            return int(connection.execute(select(func.coalesce(func.max(EVENTS.c.id), 0))).scalar_one())

    @guarded
    def add(self, *, conversation_id: str, kind: str, detail: Mapping[str, Any], now: datetime) -> None:
        """Write an event that belongs to no other change, such as ``typing``."""
        with self._writing() as connection:
            add_event(connection, conversation_id=conversation_id, kind=kind, detail=detail, now=now)

    @guarded
    def prune(self, before: datetime) -> int:
        """Delete the events from before a moment, and return how many."""
        old = select(EVENTS.c.id).where(EVENTS.c.created_at < before).limit(1)
        with self._reading() as connection:  # nothing to do, as nearly always: no lock is taken
            if connection.execute(old).first() is None:
                return 0
        with self._writing() as connection:
            return connection.execute(EVENTS.delete().where(EVENTS.c.created_at < before)).rowcount

    @contextlib.contextmanager
    def watch(self) -> Iterator[Watch]:
        """Open what wakes a thread when there may be new events; it holds one connection of its own.

        Raises:
            StoreError: The database cannot be reached.
        """
        connection = self._open_watch()
        try:
            yield self._watch_over(connection)
        finally:
            connection.close()

    @guarded
    def _open_watch(self) -> Connection:
        connection = self._engine.execution_options(bot_begin=None, isolation_level="AUTOCOMMIT").connect()
        # Never back to the pool: nobody else wants a connection that listens.
        connection.detach()
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"LISTEN {_CHANNEL}"))
        return connection

    def _watch_over(self, connection: Connection) -> Watch:
        if connection.dialect.name == "postgresql":
            return _PostgresqlWatch(connection, place=place_of(self._engine.url))
        return _SqliteWatch(connection, place=place_of(self._engine.url))


class _SqliteWatch:
    """Looks at a counter that changes whenever another connection has committed.

    Args:
        connection: Writes nothing itself.
        place: Names the database in errors.
    """

    def __init__(self, connection: Connection, *, place: str) -> None:
        self._connection = connection
        self._place = place
        self._version = self._look()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the next commit of anybody."""
        until = time.monotonic() + timeout_s
        while True:
            version = self._look()
            if version != self._version:
                self._version = version
                return True
            left = until - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(_SQLITE_LOOK_S, left))

    def _look(self) -> int:
        try:
            return int(self._connection.exec_driver_sql("PRAGMA data_version").scalar_one())
        except SQLAlchemyError as error:
            failure = store_error(error=error, place=self._place)
        raise failure


class _PostgresqlWatch:
    """Waits for a notification.

    Args:
        connection: Listens already.
        place: Names the database in errors.
    """

    def __init__(self, connection: Connection, *, place: str) -> None:
        self._driver: Any = connection.connection.dbapi_connection
        self._failure: type[Exception] = connection.dialect.loaded_dbapi.Error
        self._place = place

    def wait(self, timeout_s: float) -> bool:
        """Wait for the next commit that wrote an event."""
        try:
            return any(True for _ in self._driver.notifies(timeout=timeout_s, stop_after=1))
        except self._failure:
            pass
        raise StoreError(f"The database {self._place} lost its connection. Check that the server runs.")


def _event_from(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        conversation_id=row.conversation_id,
        kind=row.kind,
        detail=row.detail,
        created_at=row.created_at,
    )
