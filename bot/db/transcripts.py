"""Conversations, their messages and their replies: the record that every channel shows from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_

from bot.db import door
from bot.db.codec import reply_from_document, reply_to_document
from bot.db.door import guarded, is_uuid4, new_id
from bot.db.erasure import ErasureStore
from bot.db.feedback import FeedbackStore
from bot.db.gaps import GapStore
from bot.db.handoffs import HandoffStore, flag, reopen
from bot.db.rows import (
    append_message,
    conversation_from,
    conversation_row,
    insert_or_keep,
    message_from,
    messages_query,
    one_message,
    sent_before,
)
from bot.db.tables import CITATIONS, CONVERSATIONS, MESSAGES, REPLIES
from bot.domain import Author, Citation, Conversation, Message, Outcome, Reply, Speaker
from bot.errors import LimitError, NotFoundError

_URGENT = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})


class TranscriptStore(FeedbackStore, HandoffStore, GapStore, ErasureStore):
    """The record. Each write is one transaction, on disk before the method returns.

    Safe to share between threads and processes. Every method raises `StoreError` when the database
    fails; no error holds stored text. `now` has a time zone and is kept as UTC.
    """

    @guarded
    def ping(self) -> None:
        """Ask the database for a sign of life."""
        with self._reading() as connection:
            door.ping(connection)

    @guarded
    def open_conversation(
        self,
        *,
        visitor_id: str,
        channel: str,
        language: str,
        now: datetime,
        partner_id: str | None = None,
        region: str | None = None,
        conversation_id: str | None = None,
    ) -> Conversation:
        """Begin a conversation, or return the visitor's own one of that id as it is.

        Raises:
            LimitError: `conversation_id` is no UUID4 text, or `visitor_id` is empty.
            NotFoundError: The conversation of that id is another visitor's.
        """
        if conversation_id is not None and not is_uuid4(conversation_id):
            raise LimitError("A conversation id is a UUID4 text in lower case. Send one, or none.")
        if not visitor_id:
            raise LimitError("A conversation needs a visitor id.")
        values = {
            "id": conversation_id or new_id(),
            "visitor_id": visitor_id,
            "partner_id": partner_id,
            "state": Speaker.BOT,
            "channel": channel,
            "language": language,
            "region": region,
            "last_seq": 0,
            "created_at": now,
            "updated_at": now,
        }
        with self._writing() as connection:
            connection.execute(insert_or_keep(connection, CONVERSATIONS).values(values).on_conflict_do_nothing())
            row = conversation_row(connection, conversation_id=str(values["id"]), visitor_id=visitor_id)
            return conversation_from(row)

    @guarded
    def conversation(self, *, conversation_id: str, visitor_id: str | None = None) -> Conversation:
        """Read a conversation; `visitor_id` is the caller, None for staff and the bot itself.

        Raises:
            NotFoundError: There is none, or it is another visitor's.
        """
        with self._reading() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id)
            return conversation_from(row)

    @guarded
    def conversations(self, *, visitor_id: str, limit: int, before: str | None = None) -> list[Conversation]:
        """List at most `limit` conversations of a visitor, the newest first.

        `before` is the id of the last conversation of the page before this one; None for the first.

        Raises:
            NotFoundError: `before` is not one of the visitor's conversations.
        """
        order = tuple_(CONVERSATIONS.c.created_at, CONVERSATIONS.c.id)
        query = select(CONVERSATIONS).where(CONVERSATIONS.c.visitor_id == visitor_id)
        query = query.order_by(CONVERSATIONS.c.created_at.desc(), CONVERSATIONS.c.id.desc()).limit(limit)
        with self._reading() as connection:
            if before is not None:
                last = conversation_row(connection, conversation_id=before, visitor_id=visitor_id)
                query = query.where(order < tuple_(last.created_at, last.id, types=[c.type for c in order.clauses]))
            return [conversation_from(row) for row in connection.execute(query)]

    @guarded
    def add_patient_message(
        self, *, conversation_id: str, text: str, now: datetime, client_message_id: str | None = None
    ) -> Message:
        """Write what a patient said (masked already).

        `client_message_id` is the channel's own id: a second call with the same one in the same
        conversation writes nothing and returns the first message, whatever its text is. A closed conversation
        is open again with it, and with the bot.

        Raises:
            NotFoundError: There is no such conversation.
        """
        with self._writing() as connection:
            conversation = conversation_row(connection, conversation_id=conversation_id, lock=True)
            message_id = sent_before(connection, conversation_id=conversation_id, client_message_id=client_message_id)
            if message_id is None:
                message_id = new_id()
                append_message(
                    connection,
                    conversation=conversation,
                    message_id=message_id,
                    author=Author.PATIENT,
                    text=text,
                    now=now,
                    client_message_id=client_message_id,
                )
                reopen(connection, conversation=conversation, now=now)
            return one_message(connection, message_id=message_id)

    @guarded
    def add_message(
        self, *, conversation_id: str, author: Author, text: str, now: datetime, display_name: str | None = None
    ) -> Message:
        """Write what staff or the system said.

        Raises:
            LimitError: `author` is the patient or the bot, who have methods of their own.
            NotFoundError: There is no such conversation.
        """
        if author not in (Author.STAFF, Author.SYSTEM):
            raise LimitError("Only staff and the system write messages without a reply.")
        message_id = new_id()
        with self._writing() as connection:
            append_message(
                connection,
                conversation=conversation_row(connection, conversation_id=conversation_id, lock=True),
                message_id=message_id,
                author=author,
                text=text,
                now=now,
                display_name=display_name,
            )
            return one_message(connection, message_id=message_id)

    @guarded
    def add_reply(
        self,
        *,
        reply: Reply,
        answers: str | None = None,
        confidence: float | None = None,
        allowed_in: Collection[Speaker] = tuple(Speaker),
    ) -> Message | None:
        """Write a reply and its citations as the bot's message; the message's id is the reply's.

        `answers` is the id of the patient's message, None for a reply to a button. A message has
        one reply: a second call for it writes nothing and returns the first. `confidence` is 0..1,
        as in `Draft`, and kept for staff. `allowed_in` are the states in which the bot may say this: whoever takes
        the conversation while a reply is made is not talked over.

        Returns:
            The message, or None where the conversation is in another state: then nothing was written.

        Raises:
            NotFoundError: There is no such conversation, or `answers` is no patient's message in it.
        """
        with self._writing() as connection:
            conversation = conversation_row(connection, conversation_id=reply.conversation_id, lock=True)
            reply_id = None if answers is None else _answered_before(connection, conversation, answers)
            if reply_id is None:
                state = Speaker(conversation.state)
                if answers is not None:  # closed while it was answered: who has asked is answered
                    state = reopen(connection, conversation=conversation, now=reply.created_at)
                if state not in allowed_in:
                    return None
                reply_id = reply.reply_id
                append_message(
                    connection,
                    conversation=conversation,
                    message_id=reply_id,
                    author=Author.BOT,
                    text=reply.text,
                    now=reply.created_at,
                )
                connection.execute(REPLIES.insert().values(_reply_values(reply, answers, confidence)))
                for citation in reply.citations:
                    connection.execute(CITATIONS.insert().values(_citation_values(reply_id, citation)))
                if reply.outcome in _URGENT:
                    flag(connection, conversation_id=reply.conversation_id, reason=reply.reason, now=reply.created_at)
            return one_message(connection, message_id=reply_id)

    @guarded
    def reply_to(self, *, message_id: str) -> Reply | None:
        """Read the reply to a patient's message, or None while there is none."""
        query = select(REPLIES.c.document).where(REPLIES.c.answers_message_id == message_id)
        with self._reading() as connection:
            document = connection.execute(query).scalar_one_or_none()
        return None if document is None else reply_from_document(document)

    @guarded
    def reply_before(self, *, conversation_id: str, client_message_id: str) -> Reply | None:
        """Read the reply that a message got when it was sent before, by the channel's own id of it."""
        query = (
            select(REPLIES.c.document)
            .join(MESSAGES, MESSAGES.c.id == REPLIES.c.answers_message_id)
            .where(MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.client_message_id == client_message_id)
        )
        with self._reading() as connection:
            document = connection.execute(query).scalar_one_or_none()
        return None if document is None else reply_from_document(document)

    @guarded
    def was_sent_as(self, *, conversation_id: str, client_message_id: str, text: str) -> bool | None:
        """Tell whether the message of a channel's own id has this (masked) text; None: there is none of this id."""
        query = select(MESSAGES.c.text == text).where(
            MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.client_message_id == client_message_id
        )
        with self._reading() as connection:
            is_same: bool | None = connection.execute(query).scalar_one_or_none()
        return None if is_same is None else bool(is_same)

    @guarded
    def messages(
        self, *, conversation_id: str, visitor_id: str | None = None, after_seq: int = 0, limit: int = 500
    ) -> list[Message]:
        """Read a transcript in order, each reply as it was given.

        `visitor_id` is the caller, None for staff and the bot itself. At most `limit` messages come
        back, those after position `after_seq`, 0 for the beginning.

        Raises:
            NotFoundError: There is no such conversation, or it is another visitor's.
        """
        query = messages_query().where(MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.seq > after_seq)
        with self._reading() as connection:
            conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id)
            rows = connection.execute(query.order_by(MESSAGES.c.seq).limit(limit)).all()
        return [message_from(row) for row in rows]

    @guarded
    def recent_turns(self, *, conversation_id: str, limit: int) -> list[Message]:
        """Read the last `limit` messages of patient and bot, the oldest first; staff's are left out."""
        query = messages_query().where(
            MESSAGES.c.conversation_id == conversation_id, MESSAGES.c.author.in_([Author.PATIENT, Author.BOT])
        )
        with self._reading() as connection:
            rows = connection.execute(query.order_by(MESSAGES.c.seq.desc()).limit(limit)).all()
        return [message_from(row) for row in reversed(rows)]


