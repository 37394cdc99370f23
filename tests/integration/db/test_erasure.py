"""What is erased is gone: from the tables, and from the files; and the log proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, event, func, select

from bot.db.audit import AuditStore
from bot.db.erasure import OPERATOR, Eraser, digest_of
from bot.db.events import EventStore
from bot.db.schema import METADATA
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Reply
from bot.errors import NotFoundError

_SECRET = "Xylophonbrandung"
# Beside these, how many events there are is the business of those who write them.
_ONE_OF_EACH = {
    "review_verdicts": 1,
    "reviews": 1,
    "lessons": 1,
    "citations": 2,
    "feedback": 1,
    "replies": 1,
    "messages": 2,
    "handoff_requests": 1,
    "gaps": 1,
    "contacts": 1,
    "outbox": 1,
    "notes": 1,
    "conversation_labels": 1,
    "reads": 1,
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
    with store._writing() as connection:
        _fill_beside(connection, talk.id, reply.reply_id, now)


def _fill_beside(connection: Connection, talk_id: str, reply_id: str, now: datetime) -> None:
    """Put a row into each table that staff and the desk keep beside a conversation."""

    def add(table: str, **values: Any) -> None:
        connection.execute(METADATA.tables[table].insert().values(**values))

    mine = {"conversation_id": talk_id}
    by = {"staff_id": "s", "created_at": now}
    if connection.execute(select(METADATA.tables["staff"].c.id)).first() is None:
        add("staff", id="s", name="s", display_name="S", role="admin", is_active=True, failures=0, created_at=now)
        add("labels", id="l", name="l", created_at=now)
    add("contacts", id=f"c{talk_id}", kind="email", value=f"{_SECRET}@example.org", consented_at=now, **mine)
    sending = {"channel": "email", "topic": "t", "payload": {}, "state": "pending", "attempts": 0}
    add("outbox", id=f"o{talk_id}", next_attempt_at=now, created_at=now, **sending, **mine)
    add("notes", id=f"n{talk_id}", text=f"{_SECRET} note", **by, **mine)
    add("conversation_labels", label_id="l", **by, **mine)
    add("reads", staff_id="s", seq=1, read_at=now, **mine)
    add("reviews", id=f"r{talk_id}", reply_id=reply_id, queue="random", state="open", wanted=1, created_at=now, **mine)
    add("review_verdicts", id=f"v{talk_id}", review_id=f"r{talk_id}", is_settlement=False, comment=_SECRET, **by)
    learnt = {"kind": "case", "question": _SECRET, "turns": [_SECRET], "text": _SECRET, "expect": [], "section_ids": []}
    add("lessons", id=f"e{talk_id}", reply_id=reply_id, **learnt, **by, **mine)


def _counts(engine: Engine) -> dict[str, int]:
    with engine.begin() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(METADATA.tables[name])).scalar_one()
            for name in _ONE_OF_EACH
        }


def _but_events(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if name != "events"}


def _hangs_on_conversations(table: Table) -> bool:
    parents = {key.column.table for key in table.foreign_keys}
    return table.name == "conversations" or any(_hangs_on_conversations(parent) for parent in parents)


def _files_with(word: str, folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if word.encode() in path.read_bytes().lower()]


def test_every_table_that_hangs_on_a_conversation_is_erased(store: TranscriptStore, now: datetime) -> None:
    named = {name for name, table in METADATA.tables.items() if "conversation_id" in table.c}
    hanging = {name for name, table in METADATA.tables.items() if _hangs_on_conversations(table)}
    assert set(store.erase_visitor(visitor_id="nobody", now=now)) == named | hanging


def test_erasing_a_conversation_leaves_the_others_whole(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    other = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    _fill(store, talk, make_reply(), now)
    _fill(store, other, make_reply(conversation_id=other.id), now)
    kept = store.messages(conversation_id=other.id)
    erased = store.erase_conversation(conversation_id=talk.id, visitor_id="ada", now=now)
    assert _but_events(erased) == _ONE_OF_EACH
    assert _counts(engine) == _ONE_OF_EACH
    assert store.messages(conversation_id=other.id) == kept
    with pytest.raises(NotFoundError):
        store.messages(conversation_id=talk.id)


def test_a_stranger_erases_nothing(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    _fill(store, talk, make_reply(), now)
    with pytest.raises(NotFoundError):
        store.erase_conversation(conversation_id=talk.id, visitor_id="eve", now=now)
    assert _but_events(store.erase_visitor(visitor_id="eve", now=now)) == dict.fromkeys(_ONE_OF_EACH, 0)
    assert _counts(engine) == _ONE_OF_EACH
    assert AuditStore(engine).entries() == []


def test_erasing_a_visitor_takes_all_their_conversations_and_no_one_elses(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    second = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    other = store.open_conversation(visitor_id="bob", channel="web", language="en", now=now)
    for each in (talk, second, other):
        _fill(store, each, make_reply(conversation_id=each.id), now)
    assert set(store.conversation_ids(visitor_id="ada")) == {talk.id, second.id}
    erased = store.erase_visitor(visitor_id="ada", now=now)
    assert _but_events(erased) == {name: 2 * count for name, count in _ONE_OF_EACH.items()}
    assert store.conversations(visitor_id="ada", limit=10) == []
    assert _counts(engine) == _ONE_OF_EACH


def test_the_log_proves_what_was_erased_by_whom_and_holds_no_word_of_it(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    _fill(store, talk, make_reply(), now)
    counts = store.erase_conversation(
        conversation_id=talk.id, visitor_id=None, now=now, by=Eraser("mira", staff_id="s")
    )
    (proof,) = AuditStore(engine).entries(subject_id=talk.id)
    assert (proof.action, proof.subject_kind, proof.staff_id, proof.actor, proof.created_at) == (
        *("conversation.erased", "conversation"),
        *("s", "mira", now),
    )
    assert proof.detail == {"rows": {name: count for name, count in counts.items() if count}}
    assert AuditStore(engine).check_chain() is None


def test_the_proof_of_a_visitor_is_found_by_their_id_and_does_not_tell_it(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    store.erase_visitor(visitor_id="ada", now=now, by=OPERATOR)
    (proof,) = AuditStore(engine).entries(subject_id=digest_of("ada"))
    assert (proof.action, proof.actor, proof.detail) == ("visitor.erased", "operator", {"conversations": 1})
    assert "ada" not in str(AuditStore(engine).entries())


def test_without_its_proof_nothing_is_erased(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise NotFoundError("The log is out of order.")

    monkeypatch.setattr("bot.db.erasure.record_audit", full)
    with pytest.raises(NotFoundError):
        store.erase_conversation(conversation_id=talk.id, visitor_id="ada", now=now)
    assert store.conversation(conversation_id=talk.id) == talk


def test_open_pages_hear_that_a_conversation_is_gone_and_nothing_else_of_it_stays(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    _fill(store, talk, make_reply(), now)
    store.erase_conversation(conversation_id=talk.id, visitor_id="ada", now=now)
    heard = [(event.conversation_id, event.kind, event.detail) for event in EventStore(engine).after(0)]
    assert heard == [(talk.id, "erased", {}), (talk.id, "queue", {})]


def _search_words(engine: Engine) -> Iterator[str]:
    with engine.begin() as connection:
        yield from connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'"
        ).scalars()


def test_the_files_of_sqlite_hold_no_erased_word(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> None:
    store = TranscriptStore(sqlite_engine)
    assert list(_search_words(sqlite_engine)), "there is no full-text index to clean"
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    other = store.open_conversation(visitor_id="bob", channel="web", language="en", now=now)
    for number in range(50):
        store.add_patient_message(conversation_id=talk.id, text=f"{_SECRET} {number} " * 50, now=now)
        store.add_patient_message(conversation_id=other.id, text=f"Quittenmarmelade {number} " * 50, now=now)
    store.add_gap(conversation_id=talk.id, question=f"{_SECRET} gap", reason="low_support", section_ids=[], now=now)
    word = _SECRET.lower()
    assert _files_with(word, tmp_path)
    store.erase_visitor(visitor_id="ada", now=now)
    assert _files_with(word, tmp_path) == []
    assert _files_with("quittenmarmelade", tmp_path) == ["bot.db"]


def test_a_reader_in_the_way_puts_off_the_files_not_the_erasing(
    sqlite_engine: Engine, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    store = TranscriptStore(sqlite_engine)
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    sqlite_engine.dispose()
    event.listen(sqlite_engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 20"))
    with sqlite_engine.begin() as reader:
        reader.exec_driver_sql("SELECT count(*) FROM messages").one()
        erased = store.erase_conversation(conversation_id=talk.id, visitor_id="ada", now=now)
    assert erased["conversations"] == 1
    assert [record.message for record in caplog.records] == ["journal not emptied after erasing"]
