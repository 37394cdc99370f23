"""The tables of the desk: what happens live, how a patient can be reached, and what has to be sent out."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, Table, UniqueConstraint

from bot.db.columns import METADATA, PlainText, UtcDateTime, id_of, one_of

# What every process tails to keep open pages live. An event says that something happened, never what was said.
EVENTS = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    # No reference: that a conversation was erased is an event as well.
    Column("conversation_id", PlainText, nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "conversation_id"),
    Index(None, "created_at"),
    # Ids are never used twice, so that nobody who tails the table misses one.
    sqlite_autoincrement=True,
)

CONTACTS = Table(
    "contacts",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("value", PlainText, nullable=False),
    Column("consented_at", UtcDateTime, nullable=False),
    one_of("kind", ["email", "phone"]),
    UniqueConstraint("conversation_id", "kind"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("channel", PlainText, nullable=False),
    Column("topic", PlainText, nullable=False),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("last_error", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    one_of("channel", ["email", "webhook"]),
    one_of("state", ["pending", "sent", "failed"]),
    Index(None, "state", "next_attempt_at"),
    Index(None, "conversation_id"),
)
