"""Opening and migrating: every failure says which database and what to do."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, inspect, make_url
from sqlalchemy.exc import IntegrityError

import bot
from bot.db import migrations
from bot.db.engine import migrate, open_engine
from bot.db.partner_counts import PartnerCountStore
from bot.db.schema import METADATA
from bot.db.search import is_search_table
from bot.errors import StoreError

_ROOT = str(Path(bot.__file__).parent.parent)
_INTO_CONVERSATIONS = (
    "INSERT INTO conversations (id, visitor_id, state, channel, language, last_seq, created_at, updated_at) VALUES "
)
_MIGRATE = """
import sys
if "together" in sys.argv:
    import alembic.command, alembic.script
from bot.db.engine import migrate, open_engine
from bot.db.partner_counts import PartnerCountStore
engine = open_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrate(engine)
print("alembic" in sys.modules)
"""


def _start_migration(url: str, folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _MIGRATE, url, *options]
    process = subprocess.Popen(
        command, cwd=folder, env={"PYTHONPATH": _ROOT}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _migration_of(connection: Connection) -> MigrationContext:
    # The tables of the full-text search are made by a migration alone: each database has its own.
    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or not is_search_table(name)

    return MigrationContext.configure(connection, opts={"include_name": is_ours})


def test_migrated_tables_are_those_of_the_code(engine: Engine) -> None:
    with engine.begin() as connection:
        assert compare_metadata(_migration_of(connection), METADATA) == []


def test_head_is_the_newest_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_processes_that_migrate_at_once_take_turns(database_url: str, tmp_path: Path) -> None:
    started = [_start_migration(database_url, tmp_path, "together") for _ in range(3)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        process.communicate(timeout=60)
    assert [process.returncode for process in started] == [0] * 3
    engine = open_engine(database_url)
    with engine.begin() as connection:
        assert compare_metadata(_migration_of(connection), METADATA) == []
    engine.dispose()


def test_a_current_database_needs_no_migration_tool(engine: Engine, database_url: str, tmp_path: Path) -> None:
    process = _start_migration(database_url, tmp_path)
    assert process.communicate("go\n", timeout=60)[0] == "False\n"


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as caught:
        migrate(engine)
    assert caught.value.detail.endswith(
        " was made by a newer version (its tables are at 9999, this version knows up to "
        f"{migrations.HEAD}). Install that version, or restore the backup from before it."
    )
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"


def test_a_failed_migration_leaves_the_database_as_it_was(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE gaps (id TEXT)")
    with pytest.raises(StoreError):
        migrate(engine)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["gaps"]
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("INSERT INTO gaps VALUES ('g', 'unknown', '?', 'r', '[]', '2026-11-22')", id="no-such-parent"),
        pytest.param(
            _INTO_CONVERSATIONS + "('c', 'v', 'lost', 'web', 'en', 0, '2026-11-22', '2026-1-1')",
            id="no-such-state",
        ),
        pytest.param(
            _INTO_CONVERSATIONS + "('c', '', 'bot', 'web', 'en', 0, '2026-11-22', '2026-1-1')",
            id="no-visitor",
        ),
    ],
)
def test_migrated_tables_refuse_what_cannot_be(engine: Engine, statement: str) -> None:
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_sqlite_keeps_what_it_acknowledged_and_its_folder_to_itself(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new/deep/bot.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
    with engine.begin() as connection:
        values = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for pragma in pragmas]
    engine.dispose()
    assert values == ["wal", 2, 1, 5000, 1]
    assert (tmp_path / "new" / "deep").stat().st_mode & 0o777 == 0o700


def test_a_file_that_goes_with_the_process_waits_for_no_disk(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/bot.db", is_lasting=False)
    with engine.begin() as connection:
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("journal_mode", "synchronous")]
    engine.dispose()
    assert values == ["wal", 0]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("not an address hunter2", id="no-address"),
        pytest.param("mysql://bot:hunter2@db/bot", id="mysql"),
        pytest.param("postgresql+asyncpg://bot:hunter2@db/bot", id="asynchronous"),
        pytest.param("sqlite://", id="memory"),
        pytest.param("sqlite:///:memory:", id="memory-by-name"),
    ],
)
def test_an_address_of_no_use_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_engine(url)
    assert caught.value.detail.startswith("BOT_DATABASE_URL ")
    assert "hunter2" not in caught.value.detail


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        open_engine(f"sqlite:///{tmp_path}/file/below/bot.db")
    assert caught.value.detail == (
        f"The folder {tmp_path}/file/below cannot be made: Not a directory. Make it, or name another."
    )


def test_a_damaged_file_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    path.write_bytes(b"no database " * 1000)
    with pytest.raises(StoreError) as caught:
        open_engine(f"sqlite:///{path}")
    assert caught.value.detail == (
        f"The database {path} is damaged or not a database. Put the last backup in its place."
    )
    assert not caught.value.retryable
    assert path.read_bytes() == b"no database " * 1000


def test_a_read_only_file_is_named(tmp_path: Path) -> None:
    open_engine(f"sqlite:///{tmp_path}/bot.db").dispose()
    engine = open_engine(f"sqlite:///file:{tmp_path}/bot.db?mode=ro&uri=true")
    with pytest.raises(StoreError) as caught:
        migrate(engine)
    engine.dispose()
    assert caught.value.detail == (
        f"The database {tmp_path}/bot.db is read-only. Let this process write the file and its folder."
    )


def test_a_locked_file_is_named_and_worth_another_try(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    engine = open_engine(f"sqlite:///{path}")
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 20"))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError) as caught:
            migrate(engine)
    assert caught.value.detail.startswith(f"The database {path} stayed locked by another process.")
    assert caught.value.retryable
    migrate(engine)
    engine.dispose()


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    engine = open_engine(f"sqlite:///{path}")
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 3").fetchall())
    with pytest.raises(StoreError) as caught:
        migrate(engine)
    engine.dispose()
    assert caught.value.detail == f"The database {path} is on a full disk. Free some space."


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError) as caught:
        open_engine("postgresql://bot@/record")
    assert caught.value.detail == "PostgreSQL needs the package psycopg. Install it, or use SQLite."


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_engine(f"postgresql://bot:hunter2@/record?host={tmp_path}&port=6543")
    assert caught.value.detail == (
        f"The database {tmp_path}:6543/record cannot be reached. "
        "Check that the server runs, that the database is there, and the login."
    )
    assert caught.value.retryable


def test_a_database_that_is_not_there_is_named(postgresql_server: str) -> None:
    url = make_url(postgresql_server).set(database="nowhere")
    with pytest.raises(StoreError) as caught:
        open_engine(url.render_as_string(hide_password=False))
    assert "/nowhere cannot be reached. " in caught.value.detail


def test_a_restarted_server_is_found_again(postgresql_server: str) -> None:
    engine = open_engine(postgresql_server)
    with engine.begin() as connection:
        before = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = open_engine(postgresql_server)
    with other.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({before}, 5000)")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != before
    engine.dispose()
    other.dispose()


def test_nobody_queues_for_ever_behind_a_writer_that_does_not_end(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.db.door._PATIENCE_S", 0.05)
    first, second = (PartnerCountStore(sqlite_engine) for _ in range(2))
    with first._writing(), pytest.raises(StoreError, match="takes no writes"):
        second.prune_tickets(now=datetime.now(UTC))
    second.prune_tickets(now=datetime.now(UTC))
