"""All tables together, for whoever compares or makes the whole database."""

from __future__ import annotations

from bot.db import desk_tables, partner_tables, review_tables, staff_tables, tables
from bot.db.columns import METADATA

__all__ = ["METADATA", "desk_tables", "partner_tables", "review_tables", "staff_tables", "tables"]
