"""Rows of the desk to its values, and what must hold before a conversation changes hands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select, tuple_

from bot.db.desk_tables import CONTACTS
from bot.db.desk_values import Case, Contact, HandoffOutcome, QueueEntry, Request
from bot.db.rows import conversation_from
from bot.db.staff_tables import STAFF
from bot.db.tables import CONVERSATIONS, HANDOFF_REQUESTS, REPLIES
from bot.domain import Outcome, Role, Speaker
from bot.errors import FloorError, NotFoundError

# The queue page shows no more; a longer line needs more people, not a longer page.
_MOST_ENTRIES = 500
_URGENT = (Outcome.EMERGENCY, Outcome.CRISIS)
_HAS_CONTACT = exists().where(CONTACTS.c.conversation_id == CONVERSATIONS.c.id).label("has_contact")
_OF_CONVERSATION = (
    CONVERSATIONS.c.id.label("conversation_id"),
    CONVERSATIONS.c.state.label("owner"),
    CONVERSATIONS.c.updated_at,
    CONVERSATIONS.c.last_seq,
    CONVERSATIONS.c.language,
    CONVERSATIONS.c.channel,
    CONVERSATIONS.c.partner_id,
    CONVERSATIONS.c.staff_id,
    _HAS_CONTACT,
)


def queue_rows() -> Select[Any]:
    """Select the open requests, the longest waiting first, for `queue_entry`."""
    return (
        select(
            *_OF_CONVERSATION,
            HANDOFF_REQUESTS.c.id.label("request_id"),
            HANDOFF_REQUESTS.c.reason,
            HANDOFF_REQUESTS.c.created_at.label("asked_at"),
            HANDOFF_REQUESTS.c.taken_at,
            HANDOFF_REQUESTS.c.overdue_at,
            STAFF.c.display_name,
        )
        .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFF_REQUESTS.c.conversation_id)
        .outerjoin(STAFF, STAFF.c.id == CONVERSATIONS.c.staff_id)
        .where(HANDOFF_REQUESTS.c.state == "open", CONVERSATIONS.c.state.in_((Speaker.WAITING, Speaker.HUMAN)))
        .order_by(HANDOFF_REQUESTS.c.created_at, HANDOFF_REQUESTS.c.id)
        .limit(_MOST_ENTRIES)
    )


def flagged_rows(since: datetime) -> Select[Any]:
    """Select the talks with the bot in which an emergency or a crisis was met and no person came since."""
    seen = exists().where(
        HANDOFF_REQUESTS.c.conversation_id == CONVERSATIONS.c.id, HANDOFF_REQUESTS.c.taken_at >= REPLIES.c.created_at
    )
    return (
        select(*_OF_CONVERSATION, REPLIES.c.reason, REPLIES.c.created_at.label("asked_at"))
        .join(CONVERSATIONS, CONVERSATIONS.c.id == REPLIES.c.conversation_id)
        .where(
            REPLIES.c.outcome.in_(_URGENT),
            REPLIES.c.created_at >= since,
            CONVERSATIONS.c.state.in_((Speaker.BOT, Speaker.CLOSED)),
            ~seen,
        )
        .order_by(REPLIES.c.created_at)
        .limit(_MOST_ENTRIES)
    )


def flags_since(connection: Connection, since: datetime) -> dict[str, str]:
    """Read the reason of the newest emergency or crisis reply of each conversation since a moment."""
    query = (
        select(REPLIES.c.conversation_id, REPLIES.c.reason)
        .where(REPLIES.c.outcome.in_(_URGENT), REPLIES.c.created_at >= since)
        .order_by(REPLIES.c.created_at)
    )
    return {row.conversation_id: row.reason for row in connection.execute(query)}


def queue_entry(row: Row[Any], flags: Mapping[str, str]) -> QueueEntry:
    """Build an entry of the queue from a row of `queue_rows` or `flagged_rows`."""
    return QueueEntry(
        conversation_id=row.conversation_id,
        state=Speaker(row.owner),
        reason=row.reason,
        asked_at=row.asked_at,
        updated_at=row.updated_at,
        messages=row.last_seq,
        language=row.language,
        channel=row.channel,
        partner_id=row.partner_id,
        request_id=getattr(row, "request_id", None),
        staff_id=row.staff_id,
        staff_name=getattr(row, "display_name", None),
        taken_at=getattr(row, "taken_at", None),
        overdue_at=getattr(row, "overdue_at", None),
        has_contact=bool(row.has_contact),
        flag=flags.get(row.conversation_id),
    )


def case_from(connection: Connection, row: Row[Any]) -> Case:
    """Build the desk's view of a conversation from its row."""
    requests = (
        select(HANDOFF_REQUESTS, STAFF.c.display_name)
        .outerjoin(STAFF, STAFF.c.id == HANDOFF_REQUESTS.c.staff_id)
        .where(HANDOFF_REQUESTS.c.conversation_id == row.id)
        .order_by(HANDOFF_REQUESTS.c.created_at.desc(), HANDOFF_REQUESTS.c.id.desc())
    )
    contacts = select(CONTACTS).where(CONTACTS.c.conversation_id == row.id).order_by(CONTACTS.c.kind)
    return Case(
        conversation=conversation_from(row),
        staff_id=row.staff_id,
        staff_name=None if row.staff_id is None else name_of(connection, row.staff_id),
        requests=tuple(_request(found) for found in connection.execute(requests)),
        contacts=tuple(Contact(found.kind, found.value, found.consented_at) for found in connection.execute(contacts)),
        position=_position(connection, row),
    )