def _answered_before(connection: Connection, conversation: Row[Any], message_id: str) -> str | None:
    query = (
        select(MESSAGES.c.id, REPLIES.c.id.label("reply_id"))
        .outerjoin(REPLIES, REPLIES.c.answers_message_id == MESSAGES.c.id)
        .where(
            MESSAGES.c.id == message_id,
            MESSAGES.c.conversation_id == conversation.id,
            MESSAGES.c.author == Author.PATIENT,
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("There is no such message in the conversation.")
    reply_id: str | None = row.reply_id
    return reply_id


def _reply_values(reply: Reply, answers: str | None, confidence: float | None) -> dict[str, Any]:
    return {
        "id": reply.reply_id,
        "conversation_id": reply.conversation_id,
        "answers_message_id": answers,
        "outcome": reply.outcome,
        "reason": reply.reason,
        "rule_id": reply.rule_id,
        "triggers": list(reply.triggers),
        "answerer": reply.answerer,
        "guide_version": reply.guide_version,
        "index_version": reply.index_version,
        "confidence": confidence,
        "timings_ms": dict(reply.timings_ms),
        "document": reply_to_document(reply),
        "created_at": reply.created_at,
    }


def _citation_values(reply_id: str, citation: Citation) -> dict[str, Any]:
    return {
        "reply_id": reply_id,
        "marker": citation.marker,
        "chunk_id": citation.chunk_id,
        "section_id": citation.section_id,
        "title": citation.title,
        "url": citation.url,
        "quote": citation.quote,
        "char_start": citation.char_start,
        "char_end": citation.char_end,
        "passage": citation.passage,
        "source": citation.source,
        "page_no": citation.page_no,
        "reviewed_on": citation.reviewed_on,
        "expires_on": citation.expires_on,
        "reference_ids": list(citation.references),
    }
