"""Full-text search over all messages, and the indexes behind the filters of the transcript list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A word's place is one number: the conversation's, then 20 bits for the position of the message in it.
_PLACE = "(number << 20) | "

_SQLITE = (
    # Rows of other tables have no number that outlives a VACUUM.
    "CREATE TABLE conversation_numbers (number INTEGER PRIMARY KEY, conversation_id TEXT NOT NULL UNIQUE)",
    # Without a copy of the texts: what a patient wrote stands in one place.
    "CREATE VIRTUAL TABLE message_words USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2')",
    "INSERT INTO conversation_numbers (conversation_id) SELECT id FROM conversations ORDER BY created_at, id",
    f"INSERT INTO message_words (rowid, text) SELECT {_PLACE} seq, text FROM conversation_numbers "
    "JOIN messages USING (conversation_id) ORDER BY number, seq",
    "CREATE TRIGGER conversation_numbers_add AFTER INSERT ON conversations BEGIN "
    "INSERT INTO conversation_numbers (conversation_id) VALUES (NEW.id); END",
    # After the row's own children are gone: their triggers still ask for the number.
    "CREATE TRIGGER conversation_numbers_remove AFTER DELETE ON conversations BEGIN "
    "DELETE FROM conversation_numbers WHERE conversation_id = OLD.id; END",
    "CREATE TRIGGER message_words_add AFTER INSERT ON messages BEGIN "
    f"INSERT INTO message_words (rowid, text) SELECT {_PLACE} NEW.seq, NEW.text "
    "FROM conversation_numbers WHERE conversation_id = NEW.conversation_id; END",
    "CREATE TRIGGER message_words_remove AFTER DELETE ON messages BEGIN "
    f"INSERT INTO message_words (message_words, rowid, text) SELECT 'delete', {_PLACE} OLD.seq, OLD.text "
    "FROM conversation_numbers WHERE conversation_id = OLD.conversation_id; END",
    "CREATE TRIGGER message_words_change AFTER UPDATE OF text ON messages BEGIN "
    f"INSERT INTO message_words (message_words, rowid, text) SELECT 'delete', {_PLACE} OLD.seq, OLD.text "
    "FROM conversation_numbers WHERE conversation_id = OLD.conversation_id; "
    f"INSERT INTO message_words (rowid, text) SELECT {_PLACE} NEW.seq, NEW.text "
    "FROM conversation_numbers WHERE conversation_id = NEW.conversation_id; END",
)

_POSTGRESQL = (
    # Words as SQLite's tokenizer sees them: letters and digits, without case and accents. Only the
    # beginning of a text that is longer than any message may be: a tsvector holds a megabyte.
    "CREATE FUNCTION words_of(value text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS "
    "$$ SELECT to_tsvector('simple'::regconfig, regexp_replace(regexp_replace("
    "normalize(left(value, 100000), NFD), '[\u0300-\u036f]', '', 'g'), '[^[:alnum:]]+', ' ', 'g')) $$",
    "CREATE TABLE message_words (conversation_id text NOT NULL, seq integer NOT NULL, words tsvector NOT NULL, "
    "CONSTRAINT pk_message_words PRIMARY KEY (conversation_id, seq))",
    "INSERT INTO message_words SELECT conversation_id, seq, words_of(text) FROM messages",
    "CREATE INDEX ix_message_words_words ON message_words USING gin (words)",
    "CREATE FUNCTION message_words_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP <> 'INSERT' THEN "
    "DELETE FROM message_words WHERE conversation_id = OLD.conversation_id AND seq = OLD.seq; END IF; "
    "IF TG_OP <> 'DELETE' THEN "
    "INSERT INTO message_words VALUES (NEW.conversation_id, NEW.seq, words_of(NEW.text)); END IF; "
    "RETURN NULL; END $$",
    "CREATE TRIGGER message_words_keep AFTER INSERT OR DELETE OR UPDATE OF text ON messages "
    "FOR EACH ROW EXECUTE FUNCTION message_words_keep()",
)

# From this version on SQLite can overwrite the words of what is deleted at once.
_SECURE_DELETE_SINCE = (3, 42)


def upgrade() -> None:
    """Make the indexes, the words of what there is, and the triggers for what comes."""
    op.create_index("ix_conversations_created_at_id", "conversations", ["created_at", "id"])
    op.create_index("ix_conversations_partner_id_created_at_id", "conversations", ["partner_id", "created_at", "id"])
    op.create_index("ix_handoff_requests_conversation_id", "handoff_requests", ["conversation_id"])
    # Rows of replies are large: the filters are answered by an index alone.
    op.drop_index("ix_replies_conversation_id", "replies")
    op.create_index(
        "ix_replies_conversation_id_outcome_reason_answerer_id",
        "replies",
        ["conversation_id", "outcome", "reason", "answerer", "id"],
    )
    op.create_index("ix_replies_reason_conversation_id", "replies", ["reason", "conversation_id"])
    # SQLite guesses by the number of columns: by the state alone it would read all reviews for each conversation.
    op.drop_index("ix_reviews_conversation_id", "reviews")
    op.create_index("ix_reviews_conversation_id_state", "reviews", ["conversation_id", "state"])
    connection = op.get_bind()
    is_postgresql = connection.dialect.name == "postgresql"
    for statement in _POSTGRESQL if is_postgresql else _SQLITE:
        connection.exec_driver_sql(statement)
    if not is_postgresql:
        _overwrite_what_is_deleted(connection)


def _overwrite_what_is_deleted(connection: sa.Connection) -> None:
    version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
    if tuple(int(part) for part in version.split(".")[:2]) >= _SECURE_DELETE_SINCE:
        connection.exec_driver_sql("INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1)")
