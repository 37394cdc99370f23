"""A thumb belongs to the visitor who got the reply, and the newest counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.db.transcripts import TranscriptStore
from bot.domain import Feedback, Reply
from bot.errors import LimitError, NotFoundError


@pytest.fixture
def reply(store: TranscriptStore, make_reply: Callable[..., Reply]) -> Reply:
    """A stored reply to the visitor ``ada``."""
    reply = make_reply()
    store.add_reply(reply=reply)
    return reply


def test_the_newest_thumb_replaces_the_one_before(store: TranscriptStore, reply: Reply, now: datetime) -> None:
    assert store.feedback(reply_id=reply.reply_id, visitor_id="ada") is None
    first = store.set_feedback(reply_id=reply.reply_id, visitor_id="ada", value=1, now=now)
    assert first == Feedback(reply_id=reply.reply_id, value=1, reason=None, comment=None, created_at=now)
    later = now + timedelta(minutes=1)
    second = store.set_feedback(
        reply_id=reply.reply_id, visitor_id="ada", value=-1, reason="unclear", comment="too long", now=later
    )
    assert second == Feedback(reply_id=reply.reply_id, value=-1, reason="unclear", comment="too long", created_at=later)
    assert store.feedback(reply_id=reply.reply_id, visitor_id="ada") == second


def test_a_thumb_can_be_taken_back_twice(store: TranscriptStore, reply: Reply, now: datetime) -> None:
    store.set_feedback(reply_id=reply.reply_id, visitor_id="ada", value=1, now=now)
    for _ in range(2):
        store.clear_feedback(reply_id=reply.reply_id, visitor_id="ada")
        assert store.feedback(reply_id=reply.reply_id, visitor_id="ada") is None


def test_a_stranger_neither_sets_clears_nor_reads_a_thumb(store: TranscriptStore, reply: Reply, now: datetime) -> None:
    kept = store.set_feedback(reply_id=reply.reply_id, visitor_id="ada", value=1, now=now)
    for reply_id, visitor_id in ((reply.reply_id, "eve"), ("unknown", "ada")):
        with pytest.raises(NotFoundError):
            store.set_feedback(reply_id=reply_id, visitor_id=visitor_id, value=-1, now=now)
        with pytest.raises(NotFoundError):
            store.clear_feedback(reply_id=reply_id, visitor_id=visitor_id)
        with pytest.raises(NotFoundError):
            store.feedback(reply_id=reply_id, visitor_id=visitor_id)
    assert store.feedback(reply_id=reply.reply_id, visitor_id="ada") == kept


@pytest.mark.parametrize("value", [0, 2, -2, 10**30])
def test_any_other_value_is_refused(store: TranscriptStore, reply: Reply, now: datetime, value: int) -> None:
    with pytest.raises(LimitError):
        store.set_feedback(reply_id=reply.reply_id, visitor_id="ada", value=value, now=now)
    assert store.feedback(reply_id=reply.reply_id, visitor_id="ada") is None
