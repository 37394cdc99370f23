"""The audit log: it only grows, and what was done to it behind our back is found."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from bot.db.audit import FIRST, AuditStore
from bot.db.staff_tables import AUDIT


@pytest.fixture
def audit(engine: Engine) -> AuditStore:
    return AuditStore(engine)


def _record(audit: AuditStore, now: datetime, **changes: Any) -> None:
    values: dict[str, Any] = {
        "staff_id": "s1", "actor": "maria", "action": "conversation.read", "subject_kind": "conversation",
        "subject_id": "c1", "detail": {"b": 1, "a": ["x", None, 0.1, "ä🦋"]}, "now": now,
    }  # fmt: skip
    audit.record(**(values | changes))


def test_a_line_reads_as_it_was_written(audit: AuditStore, now: datetime) -> None:
    _record(audit, now)
    (entry,) = audit.entries()
    assert (entry.created_at, entry.staff_id, entry.actor, entry.action) == (now, "s1", "maria", "conversation.read")
    assert (entry.subject_kind, entry.subject_id) == ("conversation", "c1")
    assert entry.detail == {"a": ["x", None, 0.1, "ä🦋"], "b": 1}


def test_each_line_is_sealed_with_the_one_before(audit: AuditStore, engine: Engine, now: datetime) -> None:
    for number in range(3):
        _record(audit, now, subject_id=str(number))
    with engine.begin() as connection:
        rows = connection.execute(AUDIT.select().order_by(AUDIT.c.id)).all()
    assert [row.previous for row in rows] == [FIRST, rows[0].digest, rows[1].digest]
    assert audit.check_chain() is None


def test_an_empty_log_is_in_order(audit: AuditStore) -> None:
    assert (audit.check_chain(), audit.entries()) == (None, [])


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"actor": "a\x00b\ud800c"}, id="what-no-database-stores"),
        pytest.param({"detail": None, "staff_id": None, "subject_id": None}, id="nothing"),
        pytest.param({"detail": {"text": "\ud800 \u2028"}}, id="half-a-character"),
    ],
)
def test_odd_lines_are_sealed_as_they_are_stored(audit: AuditStore, now: datetime, changes: dict[str, Any]) -> None:
    _record(audit, now, **changes)
    assert audit.check_chain() is None


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE audit SET actor = 'nobody'", id="update"),
        pytest.param("DELETE FROM audit", id="delete"),
        pytest.param("DELETE FROM audit WHERE id = 1", id="delete-one"),
    ],
)
def test_the_database_refuses_to_change_a_line(
    audit: AuditStore, engine: Engine, now: datetime, statement: str
) -> None:
    _record(audit, now)
    with pytest.raises(DBAPIError, match="the audit log only grows"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert len(audit.entries()) == 1


def test_the_database_refuses_to_put_another_line_in_the_place_of_one(
    audit: AuditStore, engine: Engine, now: datetime
) -> None:
    _record(audit, now)
    statement = "TRUNCATE audit" if engine.dialect.name == "postgresql" else (
        "INSERT OR REPLACE INTO audit SELECT id, created_at, staff_id, 'nobody', action, subject_kind, subject_id, "
        "detail, previous, digest FROM audit"
    )  # fmt: skip
    with pytest.raises(DBAPIError, match="the audit log only grows"), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert [entry.actor for entry in audit.entries()] == ["maria"]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        pytest.param("UPDATE audit SET actor = 'nobody' WHERE id = 2", 2, id="changed"),
        pytest.param("UPDATE audit SET detail = '{\"a\":9}' WHERE id = 3", 3, id="detail-changed"),
        pytest.param("DELETE FROM audit WHERE id = 2", 3, id="one-gone"),
        pytest.param("DELETE FROM audit WHERE id = 1", 2, id="the-first-gone"),
    ],
)
def test_who_gets_around_that_is_found(
    audit: AuditStore, engine: Engine, now: datetime, statement: str, broken: int
) -> None:
    for number in range(4):
        _record(audit, now, detail={"a": number})
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            for name in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_no_{name}"))
        connection.exec_driver_sql(statement)
    assert audit.check_chain() == broken


def test_writers_at_once_make_one_chain(audit: AuditStore, now: datetime) -> None:
    def write(number: int) -> None:
        for _ in range(5):
            _record(audit, now, staff_id=f"s{number}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(audit.entries(limit=100)) == 20
    assert audit.check_chain() is None


def test_lines_are_found_by_who_what_and_when(audit: AuditStore, now: datetime) -> None:
    _record(audit, now)
    _record(audit, now + timedelta(hours=1), staff_id="s2", action="staff.added", subject_id="c2")
    _record(audit, now + timedelta(hours=2), staff_id="s2", action="staff_like", subject_id="c3")

    def found(**filters: Any) -> list[str | None]:
        return [entry.subject_id for entry in audit.entries(**filters)]

    assert found() == ["c3", "c2", "c1"]
    assert found(staff_id="s2") == ["c3", "c2"]
    assert found(action="staff.") == ["c2"]
    assert found(action="staff_like") == ["c3"]
    assert found(subject_id="c1") == ["c1"]
    assert found(since=now + timedelta(hours=1), until=now + timedelta(hours=2)) == ["c2"]
    assert found(limit=1) == ["c3"]
    assert found(before_id=audit.entries()[1].id) == ["c1"]