def open_request(connection: Connection, conversation_id: str) -> str | None:
    """Read the id of the open request of a conversation."""
    query = select(HANDOFF_REQUESTS.c.id).where(
        HANDOFF_REQUESTS.c.conversation_id == conversation_id, HANDOFF_REQUESTS.c.state == "open"
    )
    return connection.execute(query).scalar_one_or_none()


def close_request(
    connection: Connection, conversation_id: str, *, outcome: HandoffOutcome | None, now: datetime
) -> None:
    """Close the open request of a conversation, if there is one."""
    mine = (HANDOFF_REQUESTS.c.conversation_id == conversation_id) & (HANDOFF_REQUESTS.c.state == "open")
    connection.execute(HANDOFF_REQUESTS.update().where(mine).values(state="closed", outcome=outcome, closed_at=now))


def newest_taken_request(connection: Connection, conversation_id: str) -> str | None:
    """Read the id of the newest request that a person answered."""
    query = (
        select(HANDOFF_REQUESTS.c.id)
        .where(HANDOFF_REQUESTS.c.conversation_id == conversation_id, HANDOFF_REQUESTS.c.taken_at.is_not(None))
        .order_by(HANDOFF_REQUESTS.c.created_at.desc(), HANDOFF_REQUESTS.c.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def name_of(connection: Connection, staff_id: str) -> str | None:
    """Read the name that patients see of a member of staff."""
    return connection.execute(select(STAFF.c.display_name).where(STAFF.c.id == staff_id)).scalar_one_or_none()


def require_unowned(connection: Connection, row: Row[Any], *, start: bool) -> None:
    """Check that a conversation may be taken; with `start` it need not wait.

    Raises:
        FloorError: ``taken``, with the owner's name, or ``not_waiting``.
    """
    if row.state == Speaker.HUMAN:
        raise _owned(connection, row, code="taken")
    if row.state != Speaker.WAITING and not start:
        raise FloorError("The patient does not wait for a person any more.", code="not_waiting")


def require_owner(connection: Connection, row: Row[Any], staff_id: str) -> None:
    """Check that a member of staff owns a conversation.

    Raises:
        FloorError: ``not_yours``, with the owner's name where there is one.
    """
    if row.state != Speaker.HUMAN or row.staff_id != staff_id:
        raise _owned(connection, row, code="not_yours")


def require_colleague(connection: Connection, staff_id: str) -> str:
    """Return the name of a colleague who may talk to patients.

    Raises:
        NotFoundError: There is none of that id, they are switched off, or their role is too low.
    """
    found = connection.execute(
        select(STAFF.c.display_name).where(STAFF.c.id == staff_id, STAFF.c.is_active, STAFF.c.role != Role.REVIEWER)
    ).scalar_one_or_none()
    if found is None:
        raise NotFoundError("There is no such colleague who may talk to patients.")
    return str(found)


def _owned(connection: Connection, row: Row[Any], *, code: str) -> FloorError:
    name = None
    if row.state == Speaker.HUMAN and row.staff_id is not None:
        name = name_of(connection, row.staff_id)
    if row.state == Speaker.HUMAN:
        return FloorError(f"{name or 'A colleague'} has this conversation.", code=code, name=name)
    return FloorError("Nobody has taken this conversation.", code=code)


def _position(connection: Connection, row: Row[Any]) -> int | None:
    if row.state != Speaker.WAITING:
        return None
    order = tuple_(HANDOFF_REQUESTS.c.created_at, HANDOFF_REQUESTS.c.id)
    mine = connection.execute(
        select(HANDOFF_REQUESTS.c.created_at, HANDOFF_REQUESTS.c.id).where(
            HANDOFF_REQUESTS.c.conversation_id == row.id, HANDOFF_REQUESTS.c.state == "open"
        )
    ).one_or_none()
    if mine is None:
        return None
    ahead = (
        select(func.count())
        .select_from(HANDOFF_REQUESTS)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFF_REQUESTS.c.conversation_id)
        .where(
            HANDOFF_REQUESTS.c.state == "open",
            CONVERSATIONS.c.state == Speaker.WAITING,
            order < tuple_(mine.created_at, mine.id, types=[column.type for column in order.clauses]),
        )
    )
    return connection.execute(ahead).scalar_one() + 1


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        reason=row.reason,
        is_open=row.state == "open",
        asked_at=row.created_at,
        staff_id=row.staff_id,
        staff_name=row.display_name,
        taken_at=row.taken_at,
        outcome=row.outcome,
        closed_at=row.closed_at,
        overdue_at=row.overdue_at,
        rating=row.rating,
    )
