"""Real transcripts in SQLite, without waiting for the disk: what these tests write need not outlive a power cut."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, event

from bot.db.desk import DeskStore
from bot.db.desk_values import HandoffOutcome
from bot.db.engine import migrate, open_engine
from bot.db.transcripts import TranscriptStore
from bot.domain import Speaker

# A full-text table goes first, and takes the tables below it along.
_ALL_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
    "ORDER BY sql LIKE 'CREATE VIRTUAL%' DESC"
)


class QuickStore(TranscriptStore):
    """A store of its own on a database file, which tests may break.

    Args:
        path: The file; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        engine = open_engine(f"sqlite:///{path}")
        _at_each_connection(engine, "PRAGMA synchronous = OFF")
        migrate(engine)
        super().__init__(engine)
        self.path = path

    def make_read_only(self) -> None:
        """Refuse every write from now on, as a full or protected disk does."""
        _at_each_connection(self._engine, "PRAGMA query_only = ON")

    def destroy(self) -> None:
        """Drop every table."""
        connection = sqlite3.connect(self.path)
        connection.execute("PRAGMA foreign_keys = OFF")
        for (name,) in connection.execute(_ALL_TABLES).fetchall():
            connection.execute(f'DROP TABLE IF EXISTS "{name}"')
        connection.commit()
        connection.close()

    @property
    def engine(self) -> Engine:
        """The database, for other stores over it."""
        return self._engine

    def take_person_away(self, conversation_id: str, *, to: Speaker = Speaker.BOT) -> None:
        """Let the member of staff of `give_to_person` leave."""
        DeskStore(self._engine).finish(
            conversation_id=conversation_id,
            staff_id="grace",
            actor="Grace",
            to=to,
            outcome=HandoffOutcome.ANSWERED,
            note="Grace has left.",
            now=datetime.now(UTC),
        )

    def give_to_person(self, conversation_id: str) -> None:
        """Let a member of staff own a conversation, whatever its state."""
        DeskStore(self._engine).take(
            conversation_id=conversation_id,
            staff_id="grace",
            display_name="Grace",
            note="Grace has joined.",
            start=True,
            now=datetime.now(UTC),
        )

    def close(self) -> None:
        self._engine.dispose()

    def count(self, table: str) -> int:
        """Return how many rows a table has, seen from outside."""
        connection = sqlite3.connect(self.path)
        try:
            return int(connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608  # our names
        finally:
            connection.close()


def _at_each_connection(engine: Engine, pragma: str) -> None:
    event.listen(engine, "connect", lambda connection, _record: connection.execute(pragma).fetchall())
    engine.dispose()
