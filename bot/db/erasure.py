"""Erasing what a patient said, and all that hangs on it."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, select

from bot.db.door import Door, guarded
from bot.db.rows import conversation_row
from bot.db.tables import (
    CITATIONS,
    CONVERSATIONS,
    FEEDBACK,
    GAPS,
    HANDOFF_REQUESTS,
    MESSAGES,
    REPLIES,
)

_LOGGER = logging.getLogger(__name__)


class ErasureStore(Door):
    """Rows are deleted, not marked. Backups made before are the operator's to age out."""

    @guarded
    def erase_conversation(self, *, conversation_id: str, visitor_id: str) -> dict[str, int]:
        """Erase one conversation.

        Returns:
            How many rows went from each table.

        Raises:
            NotFoundError: There is no such conversation, or it is another visitor's.
        """
        with self._writing() as connection:
            conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id, lock=True)
            counts = _erase(connection, [conversation_id])
        self._empty_journal()
        return counts

    @guarded
    def erase_visitor(self, *, visitor_id: str) -> dict[str, int]:
        """Erase all conversations of a visitor; an unknown visitor has none.

        Returns:
            How many rows went from each table.
        """
        query = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.visitor_id == visitor_id).with_for_update()
        with self._writing() as connection:
            counts = _erase(connection, list(connection.execute(query.order_by(CONVERSATIONS.c.id)).scalars()))
        self._empty_journal()
        return counts

    def _empty_journal(self) -> None:
        # SQLite's write-ahead log still holds the erased pages until it is emptied. A reader in
        # the way only puts that off to the next time the log is emptied.
        if self._engine.dialect.name != "sqlite":
            return
        with self._engine.execution_options(bot_begin=None).connect() as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            _LOGGER.warning("journal not emptied after erasing")


def _erase(connection: Connection, conversation_ids: list[str]) -> dict[str, int]:
    replies = select(REPLIES.c.id).where(REPLIES.c.conversation_id.in_(conversation_ids))
    # Children first: a cascade would delete them as well, but would not count them.
    steps = (
        (CITATIONS, CITATIONS.c.reply_id.in_(replies)),
        (FEEDBACK, FEEDBACK.c.reply_id.in_(replies)),
        (REPLIES, REPLIES.c.conversation_id.in_(conversation_ids)),
        (MESSAGES, MESSAGES.c.conversation_id.in_(conversation_ids)),
        (HANDOFF_REQUESTS, HANDOFF_REQUESTS.c.conversation_id.in_(conversation_ids)),
        (GAPS, GAPS.c.conversation_id.in_(conversation_ids)),
        (CONVERSATIONS, CONVERSATIONS.c.id.in_(conversation_ids)),
    )
    return {table.name: connection.execute(table.delete().where(condition)).rowcount for table, condition in steps}
