"""What every change of owner writes: the new owner, a line for both sides, the events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from bot.db.door import new_id
from bot.db.events import add_event
from bot.db.rows import append_message, conversation_from, conversation_row
from bot.db.tables import CONVERSATIONS
from bot.domain import Author, Conversation, Speaker
from bot.errors import FloorError


def require_open(row: Row[Any]) -> None:
    """Check that a person was asked for, or is here.

    Raises:
        FloorError: ``not_waiting``.
    """
    if row.state not in (Speaker.WAITING, Speaker.HUMAN):
        raise FloorError("Nobody asked for a person in this conversation.", code="not_waiting")


def moved(
    connection: Connection,
    row: Row[Any],
    *,
    to: Speaker,
    staff_id: str | None,
    note: str,
    now: datetime,
    display_name: str | None = None,
) -> Conversation:
    """Write the new owner, the note and the events; return the conversation as it is now."""
    mine = CONVERSATIONS.c.id == row.id
    connection.execute(CONVERSATIONS.update().where(mine).values(state=to, staff_id=staff_id))
    noted(connection, row, note=note, now=now, display_name=display_name)
    detail = {"state": to} | ({"name": display_name} if display_name else {})
    add_event(connection, conversation_id=row.id, kind="state", detail=detail, now=now)
    queue_changed(connection, row, now=now)
    return conversation_from(conversation_row(connection, conversation_id=row.id))


def noted(connection: Connection, row: Row[Any], *, note: str, now: datetime, display_name: str | None = None) -> None:
    """Write a line that tells both sides what happened."""
    append_message(
        connection,
        conversation=row,
        message_id=new_id(),
        author=Author.SYSTEM,
        text=note,
        now=now,
        display_name=display_name,
    )


def queue_changed(connection: Connection, row: Row[Any], *, now: datetime) -> None:
    """Let the queue's readers look again."""
    add_event(connection, conversation_id=row.id, kind="queue", detail={}, now=now)
