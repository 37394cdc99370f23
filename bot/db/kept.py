"""What staff keep for themselves and each other: canned replies, and views of the transcript list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from bot.db.audit import record_audit
from bot.db.door import Door, guarded, new_id
from bot.db.list_values import Filters
from bot.db.staff import By
from bot.db.staff_tables import CANNED_REPLIES, SAVED_VIEWS
from bot.errors import LimitError, NotFoundError

_MAX_NAME_CHARS = 80
_MAX_REPLY_CHARS = 4000
_MAX_LISTED = 500


@dataclass(frozen=True, slots=True)
class CannedReply:
    """A sentence or more that staff can put into a talk."""

    id: str
    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class SavedView:
    """Filters of the transcript list under a name; `is_own`: of the one who asks."""

    id: str
    name: str
    filters: Filters
    is_shared: bool
    is_own: bool


class KeptStore(Door):
    """Each change stands in the audit log, written in the same transaction."""

    @guarded
    def canned_replies(self, *, search: str = "", language: str | None = None) -> list[CannedReply]:
        """List canned replies by title; `search` is part of title or text, without case."""
        query = select(CANNED_REPLIES).order_by(func.lower(CANNED_REPLIES.c.title)).limit(_MAX_LISTED)
        if search.strip():
            wanted = search.strip().lower()
            columns = (CANNED_REPLIES.c.title, CANNED_REPLIES.c.text)
            query = query.where(or_(*(func.lower(column).contains(wanted, autoescape=True) for column in columns)))
        if language is not None:
            query = query.where(CANNED_REPLIES.c.language == language)
        with self._reading() as connection:
            return [CannedReply(row.id, row.title, row.text, row.language) for row in connection.execute(query)]

    @guarded
    def add_canned_reply(self, *, title: str, text: str, language: str, by: By, now: datetime) -> str:
        """Keep a canned reply and return its id.

        Raises:
            LimitError: The title is taken, or title or text is empty or too long.
        """
        values = _canned_values(title, text, language)
        canned_id = new_id()
        with self._writing() as connection:
            _refuse_taken(connection, CANNED_REPLIES, CANNED_REPLIES.c.title == values["title"])
            connection.execute(CANNED_REPLIES.insert().values(id=canned_id, created_at=now, **values))
            log_change(
                connection, by=by, action="canned_reply.added", kind="canned_reply", subject_id=canned_id, now=now
            )
        return canned_id

    @guarded
    def change_canned_reply(
        self, *, canned_id: str, title: str, text: str, language: str, by: By, now: datetime
    ) -> None:
        """Change a canned reply; what was sent with it stays as it is.

        Raises:
            LimitError: The title is another's, or title or text is empty or too long.
            NotFoundError: There is no such canned reply.
        """
        values = _canned_values(title, text, language)
        with self._writing() as connection:
            other = (CANNED_REPLIES.c.title == values["title"]) & (CANNED_REPLIES.c.id != canned_id)
            _refuse_taken(connection, CANNED_REPLIES, other)
            mine = CANNED_REPLIES.c.id == canned_id
            require_one(connection.execute(CANNED_REPLIES.update().where(mine).values(**values)).rowcount)
            log_change(
                connection, by=by, action="canned_reply.changed", kind="canned_reply", subject_id=canned_id, now=now
            )

    @guarded
    def delete_canned_reply(self, *, canned_id: str, by: By, now: datetime) -> None:
        """Delete a canned reply.

        Raises:
            NotFoundError: There is no such canned reply.
        """
        with self._writing() as connection:
            mine = CANNED_REPLIES.c.id == canned_id
            require_one(connection.execute(CANNED_REPLIES.delete().where(mine)).rowcount)
            log_change(
                connection, by=by, action="canned_reply.deleted", kind="canned_reply", subject_id=canned_id, now=now
            )

    @guarded
    def views(self, *, staff_id: str) -> list[SavedView]:
        """List one's own views and those that others share, by name."""
        seen = or_(SAVED_VIEWS.c.staff_id == staff_id, SAVED_VIEWS.c.is_shared)
        query = select(SAVED_VIEWS).where(seen).order_by(func.lower(SAVED_VIEWS.c.name), SAVED_VIEWS.c.id)
        with self._reading() as connection:
            return [
                SavedView(
                    id=row.id,
                    name=row.name,
                    filters=Filters.of(row.filters),
                    is_shared=row.is_shared,
                    is_own=row.staff_id == staff_id,
                )
                for row in connection.execute(query.limit(_MAX_LISTED))
            ]

    @guarded
    def save_view(self, *, name: str, filters: Filters, is_shared: bool, by: By, now: datetime) -> str:
        """Keep filters under a name, in the place of one's own view of that name; return its id.

        Raises:
            LimitError: The name is empty or too long, or nobody of the staff asks.
        """
        if by.staff_id is None:
            raise LimitError("Views are kept for members of staff.")
        view_id, line = new_id(), one_line(name, what="The name")
        values = {"filters": filters.pairs(), "is_shared": is_shared, "created_at": now}
        mine = (SAVED_VIEWS.c.staff_id == by.staff_id) & (SAVED_VIEWS.c.name == line)
        with self._writing() as connection:
            known = connection.execute(select(SAVED_VIEWS.c.id).where(mine)).scalar()
            if known is None:
                connection.execute(SAVED_VIEWS.insert().values(id=view_id, staff_id=by.staff_id, name=line, **values))
            else:
                view_id = known
                connection.execute(SAVED_VIEWS.update().where(mine).values(**values))
            log_change(connection, by=by, action="view.saved", kind="view", subject_id=view_id, now=now)
        return view_id

    @guarded
    def delete_view(self, *, view_id: str, by: By, now: datetime) -> None:
        """Delete one of one's own views.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._writing() as connection:
            mine = (SAVED_VIEWS.c.id == view_id) & (SAVED_VIEWS.c.staff_id == by.staff_id)
            require_one(connection.execute(SAVED_VIEWS.delete().where(mine)).rowcount)
            log_change(connection, by=by, action="view.deleted", kind="view", subject_id=view_id, now=now)


def log_change(
    connection: Connection,
    *,
    by: By,
    action: str,
    kind: str,
    subject_id: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write a line of the audit log for a change of this transaction."""
    record_audit(
        connection,
        staff_id=by.staff_id,
        actor=by.name,
        action=action,
        subject_kind=kind,
        subject_id=subject_id,
        detail=detail,
        now=now,
    )


