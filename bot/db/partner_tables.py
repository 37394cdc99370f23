"""The tables of partners. None of them holds anything that a patient wrote."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, Index, Integer, LargeBinary, Table

from bot.db.columns import METADATA, PlainText, UtcDateTime, id_of, one_of
from bot.db.partner_values import IdentityMode, KeyKind

PARTNERS = Table(
    "partners",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("origins", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("colour", PlainText),
    Column("region", PlainText),
    Column("emergency_numbers", JSON, nullable=False),
    Column("car_t_line", PlainText),
    Column("support_hours", PlainText),
    Column("support_schedule", PlainText),
    Column("support_timezone", PlainText, nullable=False),
    Column("notify_to", JSON, nullable=False),
    Column("messages_per_day", Integer, nullable=False),
    Column("messages_per_visitor", Integer, nullable=False),
    Column("identity", PlainText, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("logo", LargeBinary),
    Column("logo_type", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    one_of("identity", list(IdentityMode)),
)

PARTNER_KEYS = Table(
    "partner_keys",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("partner_id", PlainText, id_of("partners"), nullable=False),
    Column("kind", PlainText, nullable=False),
    # SHA-256 of an API key; keys that sign user ids are derived from the server's own secret and kept nowhere.
    Column("digest", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime),
    one_of("kind", list(KeyKind)),
    Index(None, "partner_id"),
)

# Tickets that were used; each is forgotten once it would have been too old anyway.
SPENT_TICKETS = Table(
    "spent_tickets",
    METADATA,
    Column("nonce", PlainText, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
)

PARTNER_DAYS = Table(
    "partner_days",
    METADATA,
    Column("partner_id", PlainText, id_of("partners"), primary_key=True),
    Column("on_day", Date, primary_key=True),
    Column("opens", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

PARTNER_REFUSALS = Table(
    "partner_refusals",
    METADATA,
    Column("partner_id", PlainText, id_of("partners"), primary_key=True),
    Column("origin", PlainText, primary_key=True),
    Column("reason", PlainText, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
)
