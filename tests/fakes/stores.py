"""Real transcripts in SQLite, without waiting for the disk: what these tests write need not outlive a power cut."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, event

from bot.db.engine import migrate, open_engine
from bot.db.transcripts import TranscriptStore


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
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            connection.execute(f'DROP TABLE "{name}"')
        connection.commit()
        connection.close()

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
