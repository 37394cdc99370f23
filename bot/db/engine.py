"""Opens the database and brings its tables up to date."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.db.door import ping
from bot.db.failures import place_of, store_error
from bot.db.migrations import HEAD
from bot.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config

_LOGGER = logging.getLogger(__name__)
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")

# A writer waits this long for another before it gives up; chat turns write for milliseconds.
_LOCK_TIMEOUT_MS = 5000
_MIGRATION_TIMEOUT_MS = 600_000
_CONNECT_TIMEOUT_S = 10
# Any fixed number: it only has to be the same in every process that migrates.
_MIGRATION_LOCK = 7_310_642


def open_engine(url: str, *, is_lasting: bool = True) -> Engine:
    """Open a database and ask it once for a sign of life.

    Args:
        url: ``sqlite:////path/file.db`` (the folder is made) or ``postgresql://user@host/name``.
        is_lasting: What is written has to outlive a power failure; False for a file that goes with the process.

    Raises:
        StoreError: The address is of no use, or the database cannot be opened; the detail names
            the path or host and what to do, and holds no password.
    """
    parsed = _parsed(url)
    engine = _sqlite_engine(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql_engine(parsed)
    if not is_lasting and engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _wait_for_no_disk)
    try:
        with engine.begin() as connection:
            ping(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        failure = store_error(error=error, place=place_of(parsed))
    else:
        return engine
    raise failure


def migrate(engine: Engine) -> None:
    """Bring the tables to this version's shape; quick when they have it already.

    All steps are one transaction: after a failure the database is as it was. Processes that start
    together take turns.

    Raises:
        StoreError: The database was made by a newer version, or cannot be changed.
    """
    try:
        with engine.begin() as connection:
            current = _revision(connection)
        if current != HEAD:
            with engine.execution_options(bot_begin="IMMEDIATE").begin() as connection:
                _upgrade(connection)
    except SQLAlchemyError as error:
        failure = store_error(error=error, place=place_of(engine.url))
    else:
        return
    raise failure


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in _SQLITE + _POSTGRESQL:
        raise StoreError("BOT_DATABASE_URL is no address of SQLite or PostgreSQL. Correct it, or leave it empty.")
    if parsed.drivername in _POSTGRESQL:
        return parsed.set(drivername="postgresql+psycopg")
    if place_of(parsed) in ("", ":memory:"):
        raise StoreError("BOT_DATABASE_URL names no file: what is kept in memory alone is lost. Name a path.")
    return parsed


def _sqlite_engine(url: URL) -> Engine:
    folder = Path(place_of(url)).parent
    try:
        # Only this process's own account may look at what patients wrote.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be made: {error.strerror}. Make it, or name another.") from error
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver begins transactions too late, after the first read; _begin_sqlite does it instead.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_LOCK_TIMEOUT_MS}",
        "journal_mode = WAL",
        # NORMAL may lose the newest commits when the power fails: they are acknowledged messages.
        "synchronous = FULL",
        "foreign_keys = ON",
        # What is erased is overwritten, not only unlinked.
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _wait_for_no_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF").fetchall()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between;
    # one that takes the write lock at its start waits for its turn.
    mode = connection.get_execution_options().get("bot_begin", "DEFERRED")
    if mode is not None:
        connection.exec_driver_sql(f"BEGIN {mode}")


def _postgresql_engine(url: URL) -> Engine:
    arguments = {"connect_timeout": _CONNECT_TIMEOUT_S}
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs the package psycopg. Install it, or use SQLite.") from error
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.execute(f"SET lock_timeout = {_LOCK_TIMEOUT_MS}")
    connection.commit()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    # Imported late: a start with current tables, which is nearly every start, does without it.
    from alembic import command
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        # Another process may be at it, and a step that reads every message takes its time.
        connection.execute(text(f"SET LOCAL lock_timeout = {_MIGRATION_TIMEOUT_MS}"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = _alembic_config(connection)
    before = _revision(connection)
    if before == HEAD:  # another process was quicker
        return
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before is not None and before not in known:
        raise StoreError(
            f"The database {place_of(connection.engine.url)} was made by a newer version (its tables are at {before}, "
            f"this version knows up to {HEAD}). Install that version, or restore the backup from before it."
        )
    command.upgrade(config, "head")
    _LOGGER.info("database migrated", extra={"from_revision": before, "to_revision": HEAD})


def _alembic_config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config
