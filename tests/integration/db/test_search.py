"""Full-text search: both databases find the same, keep in step with the messages, and forget what is erased."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from bot.db.engine import migrate, open_engine
from bot.db.list_values import Filters
from bot.db.lists import ListStore
from bot.db.search import conversations_with, forget_words
from bot.db.search_words import terms_of
from bot.db.tables import MESSAGES
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Conversation

_SECRET = "xylophonbrandung"
_HOSTILE = (
    '"', '""', "'", "a' OR '1'='1", "NEAR(a b)", "a AND (", "text:fever", "^fever", "*", "-", "--", "fever -", "{a}",
    "a & b | !c", "<->", "\\", "%", "a:*", "\x00", "\ud800", "😀", "(" * 300, "x" * 400,
)  # fmt: skip


def _found(engine: Engine, typed: str, now: datetime) -> int:
    return ListStore(engine).count(filters=Filters(text=typed), viewer_id="vera", now=now).number


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        pytest.param("fever", 1, id="word"),
        pytest.param("fev*", 1, id="beginning"),
        pytest.param('"fev"', 0, id="not-a-whole-word"),
        pytest.param("grosse OR große", 0, id="or-is-a-word"),
        pytest.param("Große", 1, id="umlaut-typed-without-it"),
        pytest.param("GRÖSSE", 0, id="capital-of-sharp-s-is-two-letters"),
        pytest.param("38.5", 1, id="number"),
        pytest.param("CAR-T", 1, id="hyphen"),
        pytest.param("cart", 0, id="hyphen-is-a-gap"),
        pytest.param('"t cell"', 1, id="phrase"),
        pytest.param('"cell t"', 0, id="phrase-in-another-order"),
        pytest.param("fever cell", 1, id="two-messages-of-one-talk"),
        pytest.param("fever unheard", 0, id="all-words-are-asked-for"),
        pytest.param("fever -cell", 0, id="left-out"),
        pytest.param("fever -unheard", 1, id="nothing-to-leave-out"),
        pytest.param("日本*", 1, id="other-scripts"),
    ],
)
def test_a_talk_is_found_by_what_was_said(  # noqa: PLR0917 - fixtures
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime, typed: str, found: int
) -> None:
    store.add_patient_message(conversation_id=talk.id, text="A fever of 38.5! Größe?", now=now)
    store.add_message(conversation_id=talk.id, author=Author.STAFF, text="CAR-T cells, it's 日本語.", now=now)
    typed = typed.replace('"t cell"', '"t cells"')
    assert _found(engine, typed, now) == found


def test_no_input_is_an_error(store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime) -> None:
    store.add_patient_message(conversation_id=talk.id, text="A fever.", now=now)
    # What holds no word asks for nothing, and so for everything.
    assert {typed: _found(engine, typed, now) for typed in _HOSTILE if not terms_of(typed)} == {
        typed: 1 for typed in _HOSTILE if not terms_of(typed)
    }
    assert [_found(engine, typed, now) for typed in _HOSTILE if terms_of(typed)].count(1) == 4
    # Those are ^fever, "fever -", {a} and a:* - all that is no word is a gap.


def test_words_follow_a_text_that_is_changed_and_go_with_it(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    message = store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    with engine.begin() as connection:
        connection.execute(MESSAGES.update().where(MESSAGES.c.id == message.id).values(text="masked"))
    assert (_found(engine, _SECRET, now), _found(engine, "masked", now)) == (0, 1)
    store.erase_conversation(conversation_id=talk.id, visitor_id="ada", now=now)
    with engine.begin() as connection:
        left = conversations_with(terms_of("masked")[0], dialect=engine.dialect.name)
        assert connection.execute(left).all() == []
        assert connection.execute(text("SELECT count(*) FROM message_words")).scalar_one() == 0


def test_a_conversation_that_goes_by_cascade_takes_its_words(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM conversations"))
        assert connection.execute(text("SELECT count(*) FROM message_words")).scalar_one() == 0


def test_the_files_of_sqlite_hold_no_word_of_the_erased(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> None:
    store = TranscriptStore(sqlite_engine)
    talks = [store.open_conversation(visitor_id=name, channel="web", language="en", now=now) for name in ("ada", "bob")]
    for number in range(30):
        store.add_patient_message(conversation_id=talks[0].id, text=f"{_SECRET}{number} here", now=now)
        store.add_patient_message(conversation_id=talks[1].id, text=f"something else {number}", now=now)
    store.erase_visitor(visitor_id="ada", now=now)
    assert forget_words(sqlite_engine, patience_s=60)
    with sqlite_engine.execution_options(bot_begin=None).connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
    # FTS5 stores what a word has in common with the one before it only once: its ending must be gone as well.
    parts = (_SECRET, _SECRET[-8:])
    assert [path.name for path in tmp_path.iterdir() for part in parts if part.encode() in path.read_bytes()] == []
    assert _found(sqlite_engine, "something", now) == 1


def test_what_was_there_before_the_step_is_found_after_it(database_url: str, now: datetime) -> None:
    engine = open_engine(database_url)
    migrate(engine)
    store = TranscriptStore(engine)
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    _step_back(engine)
    migrate(engine)
    assert _found(engine, _SECRET, now) == 1
    store.add_patient_message(conversation_id=talk.id, text="afterwards", now=now)
    assert _found(engine, "afterwards", now) == 1
    with engine.begin() as connection:
        assert connection.execute(select(func.count()).select_from(MESSAGES)).scalar_one() == 2
    engine.dispose()


def _step_back(engine: Engine) -> None:
    """Make the database what it was before the step, as the versions before it left it."""
    indexes = (
        "ix_conversations_created_at_id", "ix_conversations_partner_id_created_at_id",
        "ix_handoff_requests_conversation_id", "ix_replies_conversation_id_outcome_reason_answerer_id",
        "ix_replies_reason_conversation_id", "ix_reviews_conversation_id_state",
    )  # fmt: skip
    sqlite = [
        *(f"DROP TRIGGER message_words_{name}" for name in ("add", "remove", "change")),
        *(f"DROP TRIGGER conversation_numbers_{name}" for name in ("add", "remove")),
        "DROP TABLE conversation_numbers",
    ]
    postgresql = ["DROP FUNCTION message_words_keep CASCADE", "DROP FUNCTION words_of"]
    with engine.begin() as connection:
        for statement in sqlite if engine.dialect.name == "sqlite" else postgresql:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("DROP TABLE message_words")
        for table in (
            "spent_tickets",
            "partner_days",
            "partner_refusals",
            "partner_keys",
            "partners",
        ):  # of a later step
            connection.exec_driver_sql(f"DROP TABLE {table}")
        for name in indexes:
            connection.exec_driver_sql(f"DROP INDEX {name}")
        connection.exec_driver_sql("CREATE INDEX ix_replies_conversation_id ON replies (conversation_id)")
        connection.exec_driver_sql("CREATE INDEX ix_reviews_conversation_id ON reviews (conversation_id)")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0003'")
