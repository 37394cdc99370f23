"""What is erased is gone: from the tables, and from the files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from bot.db.tables import METADATA
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Reply
from bot.errors import NotFoundError

_SECRET = "Xylophonbrandung"
_ONE_OF_EACH = {
    "citations": 2,
    "feedback": 1,
    "replies": 1,
    "messages": 2,
    "handoff_requests": 1,
    "gaps": 1,
    "conversations": 1,
}


def _fill(store: TranscriptStore, talk: Conversation, reply: Reply, now: datetime) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text=f"{_SECRET} asked", now=now)
    store.add_reply(reply=reply, answers=asked.id)
    store.set_feedback(
        reply_id=reply.reply_id, visitor_id=talk.visitor_id, value=-1, comment=f"{_SECRET} comment", now=now
    )
    store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    store.add_gap(conversation_id=talk.id, question=f"{_SECRET} gap", reason="low_support", section_ids=[], now=now)


def _counts(engine: Engine) -> dict[str, int]:
    with engine.begin() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in METADATA.tables.items()
        }


def test_erasing_a_conversation_leaves_the_others_whole(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    other = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    _fill(store, talk, make_reply(), now)
    _fill(store, other, make_reply(conversation_id=other.id), now)
    kept = store.messages(conversation_id=other.id)
    assert store.erase_conversation(conversation_id=talk.id, visitor_id="ada") == _ONE_OF_EACH
    assert _counts(engine) == _ONE_OF_EACH
    assert store.messages(conversation_id=other.id) == kept
    with pytest.raises(NotFoundError):
        store.messages(conversation_id=talk.id)


def test_a_stranger_erases_nothing(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    _fill(store, talk, make_reply(), now)
    with pytest.raises(NotFoundError):
        store.erase_conversation(conversation_id=talk.id, visitor_id="eve")
    assert store.erase_visitor(visitor_id="eve") == dict.fromkeys(_ONE_OF_EACH, 0)
    assert _counts(engine) == _ONE_OF_EACH


def test_erasing_a_visitor_takes_all_their_conversations_and_no_one_elses(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    second = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    other = store.open_conversation(visitor_id="bob", channel="web", language="en", now=now)
    for each in (talk, second, other):
        _fill(store, each, make_reply(conversation_id=each.id), now)
    erased = store.erase_visitor(visitor_id="ada")
    assert erased == {name: 2 * count for name, count in _ONE_OF_EACH.items()}
    assert store.conversations(visitor_id="ada", limit=10) == []
    assert _counts(engine) == _ONE_OF_EACH


def test_the_files_of_sqlite_hold_no_erased_word(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> None:
    store = TranscriptStore(sqlite_engine)
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    for number in range(50):
        store.add_patient_message(conversation_id=talk.id, text=f"{_SECRET} {number} " * 50, now=now)
    assert any(_SECRET.encode() in path.read_bytes() for path in tmp_path.iterdir())
    store.erase_visitor(visitor_id="ada")
    assert [path.name for path in tmp_path.iterdir() if _SECRET.encode() in path.read_bytes()] == []


def test_a_reader_in_the_way_puts_off_the_files_not_the_erasing(
    sqlite_engine: Engine, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    store = TranscriptStore(sqlite_engine)
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    sqlite_engine.dispose()
    event.listen(sqlite_engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 20"))
    with sqlite_engine.begin() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM messages").one()
        erased = store.erase_conversation(conversation_id=talk.id, visitor_id="ada")
    assert erased["conversations"] == 1
    assert [record.message for record in caplog.records] == ["journal not emptied after erasing"]
