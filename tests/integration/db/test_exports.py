"""Exports: everything that the list holds, once, after the audit log knows of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db import exports
from bot.db.audit import AuditStore
from bot.db.exports import ExportedMessage, ExportStore
from bot.db.list_values import Filters
from bot.db.staff import By
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Reply

_VERA = By(name="vera", staff_id="vera-id")


def test_a_talk_leaves_with_its_words_and_codes_or_with_codes_alone(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], engine: Engine, now: datetime
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="Is it CRS?", now=now)
    reply = make_reply()
    store.add_reply(reply=reply, answers=asked.id, confidence=0.75)
    store.set_feedback(reply_id=reply.reply_id, visitor_id="ada", value=-1, comment="No.", reason="wrong", now=now)
    asked_for = {"filters": Filters(), "file_format": "csv", "by": _VERA, "now": now}
    (with_words,) = ExportStore(engine).begin(**asked_for, with_text=True)
    (without,) = ExportStore(engine).begin(**asked_for, with_text=False)
    assert (with_words.id, with_words.state, with_words.is_handed_over, with_words.labels) == (
        talk.id,
        "bot",
        False,
        (),
    )
    codes = {
        "outcome": "answered", "reason": "supported", "answerer": "generative", "confidence": 0.75,
        "section_ids": ("crs",), "feedback": -1, "feedback_reason": "wrong",
    }  # fmt: skip
    assert with_words.messages == (
        ExportedMessage(1, "patient", now, "Is it CRS?"),
        ExportedMessage(2, "bot", now, reply.text, comment="No.", **codes),
    )
    assert without.messages == (
        ExportedMessage(1, "patient", now, None),
        ExportedMessage(2, "bot", now, None, comment=None, **codes),
    )


def test_the_audit_log_knows_before_anything_is_read_and_holds_no_words(engine: Engine, now: datetime) -> None:
    filters = Filters(text="my secret", language="en")
    ExportStore(engine).begin(filters=filters, with_text=True, file_format="jsonl", by=_VERA, now=now)
    (entry,) = AuditStore(engine).entries()
    assert (entry.action, entry.staff_id, entry.actor) == ("transcripts.exported", "vera-id", "vera")
    assert entry.detail == {"filters": {"language": "en"}, "searched": True, "with_text": True, "format": "jsonl"}


def test_long_lists_leave_piece_by_piece_each_talk_once(
    store: TranscriptStore, engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PAGE", 5)
    monkeypatch.setattr(exports, "_PIECE", 2)
    ids = []
    for number in range(13):
        talk = store.open_conversation(
            visitor_id="v", channel="web", language="en", now=now + timedelta(seconds=number)
        )
        store.add_patient_message(conversation_id=talk.id, text="A fever.", now=now)
        ids.append(talk.id)
    leaving = ExportStore(engine).begin(
        filters=Filters(text="fever"), with_text=True, file_format="csv", by=_VERA, now=now
    )
    first = next(leaving)
    # One begins and one is erased meanwhile: neither is in the file.
    late = store.open_conversation(visitor_id="v", channel="web", language="en", now=now + timedelta(days=1))
    store.add_patient_message(conversation_id=late.id, text="A fever.", now=now)
    store.erase_conversation(conversation_id=ids[0], visitor_id="v", now=now)
    assert [first.id, *(each.id for each in leaving)] == ids[:0:-1]
