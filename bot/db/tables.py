"""The tables of a conversation, as they are after the newest migration; `bot.db.schema` knows all there are.

Everything a conversation holds hangs on its row and goes with it. Visitors are ids in that row and
have no table: nothing is known about them. Ids of conversations, messages and replies are UUID
texts, so that any process can make them; partners, staff and the audit log can refer to them later.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from bot.db.columns import METADATA, PlainText, UtcDateTime, id_of, one_of
from bot.domain import Author, Outcome, Speaker

CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("visitor_id", PlainText, nullable=False),
    Column("partner_id", PlainText),
    Column("state", PlainText, nullable=False),
    Column("channel", PlainText, nullable=False),
    Column("language", PlainText, nullable=False),
    Column("region", PlainText),
    # Who owns it while a person does; plain text, since staff are never deleted.
    Column("staff_id", PlainText),
    # The newest position: raised under the row's lock, so positions are unique and have no gaps.
    Column("last_seq", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    one_of("state", list(Speaker)),
    CheckConstraint("visitor_id <> ''", name="visitor_id"),
    Index(None, "visitor_id", "created_at"),
    Index(None, "created_at", "id"),
    Index(None, "partner_id", "created_at", "id"),
    Index(None, "updated_at", "id"),
    Index(None, "state", "updated_at"),
)

MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("author", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("display_name", PlainText),
    Column("client_message_id", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    one_of("author", list(Author)),
    CheckConstraint("seq >= 1", name="seq"),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("conversation_id", "client_message_id"),
)

REPLIES = Table(
    "replies",
    METADATA,
    # The bot's message and its reply are one thing, so they share one id.
    Column("id", PlainText, id_of("messages"), primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("answers_message_id", PlainText, id_of("messages")),
    Column("outcome", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("rule_id", PlainText),
    Column("triggers", JSON, nullable=False),
    Column("answerer", PlainText, nullable=False),
    Column("guide_version", PlainText, nullable=False),
    Column("index_version", PlainText, nullable=False),
    Column("confidence", Float),
    Column("timings_ms", JSON, nullable=False),
    Column("document", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_of("outcome", list(Outcome)),
    UniqueConstraint("answers_message_id"),
    # Rows are large: filters of the transcript list are answered by these alone.
    Index(None, "conversation_id", "outcome", "reason", "answerer", "id"),
    Index(None, "reason", "conversation_id"),
    Index(None, "outcome", "created_at"),
)

CITATIONS = Table(
    "citations",
    METADATA,
    Column("reply_id", PlainText, id_of("replies"), primary_key=True),
    Column("marker", Integer, primary_key=True, autoincrement=False),
    Column("chunk_id", PlainText, nullable=False),
    Column("section_id", PlainText, nullable=False),
    Column("title", PlainText, nullable=False),
    Column("url", PlainText, nullable=False),
    Column("quote", PlainText, nullable=False),
    Column("char_start", Integer, nullable=False),
    Column("char_end", Integer, nullable=False),
    Column("passage", PlainText, nullable=False),
    Column("source", PlainText, nullable=False),
    Column("page_no", Integer),
    Column("reviewed_on", Date),
    Column("expires_on", Date),
    # REFERENCES is a word of SQL.
    Column("reference_ids", JSON, nullable=False),
    Index(None, "section_id"),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("reply_id", PlainText, id_of("replies"), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("reason", PlainText),
    Column("comment", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("value IN (-1, 1)", name="value"),
    Index(None, "value", "created_at"),
)

HANDOFF_REQUESTS = Table(
    "handoff_requests",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Who took it and when; how it ended, as a fixed code, and when.
    Column("staff_id", PlainText),
    Column("taken_at", UtcDateTime),
    Column("outcome", PlainText),
    Column("closed_at", UtcDateTime),
    # When the patient was told that it takes longer than hoped.
    Column("overdue_at", UtcDateTime),
    # What the patient thought of the talk with the person, 1 to 5.
    Column("rating", Integer),
    one_of("state", ["open", "closed"]),
    Index(None, "state", "created_at"),
    Index(None, "conversation_id"),
    Index(
        "uq_handoff_requests_open",
        "conversation_id",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

GAPS = Table(
    "gaps",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("question", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("section_ids", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "conversation_id"),
    Index(None, "created_at"),
)
