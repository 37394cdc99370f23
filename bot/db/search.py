"""Full-text search in SQL: FTS5 on SQLite, `tsvector` on PostgreSQL; triggers keep both in step with the messages.

The tables are made by migration 0004 and are not among those of `bot.db.schema`: the two databases
have different ones. `is_search_table` knows their names.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
    text,
)

from bot.db.search_words import Term
from bot.db.tables import CONVERSATIONS

_NUMBERS = table("conversation_numbers", column("number"), column("conversation_id"))
_WORDS = table("message_words", column("conversation_id"), column("seq"), column("words"))
_NAMES = ("message_words", "conversation_numbers")

# Pages of the index that one step of cleaning may rewrite: a writer beside it waits for milliseconds.
_PAGES_A_STEP = 200


def is_search_table(name: str | None) -> bool:
    """Tell whether a table belongs to the full-text search."""
    return name is not None and name.startswith(_NAMES)


def conversations_with(term: Term, *, dialect: str) -> Select[Any]:
    """Select the ids of the conversations that hold a term, one with several hits perhaps more than once."""
    if dialect == "postgresql":
        return select(_WORDS.c.conversation_id).where(_matches(term))
    # CROSS JOIN fixes the order of the two, so that a limit stops reading: a list of numbers would be made whole.
    joined = text("message_words CROSS JOIN conversation_numbers ON number = message_words.rowid >> 20")
    return select(literal_column("conversation_id")).select_from(joined).where(_fts_matches(term))


def has_term(term: Term, *, dialect: str) -> ColumnElement[bool]:
    """Tell of one conversation in a walk over many whether it holds a term."""
    if dialect == "postgresql":
        return found_where(_WORDS.c.conversation_id == CONVERSATIONS.c.id, _matches(term))
    # The inner list does not depend on the conversation: SQLite makes it once for the whole walk.
    places: Select[Any] = select(literal_column("rowid >> 20")).select_from(text("message_words"))
    places = places.where(_fts_matches(term))
    return found_where(_NUMBERS.c.conversation_id == CONVERSATIONS.c.id, _NUMBERS.c.number.in_(places))


def found_where(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell whether there is a row for a conversation, naming no column: an index alone can then answer."""
    return select(literal_column("1")).where(*conditions).correlate(CONVERSATIONS).exists()


def forget_words(engine: Engine, *, patience_s: float) -> bool:
    """Take the words of deleted messages out of the files of SQLite, after what deleted them is committed.

    SQLite 3.42 and later does it at once. Before that FTS5 only marks words as deleted; merging the
    parts of its index drops them, which means to write the whole index anew: two seconds of processor
    time for 600,000 messages. The steps are short, so that writers get their turn in between.

    Returns:
        False: `patience_s` was over before all was done; the next call goes on from there.
    """
    if engine.dialect.name != "sqlite" or _overwrites(engine):
        return True
    end = time.monotonic() + patience_s
    pages = -_PAGES_A_STEP  # negative: begin with all parts, also those that would not be due yet
    while _merge(engine, pages):
        if time.monotonic() > end:
            return False
        pages = _PAGES_A_STEP
    return True


def _merge(engine: Engine, pages: int) -> bool:
    with engine.execution_options(bot_begin="IMMEDIATE").begin() as connection:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        command = text("INSERT INTO message_words (message_words, rank) VALUES ('merge', :pages)")
        connection.execute(command, {"pages": pages})
        changes = connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before
    # One change is the command itself.
    return bool(changes >= 2)


def _overwrites(engine: Engine) -> bool:
    with engine.begin() as connection:
        value = connection.exec_driver_sql("SELECT v FROM message_words_config WHERE k = 'secure-delete'").scalar()
    return bool(value)


def _numbers_with(term: Term) -> Select[Any]:
    return select(literal_column("rowid >> 20")).select_from(text("message_words")).where(_fts_matches(term))


def _fts_matches(term: Term) -> ColumnElement[bool]:
    # Words are letters and digits alone, so that quoting them is all the escaping there is.
    phrase = '"' + " ".join(term.words) + '"' + (" *" if term.is_beginning else "")
    return literal_column("message_words").op("MATCH", is_comparison=True)(bindparam(None, phrase))


def _matches(term: Term) -> ColumnElement[bool]:
    quoted = [f"'{word}'" for word in term.words]
    asked = " <-> ".join(quoted) + (":*" if term.is_beginning else "")
    return _WORDS.c.words.op("@@", is_comparison=True)(func.to_tsquery(text("'simple'"), bindparam(None, asked)))
