"""Who owns a conversation, and the requests for a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from bot.db.door import Door, guarded, new_id
from bot.db.rows import conversation_row
from bot.db.tables import CONVERSATIONS, HANDOFF_REQUESTS
from bot.domain import Speaker

# A request is over when the conversation is back with the bot, or ended.
_WITHOUT_PERSON = (Speaker.BOT, Speaker.CLOSED)


class HandoffStore(Door):
    """Ownership changes hands one at a time; a request and its state are written together."""

    @guarded
    def set_state(self, *, conversation_id: str, expected: Speaker, to: Speaker) -> bool:
        """Hand a conversation over, if it still is where the caller thinks it is.

        Of several callers at once exactly one succeeds. Going to the bot or to closed closes the
        open request for a person.

        Returns:
            False: it was in another state, and nothing changed.

        Raises:
            NotFoundError: There is no such conversation.
        """
        mine = (CONVERSATIONS.c.id == conversation_id) & (CONVERSATIONS.c.state == expected)
        with self._writing() as connection:
            changed = connection.execute(CONVERSATIONS.update().where(mine).values(state=to)).rowcount == 1
            if not changed:
                conversation_row(connection, conversation_id=conversation_id)
            elif to in _WITHOUT_PERSON:
                _close_requests(connection, conversation_id)
        return changed

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
            return _open_request(connection, conversation_id) or _add_request(connection, conversation_id, reason, now)


def _open_request(connection: Connection, conversation_id: str) -> str | None:
    query = select(HANDOFF_REQUESTS.c.id).where(
        HANDOFF_REQUESTS.c.conversation_id == conversation_id, HANDOFF_REQUESTS.c.state == "open"
    )
    return connection.execute(query).scalar_one_or_none()


def _add_request(connection: Connection, conversation_id: str, reason: str, now: datetime) -> str:
    request_id = new_id()
    connection.execute(
        HANDOFF_REQUESTS.insert().values(
            id=request_id, conversation_id=conversation_id, reason=reason, state="open", created_at=now
        )
    )
    return request_id


def _close_requests(connection: Connection, conversation_id: str) -> None:
    mine = HANDOFF_REQUESTS.c.conversation_id == conversation_id
    connection.execute(HANDOFF_REQUESTS.update().where(mine).values(state="closed"))
