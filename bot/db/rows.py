"""Rows to domain values, and the reads and locks that several stores need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.codec import reply_from_document
from bot.db.events import add_event
from bot.db.tables import CONVERSATIONS, MESSAGES, REPLIES
from bot.domain import Author, Conversation, Message, Speaker
from bot.errors import NotFoundError

NO_CONVERSATION = "There is no such conversation for this visitor."


def messages_query() -> Select[Any]:
    """Select messages with the documents of their replies, for `message_from`."""
    return select(MESSAGES, REPLIES.c.document).outerjoin(REPLIES, REPLIES.c.id == MESSAGES.c.id)


def message_from(row: Row[Any]) -> Message:
    """Build a message from a row of `messages_query`."""
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq,
        author=Author(row.author),
        text=row.text,
        created_at=row.created_at,
        reply=None if row.document is None else reply_from_document(row.document),
        display_name=row.display_name,
        client_message_id=row.client_message_id,
    )


def conversation_from(row: Row[Any]) -> Conversation:
    """Build a conversation from its row."""
    return Conversation(
        id=row.id,
        visitor_id=row.visitor_id,
        state=Speaker(row.state),
        channel=row.channel,
        language=row.language,
        created_at=row.created_at,
        updated_at=row.updated_at,
        partner_id=row.partner_id,
        region=row.region,
    )


def one_message(connection: Connection, *, message_id: str) -> Message:
    """Read a message that is known to be there."""
    return message_from(connection.execute(messages_query().where(MESSAGES.c.id == message_id)).one())


def conversation_row(
    connection: Connection, *, conversation_id: str, visitor_id: str | None = None, lock: bool = False
) -> Row[Any]:
    """Read a conversation's row; `visitor_id` is the caller, None for staff and the bot itself.

    With `lock`, other writers of this conversation wait until this transaction ends.

    Raises:
        NotFoundError: There is none, or it is another visitor's.
    """
    query = select(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id)
    if visitor_id is not None:
        query = query.where(CONVERSATIONS.c.visitor_id == visitor_id)
    # SQLite has no row locks and needs none: a writing transaction holds the whole file.
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(NO_CONVERSATION)
    return row


def insert_or_keep(connection: Connection, table: Any) -> sqlite.Insert | postgresql.Insert:
    """Begin an INSERT that can say ON CONFLICT; both databases share that wording."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def sent_before(connection: Connection, *, conversation_id: str, client_message_id: str | None) -> str | None:
    """Read the id of the message that came with a channel's own id before."""
    if client_message_id is None:
        return None
    query = select(MESSAGES.c.id).where(
        MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.client_message_id == client_message_id
    )
    return connection.execute(query).scalar_one_or_none()


def append_message(
    connection: Connection,
    *,
    conversation: Row[Any],
    message_id: str,
    author: Author,
    text: str,
    now: datetime,
    client_message_id: str | None = None,
    display_name: str | None = None,
) -> None:
    """Put a message at the end of a conversation whose row this transaction has locked."""
    seq = conversation.last_seq + 1
    connection.execute(
        MESSAGES.insert().values(
            id=message_id,
            conversation_id=conversation.id,
            seq=seq,
            author=author,
            text=text,
            created_at=now,
            client_message_id=client_message_id,
            display_name=display_name,
        )
    )
    connection.execute(
        CONVERSATIONS.update().where(CONVERSATIONS.c.id == conversation.id).values(last_seq=seq, updated_at=now)
    )
    add_event(
        connection,
        conversation_id=conversation.id,
        kind="message",
        detail={"message_id": message_id, "seq": seq, "author": author},
        now=now,
    )
