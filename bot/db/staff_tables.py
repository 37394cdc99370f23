"""The tables of the staff: who they are, what they did, and what they keep beside a conversation.

Staff are switched off, never deleted: what they wrote and did keeps its author.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, Table, UniqueConstraint

from bot.db.columns import METADATA, PlainText, UtcDateTime, id_of, one_of
from bot.domain import Role

STAFF = Table(
    "staff",
    METADATA,
    Column("id", PlainText, primary_key=True),
    # What they sign in with, in lower case.
    Column("name", PlainText, nullable=False),
    # What patients see: a first name.
    Column("display_name", PlainText, nullable=False),
    Column("email", PlainText),
    Column("role", PlainText, nullable=False),
    # None: no password was set yet, or they sign in elsewhere.
    Column("password_hash", PlainText),
    # Issuer and subject of OpenID Connect.
    Column("subject", PlainText),
    Column("is_active", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    one_of("role", list(Role)),
    UniqueConstraint("name"),
    UniqueConstraint("subject"),
)

STAFF_SESSIONS = Table(
    "staff_sessions",
    METADATA,
    # SHA-256 of the cookie's value: who reads the table cannot sign in with it.
    Column("digest", PlainText, primary_key=True),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    Column("csrf", PlainText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "staff_id"),
)

STAFF_INVITES = Table(
    "staff_invites",
    METADATA,
    Column("digest", PlainText, primary_key=True),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index(None, "staff_id"),
)

# Append-only: triggers refuse every change, and each line holds the digest of the one before it.
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("staff_id", PlainText),
    Column("actor", PlainText, nullable=False),
    Column("action", PlainText, nullable=False),
    Column("subject_kind", PlainText, nullable=False),
    Column("subject_id", PlainText),
    Column("detail", JSON, nullable=False),
    Column("previous", PlainText, nullable=False),
    Column("digest", PlainText, nullable=False),
    Index(None, "subject_id"),
    Index(None, "staff_id"),
    Index(None, "created_at"),
    sqlite_autoincrement=True,
)

# Up to which message somebody has read a conversation.
READS = Table(
    "reads",
    METADATA,
    Column("conversation_id", PlainText, id_of("conversations"), primary_key=True),
    Column("staff_id", PlainText, id_of("staff"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
)

NOTES = Table(
    "notes",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    Column("text", PlainText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "conversation_id"),
)

LABELS = Table(
    "labels",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("name"),
)

CONVERSATION_LABELS = Table(
    "conversation_labels",
    METADATA,
    Column("conversation_id", PlainText, id_of("conversations"), primary_key=True),
    Column("label_id", PlainText, id_of("labels"), primary_key=True),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "label_id"),
)

CANNED_REPLIES = Table(
    "canned_replies",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("title", PlainText, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("language", PlainText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("title"),
)

SAVED_VIEWS = Table(
    "saved_views",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    Column("name", PlainText, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("staff_id", "name"),
)