def one_line(value: str, *, what: str) -> str:
    """Put a name into one line.

    Raises:
        LimitError: Nothing is left, or it is too long.
    """
    line = " ".join(value.split())
    if not 0 < len(line) <= _MAX_NAME_CHARS:
        raise LimitError(f"{what} needs 1 to {_MAX_NAME_CHARS} characters.")
    return line


def bounded(value: str, *, what: str, most: int) -> str:
    """Strip a text.

    Raises:
        LimitError: Nothing is left, or it is too long.
    """
    stripped = value.strip()
    if not 0 < len(stripped) <= most:
        raise LimitError(f"{what} needs 1 to {most} characters.")
    return stripped


def require_one(changed: int) -> None:
    """Refuse a change that changed nothing.

    Raises:
        NotFoundError: Nothing was changed.
    """
    if changed != 1:
        raise NotFoundError("There is no such thing, or it is another's.")


def _canned_values(title: str, text: str, language: str) -> dict[str, str]:
    return {
        "title": one_line(title, what="The title"),
        "text": bounded(text, what="The text", most=_MAX_REPLY_CHARS),
        "language": one_line(language, what="The language"),
    }


def _refuse_taken(connection: Connection, table: Any, condition: Any) -> None:
    if connection.execute(select(table.c.id).where(condition)).first() is not None:
        raise LimitError("That name is taken. Choose another.", code="taken")
