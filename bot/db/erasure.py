"""Erasing what a patient said and all that hangs on it, with a line in the audit log as proof."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from bot.db.audit import record_audit
from bot.db.desk_tables import CONTACTS, EVENTS, OUTBOX
from bot.db.door import Door, guarded
from bot.db.events import add_event
from bot.db.review_tables import LESSONS, REVIEW_VERDICTS, REVIEWS
from bot.db.rows import conversation_row
from bot.db.search import forget_words
from bot.db.staff_tables import CONVERSATION_LABELS, NOTES, READS
from bot.db.tables import (
    CITATIONS,
    CONVERSATIONS,
    FEEDBACK,
    GAPS,
    HANDOFF_REQUESTS,
    MESSAGES,
    REPLIES,
)
from bot.domain import Speaker

_LOGGER = logging.getLogger(__name__)

# How long old versions of SQLite may rewrite the search index: while somebody waits, and in a job by itself.
_WAITING_S, _JOB_S = 0.5, 600.0

ERASED = "conversation.erased"
VISITOR_ERASED = "visitor.erased"
# Tables whose rows name their conversation, children before what they hang on: a cascade would delete them as well,
# but would not count them.
_NAMED = (
    REPLIES,
    MESSAGES,
    HANDOFF_REQUESTS,
    GAPS,
    CONTACTS,
    OUTBOX,
    NOTES,
    CONVERSATION_LABELS,
    READS,
    EVENTS,
)


@dataclass(frozen=True, slots=True)
class Eraser:
    """Who has something erased.

    Attributes:
        name: Kept in the audit log: ``patient``, ``retention``, ``operator``, ``partner`` and its id,
            or a member of staff's name.
        staff_id: For staff.
    """

    name: str
    staff_id: str | None = None


PATIENT = Eraser("patient")
RETENTION = Eraser("retention")
OPERATOR = Eraser("operator")


class ErasureStore(Door):
    """Rows are deleted, not marked. Backups made before are the operator's to age out."""

    @guarded
    def erase_conversation(
        self, *, conversation_id: str, visitor_id: str | None, now: datetime, by: Eraser = PATIENT
    ) -> dict[str, int]:
        """Erase one conversation; `visitor_id` is the caller, None for staff, operators and jobs.

        Returns:
            How many rows went from each table.

        Raises:
            NotFoundError: There is no such conversation, or it is another visitor's.
        """
        with self._writing() as connection:
            conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id, lock=True)
            counts = erase_rows(connection, conversation_id=conversation_id, now=now)
            record_erasure(connection, conversation_id=conversation_id, counts=counts, by=by, now=now)
        self._empty_files(patience_s=_WAITING_S)
        return counts

    @guarded
    def erase_visitor(self, *, visitor_id: str, now: datetime, by: Eraser = PATIENT) -> dict[str, int]:
        """Erase all conversations of a visitor; an unknown visitor has none.

        Returns:
            How many rows went from each table.
        """
        with self._writing() as connection:
            query = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.visitor_id == visitor_id).with_for_update()
            ids = list(connection.execute(query.order_by(CONVERSATIONS.c.id)).scalars())
            counted = {name: erase_rows(connection, conversation_id=name, now=now) for name in ids}
            for name, counts in counted.items():
                record_erasure(connection, conversation_id=name, counts=counts, by=by, now=now)
            if ids:
                record_audit(
                    connection,
                    staff_id=by.staff_id,
                    actor=by.name,
                    action=VISITOR_ERASED,
                    subject_kind="visitor",
                    subject_id=digest_of(visitor_id),
                    detail={"conversations": len(ids)},
                    now=now,
                )
        self._empty_files(patience_s=_WAITING_S)
        return total(list(counted.values()))

    @guarded
    def conversation_ids(self, *, visitor_id: str) -> list[str]:
        """List the conversations that `erase_visitor` would erase."""
        query = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.visitor_id == visitor_id)
        with self._reading() as connection:
            return list(connection.execute(query.order_by(CONVERSATIONS.c.created_at)).scalars())

    @guarded
    def empty_files(self) -> None:
        """Take what was erased out of SQLite's files as well; PostgreSQL's own cleaning does it there.

        A reader in the way only puts the journal off to the next time this runs.
        """
        self._empty_files(patience_s=_JOB_S)

    def _empty_files(self, *, patience_s: float) -> None:
        if self._engine.dialect.name != "sqlite":
            return
        if not forget_words(self._engine, patience_s=patience_s):
            _LOGGER.warning("search index not cleaned to its end after erasing")
        with self._engine.execution_options(bot_begin=None).connect() as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            _LOGGER.warning("journal not emptied after erasing")


def erase_rows(connection: Connection, *, conversation_id: str, now: datetime) -> dict[str, int]:
    """Delete a conversation whose row this transaction has locked, and tell open pages.

    Returns:
        How many rows went from each table.
    """
    state = connection.execute(select(CONVERSATIONS.c.state).where(CONVERSATIONS.c.id == conversation_id)).scalar_one()
    counts = {
        table.name: connection.execute(table.delete().where(condition)).rowcount
        for table, condition in _steps(conversation_id)
    }
    add_event(connection, conversation_id=conversation_id, kind="erased", detail={}, now=now)
    if state in (Speaker.WAITING, Speaker.HUMAN):
        add_event(connection, conversation_id=conversation_id, kind="queue", detail={}, now=now)
    return counts


def record_erasure(
    connection: Connection, *, conversation_id: str, counts: dict[str, int], by: Eraser, now: datetime
) -> None:
    """Write the proof: what went, how many rows of each table, and who had it erased."""
    record_audit(
        connection,
        staff_id=by.staff_id,
        actor=by.name,
        action=ERASED,
        subject_kind="conversation",
        subject_id=conversation_id,
        detail={"rows": {name: count for name, count in counts.items() if count}},
        now=now,
    )


def digest_of(visitor_id: str) -> str:
    """Return what stands for a visitor in the audit log: who holds the id finds the proof, and nobody else the id."""
    return hashlib.sha256(visitor_id.encode("utf-8", "surrogatepass")).hexdigest()


def total(counts: list[dict[str, int]]) -> dict[str, int]:
    """Add up the rows of several erasures, table by table."""
    return {table.name: sum(each[table.name] for each in counts) for table, _ in _steps("")}


def _steps(conversation_id: str) -> tuple[tuple[Table, ColumnElement[bool]], ...]:
    replies = _ids(REPLIES, conversation_id)
    reviews = _ids(REVIEWS, conversation_id)
    return (
        (REVIEW_VERDICTS, REVIEW_VERDICTS.c.review_id.in_(reviews)),
        (REVIEWS, REVIEWS.c.conversation_id == conversation_id),
        (LESSONS, LESSONS.c.conversation_id == conversation_id),
        (CITATIONS, CITATIONS.c.reply_id.in_(replies)),
        (FEEDBACK, FEEDBACK.c.reply_id.in_(replies)),
        *((table, table.c.conversation_id == conversation_id) for table in _NAMED),
        (CONVERSATIONS, CONVERSATIONS.c.id == conversation_id),
    )


def _ids(table: Table, conversation_id: str) -> Select[tuple[str]]:
    return select(table.c.id).where(table.c.conversation_id == conversation_id)
