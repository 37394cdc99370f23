"""Patients' thumbs on replies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from bot.db.door import Door, guarded
from bot.db.rows import insert_or_keep
from bot.db.tables import CONVERSATIONS, FEEDBACK, REPLIES
from bot.domain import Feedback
from bot.errors import LimitError, NotFoundError


class FeedbackStore(Door):
    """One thumb for each reply, the newest counts; only the visitor who got the reply gives it."""

    @guarded
    def set_feedback(
        self,
        *,
        reply_id: str,
        visitor_id: str,
        value: int,
        now: datetime,
        reason: str | None = None,
        comment: str | None = None,
    ) -> Feedback:
        """Write a thumb, 1 for up and -1 for down, in the place of an earlier one.

        `comment` is what the patient wrote to it, masked already.

        Raises:
            LimitError: `value` is neither 1 nor -1.
            NotFoundError: There is no such reply, or it is another visitor's.
        """
        if value not in (1, -1):
            raise LimitError("Feedback is 1 or -1.")
        values: dict[str, Any] = {"value": value, "reason": reason, "comment": comment, "created_at": now}
        with self._writing() as connection:
            _require_owner(connection, reply_id, visitor_id)
            insert = insert_or_keep(connection, FEEDBACK).values(reply_id=reply_id, **values)
            connection.execute(insert.on_conflict_do_update(index_elements=["reply_id"], set_=values))
            return _feedback_from(connection.execute(_thumb_on(reply_id)).one())

    @guarded
    def clear_feedback(self, *, reply_id: str, visitor_id: str) -> None:
        """Take a thumb back; without one nothing happens.

        Raises:
            NotFoundError: There is no such reply, or it is another visitor's.
        """
        with self._writing() as connection:
            _require_owner(connection, reply_id, visitor_id)
            connection.execute(FEEDBACK.delete().where(FEEDBACK.c.reply_id == reply_id))

    @guarded
    def feedback(self, *, reply_id: str, visitor_id: str) -> Feedback | None:
        """Read the thumb on a reply, or None.

        Raises:
            NotFoundError: There is no such reply, or it is another visitor's.
        """
        with self._reading() as connection:
            _require_owner(connection, reply_id, visitor_id)
            row = connection.execute(_thumb_on(reply_id)).one_or_none()
        return None if row is None else _feedback_from(row)

    @guarded
    def thumbs(self, *, conversation_id: str) -> dict[str, Feedback]:
        """Read all thumbs of a conversation by the id of their reply, for staff."""
        query = select(FEEDBACK).join(REPLIES, REPLIES.c.id == FEEDBACK.c.reply_id)
        with self._reading() as connection:
            rows = connection.execute(query.where(REPLIES.c.conversation_id == conversation_id))
            return {row.reply_id: _feedback_from(row) for row in rows}


def _require_owner(connection: Connection, reply_id: str, visitor_id: str) -> None:
    query = (
        select(REPLIES.c.id)
        .join(CONVERSATIONS, CONVERSATIONS.c.id == REPLIES.c.conversation_id)
        .where(REPLIES.c.id == reply_id, CONVERSATIONS.c.visitor_id == visitor_id)
    )
    if connection.execute(query).first() is None:
        raise NotFoundError("There is no such reply for this visitor.")


def _thumb_on(reply_id: str) -> Select[Any]:
    return select(FEEDBACK).where(FEEDBACK.c.reply_id == reply_id)


def _feedback_from(row: Row[Any]) -> Feedback:
    return Feedback(
        reply_id=row.reply_id, value=row.value, reason=row.reason, comment=row.comment, created_at=row.created_at
    )
