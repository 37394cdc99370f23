"""What Alembic runs for each migration: the connection, and so the transaction, is the caller's."""

from __future__ import annotations

from alembic import context

from bot.db.schema import METADATA

# SQLite alters a table by copying it, which is what batch mode does.
context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
