"""Who read and changed what: a log that only grows, each line sealed with the digest of the one before.

Triggers refuse to change or delete a line; whoever gets around them breaks the chain, which `AuditStore.check_chain`
finds. The log never holds a patient's words, a password or a token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text

from bot.db.columns import storable
from bot.db.door import Door, guarded
from bot.db.staff_tables import AUDIT

# What the first line is sealed with.
FIRST = "0" * 64
# Any fixed number, the same in every process: lines are written one after the other.
_AUDIT_LOCK = 7_310_643
_ROWS_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log.

    Attributes:
        staff_id: Who did it; None: nobody of the staff, such as the command line or a job.
        actor: Their name at that time, or what else acted.
        action: Fixed code, such as ``conversation.read``.
        subject_kind: What it was done to, such as ``conversation`` or ``staff``.
        detail: Codes, counts and ids.
    """

    id: int
    created_at: datetime
    staff_id: str | None
    actor: str
    action: str
    subject_kind: str
    subject_id: str | None
    detail: Mapping[str, Any]


def record_audit(
    connection: Connection,
    *,
    staff_id: str | None,
    actor: str,
    action: str,
    subject_kind: str,
    subject_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Add a line to the log within a writing transaction: what it tells of and the line are kept or lost together.

    Call it last: from here to its end the transaction holds the log, and others wait for it.

    Args:
        detail: Codes, counts and ids that JSON can hold; never a patient's words.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _AUDIT_LOCK})
    last = connection.execute(select(AUDIT.c.digest).order_by(AUDIT.c.id.desc()).limit(1)).scalar()
    values: dict[str, Any] = {
        "created_at": now.astimezone(UTC),
        "staff_id": storable(staff_id),
        "actor": storable(actor),
        "action": storable(action),
        "subject_kind": storable(subject_kind),
        "subject_id": storable(subject_id),
        "detail": dict(detail or {}),
        "previous": last or FIRST,
    }
    connection.execute(AUDIT.insert().values(**values, digest=_digest(values)))


class AuditStore(Door):
    """Reads the log, and writes what happens outside of other stores' transactions."""

    @guarded
    def record(
        self,
        *,
        staff_id: str | None,
        actor: str,
        action: str,
        subject_kind: str,
        subject_id: str | None = None,
        detail: Mapping[str, Any] | None = None,
        now: datetime,
    ) -> None:
        """Add one line, as `record_audit` does."""
        with self._writing() as connection:
            record_audit(
                connection,
                staff_id=staff_id,
                actor=actor,
                action=action,
                subject_kind=subject_kind,
                subject_id=subject_id,
                detail=detail,
                now=now,
            )

    @guarded
    def entries(
        self,
        *,
        staff_id: str | None = None,
        action: str | None = None,
        subject_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before_id: int | None = None,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Return lines, the newest first.

        Args:
            action: A code, or what codes begin with when it ends in a dot: ``staff.``.
            since: Not before this moment.
            until: Before this moment.
            before_id: Only lines older than this one, for the next page.
        """
        query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
        equal = {AUDIT.c.staff_id: staff_id, AUDIT.c.subject_id: subject_id}
        for column, value in equal.items():
            if value is not None:
                query = query.where(column == value)
        query = _within(query, action=action, since=since, until=until, before_id=before_id)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(query)]

    @guarded
    def check_chain(self) -> int | None:
        """Go through the whole log and compare every digest.

        Returns:
            Id of the first line that is not what was written, or that follows on a missing one; None: all is well.
        """
        previous = FIRST
        query = select(AUDIT).order_by(AUDIT.c.id).execution_options(yield_per=_ROWS_AT_A_TIME)
        with self._reading() as connection, connection.execute(query) as rows:
            for row in rows:
                if row.previous != previous or row.digest != _digest(row._asdict()):
                    return int(row.id)
                previous = row.digest
        return None


def _within(
    query: Select[Any],
    *,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    before_id: int | None,
) -> Select[Any]:
    if action is not None and action.endswith("."):
        query = query.where(AUDIT.c.action.startswith(action, autoescape=True))
    elif action is not None:
        query = query.where(AUDIT.c.action == action)
    if since is not None:
        query = query.where(AUDIT.c.created_at >= since)
    if until is not None:
        query = query.where(AUDIT.c.created_at < until)
    return query if before_id is None else query.where(AUDIT.c.id < before_id)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        created_at=row.created_at,
        staff_id=row.staff_id,
        actor=row.actor,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        detail=row.detail,
    )


def _digest(values: Mapping[str, Any]) -> str:
    """Hash a line and the digest before it, in the one spelling that both databases give back."""
    sealed = {
        name: values[name]
        for name in ("staff_id", "actor", "action", "subject_kind", "subject_id", "detail", "previous")
    }
    sealed["created_at"] = values["created_at"].astimezone(UTC).isoformat(timespec="microseconds")
    document = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(document.encode("ascii")).hexdigest()
