"""The tables, as they are after the newest migration.

Everything a conversation holds hangs on its row and goes with it. Visitors are ids in that row and
have no table: nothing is known about them. Ids of conversations, messages and replies are UUID
texts, so that any process can make them; partners, staff and the audit log can refer to them later.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from bot.domain import Author, Outcome, Speaker

# PostgreSQL stores no NUL, and neither database stores half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class PlainText(TypeDecorator[str]):
    """Text of any length; characters that no database stores become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make the text storable: a stray byte must not cost a patient the message."""
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its time zone; stored and read back as UTC, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone: it would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A stored time needs a time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time its zone back; SQLite keeps none."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, values: list[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _id_of(table: str) -> ForeignKey:
    return ForeignKey(f"{table}.id", ondelete="CASCADE")


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    # The newest position: raised under the row's lock, so positions are unique and have no gaps.
    Column("last_seq", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    _one_of("state", list(Speaker)),
    CheckConstraint("visitor_id <> ''", name="visitor_id"),
    Index(None, "visitor_id", "created_at"),
)

MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, _id_of("conversations"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("author", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("display_name", PlainText),
    Column("client_message_id", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    _one_of("author", list(Author)),
    CheckConstraint("seq >= 1", name="seq"),
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("conversation_id", "client_message_id"),
)

REPLIES = Table(
    "replies",
    METADATA,
    # The bot's message and its reply are one thing, so they share one id.
    Column("id", PlainText, _id_of("messages"), primary_key=True),
    Column("conversation_id", PlainText, _id_of("conversations"), nullable=False),
    Column("answers_message_id", PlainText, _id_of("messages")),
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
    _one_of("outcome", list(Outcome)),
    UniqueConstraint("answers_message_id"),
    Index(None, "conversation_id"),
    Index(None, "outcome", "created_at"),
)

CITATIONS = Table(
    "citations",
    METADATA,
    Column("reply_id", PlainText, _id_of("replies"), primary_key=True),
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
    Column("reply_id", PlainText, _id_of("replies"), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("reason", PlainText),
    Column("comment", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("value IN (-1, 1)", name="value"),
)

HANDOFF_REQUESTS = Table(
    "handoff_requests",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, _id_of("conversations"), nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _one_of("state", ["open", "closed"]),
    Index(None, "state", "created_at"),
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
    Column("conversation_id", PlainText, _id_of("conversations"), nullable=False),
    Column("question", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("section_ids", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "conversation_id"),
    Index(None, "created_at"),
)
