"""Notices are written with the request, handed to one worker at a time, and never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db.outbox import REQUESTED, OutboxStore, with_channels
from bot.db.transcripts import TranscriptStore
from bot.domain import Speaker
from bot.errors import StoreError

_HOLD = timedelta(minutes=5)


@pytest.fixture
def told(engine: Engine) -> Engine:
    """The database of a site that tells its staff in two ways."""
    return with_channels(engine, ["email", "webhook"])


@pytest.fixture
def outbox(engine: Engine) -> OutboxStore:
    return OutboxStore(engine)


def _ask(engine: Engine, now: datetime, visitor_id: str = "ada") -> str:
    store = TranscriptStore(engine)
    talk = store.open_conversation(visitor_id=visitor_id, channel="web", language="de", partner_id="clinic", now=now)
    store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    return talk.id


def test_a_request_writes_one_notice_for_each_channel(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    talk_id = _ask(told, now)
    notices = [
        notice for name in ("email", "webhook") for notice in outbox.claim(channel=name, now=now, hold=_HOLD, limit=9)
    ]
    assert [(notice.channel, notice.topic, notice.conversation_id, notice.attempts) for notice in notices] == [
        ("email", REQUESTED, talk_id, 1),
        ("webhook", REQUESTED, talk_id, 1),
    ]
    assert dict(notices[0].payload) == {
        "reason": "asked_for_person",
        "waiting_since": now.isoformat(),
        "language": "de",
        "partner": "clinic",
    }


def test_asking_again_while_one_waits_writes_none(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    talk_id = _ask(told, now)
    TranscriptStore(told).request_handoff(conversation_id=talk_id, reason="asked_for_person", now=now)
    assert outbox.counts() == {"pending": 2, "sent": 0, "failed": 0}


def test_without_channels_nothing_is_written(engine: Engine, outbox: OutboxStore, now: datetime) -> None:
    _ask(engine, now)
    assert outbox.counts()["pending"] == 0


def test_a_notice_that_cannot_be_written_takes_the_request_back(
    told: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TranscriptStore(told)
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)

    def fail(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr("bot.db.handoffs.queue_notices", fail)
    with pytest.raises(StoreError):
        store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    assert store.conversation(conversation_id=talk.id).state is Speaker.BOT


def test_of_many_workers_at_once_each_notice_has_one(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    for number in range(12):
        _ask(told, now, visitor_id=f"v{number}")

    def work(_: int) -> list[str]:
        taken: list[str] = []
        while notices := outbox.claim(channel="email", now=now, hold=_HOLD, limit=2):
            taken += [notice.id for notice in notices]
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [notice_id for ids in pool.map(work, range(4)) for notice_id in ids]
    assert (len(taken), len(set(taken))) == (12, 12)


def test_a_notice_in_the_hands_of_a_dead_worker_is_due_again_under_the_same_id(
    told: Engine, outbox: OutboxStore, now: datetime
) -> None:
    _ask(told, now)
    (first,) = outbox.claim(channel="email", now=now, hold=_HOLD, limit=9)
    assert outbox.claim(channel="email", now=now + _HOLD - timedelta(seconds=1), hold=_HOLD, limit=9) == []
    (second,) = outbox.claim(channel="email", now=now + _HOLD, hold=_HOLD, limit=9)
    assert (second.id, second.payload, second.attempts) == (first.id, first.payload, 2)


def test_what_was_sent_is_not_due_again(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    _ask(told, now)
    (notice,) = outbox.claim(channel="email", now=now, hold=_HOLD, limit=9)
    outbox.mark_sent(notice_id=notice.id, now=now)
    assert outbox.claim(channel="email", now=now + timedelta(days=2), hold=_HOLD, limit=9) == []
    assert outbox.counts() == {"pending": 1, "sent": 1, "failed": 0}


def test_a_worker_that_lost_its_hold_does_not_put_the_notice_off(
    told: Engine, outbox: OutboxStore, now: datetime
) -> None:
    _ask(told, now)
    (slow,) = outbox.claim(channel="email", now=now, hold=_HOLD, limit=9)
    (quick,) = outbox.claim(channel="email", now=now + _HOLD, hold=_HOLD, limit=9)
    assert outbox.mark_failed(notice=slow, error="timeout", retry_at=None) is False
    outbox.mark_sent(notice_id=quick.id, now=now)
    assert outbox.mark_failed(notice=quick, error="timeout", retry_at=None) is False
    assert outbox.counts() == {"pending": 1, "sent": 1, "failed": 0}


def test_what_failed_is_shown_and_can_begin_anew(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    _ask(told, now)
    (mail,) = outbox.claim(channel="email", now=now, hold=_HOLD, limit=9)
    (post,) = outbox.claim(channel="webhook", now=now, hold=_HOLD, limit=9)
    assert outbox.troubled(limit=9) == []
    outbox.mark_failed(notice=mail, error="timeout", retry_at=now + timedelta(hours=1))
    outbox.mark_failed(notice=post, error="http_410", retry_at=None)
    shown = {notice.channel: (notice.state, notice.last_error) for notice in outbox.troubled(limit=9)}
    assert shown == {"email": ("pending", "timeout"), "webhook": ("failed", "http_410")}
    later = now + timedelta(days=3)
    assert outbox.send_again(notice_id=mail.id, now=later) is False
    assert outbox.send_again(notice_id=post.id, now=later) is True
    (again,) = outbox.claim(channel="webhook", now=later, hold=_HOLD, limit=9)
    assert (again.id, again.attempts, again.created_at) == (post.id, 1, later)


def test_pruning_takes_what_arrived_long_ago_alone(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    _ask(told, now)
    (notice,) = outbox.claim(channel="email", now=now, hold=_HOLD, limit=9)
    outbox.mark_sent(notice_id=notice.id, now=now)
    assert outbox.prune(before=now) == 0
    assert outbox.prune(before=now + timedelta(days=1)) == 1
    assert outbox.counts() == {"pending": 1, "sent": 0, "failed": 0}


def test_what_is_erased_meanwhile_is_marked_by_nobody(told: Engine, outbox: OutboxStore, now: datetime) -> None:
    _ask(told, now)
    (notice,) = outbox.claim(channel="email", now=now, hold=_HOLD, limit=9)
    TranscriptStore(told).erase_visitor(visitor_id="ada", now=now)
    outbox.mark_sent(notice_id=notice.id, now=now)
    assert outbox.mark_failed(notice=notice, error="timeout", retry_at=None) is False
    assert outbox.counts() == {"pending": 0, "sent": 0, "failed": 0}
