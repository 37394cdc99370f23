"""Which conversations have outlived their rule, and the erasing of these in small batches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, text

from bot.db.audit import record_audit
from bot.db.door import Door, guarded
from bot.db.erasure import RETENTION, Eraser, erase_rows, record_erasure, total
from bot.db.staff_tables import AUDIT
from bot.db.tables import CONVERSATIONS, HANDOFF_REQUESTS, REPLIES
from bot.domain import Outcome, Speaker

STARTED = "retention.started"
FINISHED = "retention.finished"
# The groups, the most specific first: a conversation belongs to the first that fits it.
EMERGENCY = "emergency"
WITHOUT_PERSON = "without_person"
OTHERS = "others"

# Any fixed number, the same in every process: only one decides at a time whether a run is due.
_LOCK = 7_310_644
_URGENT = (Outcome.EMERGENCY, Outcome.CRISIS)
_OPEN = (Speaker.WAITING, Speaker.HUMAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """After how many days without a new message a conversation is erased; None: it is kept.

    Attributes:
        days: For all that no other rule names.
        days_without_person: For those in which no person was asked for; None: as `days`.
        days_emergency: For those with an emergency or a crisis; None: as `days`.
    """

    days: int | None = None
    days_without_person: int | None = None
    days_emergency: int | None = None

    def by_group(self) -> dict[str, int | None]:
        """Return the days that hold for each group."""
        given = {EMERGENCY: self.days_emergency, WITHOUT_PERSON: self.days_without_person, OTHERS: self.days}
        return {group: self.days if days is None else days for group, days in given.items()}


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """One finished run of the job, as the audit log has it.

    Attributes:
        actor: ``retention``, or ``operator`` for the command line.
        detail: How many conversations of each group went, and ``seconds``.
    """

    finished_at: datetime
    actor: str
    detail: Mapping[str, Any]


class RetentionStore(Door):
    """Counts and erases what is due; conversations that wait for a person or are with one are never due."""

    @guarded
    def has_conversations(self) -> bool:
        """Tell whether there is anything at all."""
        with self._reading() as connection:
            return connection.execute(select(CONVERSATIONS.c.id).limit(1)).first() is not None

    @guarded
    def due_counts(self, *, rules: RetentionRules, now: datetime) -> dict[str, int]:
        """Count what a run would erase, by group."""
        with self._reading() as connection:
            return {
                group: connection.execute(select(func.count()).select_from(CONVERSATIONS).where(due)).scalar_one()
                for group, due in _due(rules, now).items()
            }

    @guarded
    def erase_due(
        self, *, rules: RetentionRules, group: str, limit: int, now: datetime, by: Eraser = RETENTION
    ) -> dict[str, int]:
        """Erase at most `limit` conversations of a group that are due, the oldest first, each with its proof.

        Returns:
            How many rows went from each table; without conversations the group is done.
        """
        due = _due(rules, now).get(group)
        if due is None:
            return total([])
        query = select(CONVERSATIONS.c.id).where(due).order_by(CONVERSATIONS.c.updated_at).limit(limit)
        with self._writing() as connection:
            # What somebody writes in at this moment is not due any more.
            ids = connection.execute(query.with_for_update(skip_locked=True, of=CONVERSATIONS)).scalars().all()
            counted = {name: erase_rows(connection, conversation_id=name, now=now) for name in ids}
            for name, counts in counted.items():
                record_erasure(connection, conversation_id=name, counts=counts, by=by, now=now)
        return total(list(counted.values()))

    @guarded
    def claim_run(self, *, now: datetime, pause: timedelta, by: Eraser = RETENTION) -> bool:
        """Take the run that is due now; of several processes at once one gets it.

        `pause` is the least time since the last run was begun; zero: it is due in any case.
        """
        with self._writing() as connection:
            _take_turn(connection)
            query = select(func.max(AUDIT.c.created_at)).where(AUDIT.c.action == STARTED)
            last = connection.execute(query).scalar_one()
            if last is not None and pause and last > now - pause:
                return False
            self._note(connection, action=STARTED, by=by, detail={}, now=now)
        return True

    @guarded
    def finish_run(self, *, detail: Mapping[str, Any], now: datetime, by: Eraser = RETENTION) -> None:
        """Write how a run ended into the audit log: counts alone."""
        with self._writing() as connection:
            self._note(connection, action=FINISHED, by=by, detail=detail, now=now)

    @guarded
    def last_runs(self, *, limit: int) -> list[RetentionRun]:
        """List the finished runs, the newest first."""
        query = select(AUDIT).where(AUDIT.c.action == FINISHED).order_by(AUDIT.c.id.desc()).limit(limit)
        with self._reading() as connection:
            return [_run_from(row) for row in connection.execute(query)]

    def _note(
        self, connection: Connection, *, action: str, by: Eraser, detail: Mapping[str, Any], now: datetime
    ) -> None:
        record_audit(
            connection,
            staff_id=by.staff_id,
            actor=by.name,
            action=action,
            subject_kind="retention",
            detail=detail,
            now=now,
        )


def _take_turn(connection: Connection) -> None:
    # SQLite needs none: a writing transaction holds the whole file.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _due(rules: RetentionRules, now: datetime) -> dict[str, ColumnElement[bool]]:
    is_urgent = exists().where(REPLIES.c.conversation_id == CONVERSATIONS.c.id, REPLIES.c.outcome.in_(_URGENT))
    mine = HANDOFF_REQUESTS.c.conversation_id == CONVERSATIONS.c.id
    asked = exists().where(mine)
    fits = {
        EMERGENCY: is_urgent,
        WITHOUT_PERSON: and_(~is_urgent, ~asked),
        OTHERS: and_(~is_urgent, asked),
    }
    is_open = or_(CONVERSATIONS.c.state.in_(_OPEN), exists().where(mine, HANDOFF_REQUESTS.c.state == "open"))
    return {
        group: and_(CONVERSATIONS.c.updated_at < now - timedelta(days=days), ~is_open, fits[group])
        for group, days in rules.by_group().items()
        if days is not None
    }


def _run_from(row: Row[Any]) -> RetentionRun:
    return RetentionRun(finished_at=row.created_at, actor=row.actor, detail=row.detail)
