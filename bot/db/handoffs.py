"""Who owns a conversation, and the requests for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.db.desk_rows import open_request
from bot.db.door import Door, guarded, new_id
from bot.db.events import add_event
from bot.db.outbox import queue_notices
from bot.db.rows import conversation_row
from bot.db.staff_tables import STAFF
from bot.db.tables import CONVERSATIONS, HANDOFF_REQUESTS
from bot.domain import Speaker

# A request is over when the conversation is back with the bot, or ended.
_WITHOUT_PERSON = (Speaker.BOT, Speaker.CLOSED)


class HandoffStore(Door):
    """Asking for a person: the request and the new state are written together. The rest is `bot.db.desk`'s."""

    @guarded
    def person_in(self, *, conversation_id: str) -> str | None:
        """Read the name of the person who owns a conversation; None: no person does, or they have no account."""
        query = (
            select(STAFF.c.display_name)
            .join(CONVERSATIONS, CONVERSATIONS.c.staff_id == STAFF.c.id)
            .where(CONVERSATIONS.c.id == conversation_id, CONVERSATIONS.c.state == Speaker.HUMAN)
        )
        with self._reading() as connection:
            return connection.execute(query).scalar_one_or_none()

    @guarded
    def request_handoff(self, *, conversation_id: str, reason: str, now: datetime) -> str:
        """Ask for a person: write the request and let the conversation wait.

        A conversation with the bot begins to wait, and so does a closed one: a patient who asks for
        a person is never left in a closed room. One that waits or has a person stays as it is.
        `reason` is a fixed code, such as ``asked_for_person``.

        Returns:
            Id of the request; while one is open, that one's.

        Raises:
            NotFoundError: There is no such conversation.
        """
        with self._writing() as connection:
            conversation = conversation_row(connection, conversation_id=conversation_id, lock=True)
            if conversation.state in _WITHOUT_PERSON:
                mine = CONVERSATIONS.c.id == conversation_id
                connection.execute(CONVERSATIONS.update().where(mine).values(state=Speaker.WAITING, updated_at=now))
                detail = {"state": Speaker.WAITING}
                add_event(connection, conversation_id=conversation_id, kind="state", detail=detail, now=now)
            return open_request(connection, conversation_id) or _add_request(connection, conversation_id, reason, now)


def reopen(connection: Connection, *, conversation: Row[Any], now: datetime) -> Speaker:
    """Give a closed conversation back to the bot, because the patient writes again; return who owns it now."""
    if conversation.state != Speaker.CLOSED:
        return Speaker(conversation.state)
    mine = CONVERSATIONS.c.id == conversation.id
    connection.execute(CONVERSATIONS.update().where(mine).values(state=Speaker.BOT))
    detail = {"state": Speaker.BOT}
    add_event(connection, conversation_id=conversation.id, kind="state", detail=detail, now=now)
    return Speaker.BOT


def flag(connection: Connection, *, conversation_id: str, reason: str, now: datetime) -> None:
    """Let staff hear of an emergency or a crisis at once, whoever owns the conversation."""
    add_event(connection, conversation_id=conversation_id, kind="queue", detail={"flagged": reason}, now=now)


def _add_request(connection: Connection, conversation_id: str, reason: str, now: datetime) -> str:
    request_id = new_id()
    connection.execute(
        HANDOFF_REQUESTS.insert().values(
            id=request_id, conversation_id=conversation_id, reason=reason, state="open", created_at=now
        )
    )
    add_event(connection, conversation_id=conversation_id, kind="queue", detail={}, now=now)
    # Staff are told by whatever is written here, together with the request itself.
    queue_notices(connection, conversation_id=conversation_id, reason=reason, now=now)
    return request_id
