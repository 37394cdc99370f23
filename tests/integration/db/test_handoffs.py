"""A request for a person is never lost, and asking twice is asking once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from bot.db.desk import DeskStore
from bot.db.desk_values import HandoffOutcome
from bot.db.events import EventStore
from bot.db.outbox import with_channels
from bot.db.tables import HANDOFF_REQUESTS
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Speaker


def _requests(engine: Engine) -> list[dict[str, Any]]:
    with engine.begin() as connection:
        rows = connection.execute(select(HANDOFF_REQUESTS).order_by(HANDOFF_REQUESTS.c.created_at))
        return [dict(row._mapping) for row in rows]


def _take(engine: Engine, talk: Conversation, now: datetime) -> None:
    DeskStore(engine).take(conversation_id=talk.id, staff_id="s1", display_name="Grace", note="joined", now=now)


def _finish(engine: Engine, talk: Conversation, to: Speaker, now: datetime) -> None:
    DeskStore(engine).finish(
        conversation_id=talk.id,
        staff_id="s1",
        actor="Grace",
        to=to,
        outcome=HandoffOutcome.REFERRED,
        note="left",
        now=now,
    )


def test_asking_for_a_person_makes_the_conversation_wait(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    later = now + timedelta(minutes=1)
    request_id = store.request_handoff(conversation_id=talk.id, reason="low_support", now=later)
    waiting = store.conversation(conversation_id=talk.id)
    assert (waiting.state, waiting.updated_at) == (Speaker.WAITING, later)
    nothing_yet = dict.fromkeys(("staff_id", "taken_at", "outcome", "closed_at", "overdue_at", "rating"))
    assert _requests(engine) == [
        {
            "id": request_id,
            "conversation_id": talk.id,
            "reason": "low_support",
            "state": "open",
            "created_at": later,
            **nothing_yet,
        }
    ]
    assert [(event.kind, event.detail) for event in EventStore(engine).after(0)] == [
        ("state", {"state": "waiting"}),
        ("queue", {}),
    ]


def test_asking_again_is_the_same_request(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    def ask(_: int) -> str:
        return store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(ask, range(8)))
    assert asked == [request["id"] for request in _requests(engine)] * 8
    assert len(EventStore(engine).after(0)) == 2


def test_a_request_and_its_notice_to_staff_are_written_together(
    talk: Conversation, engine: Engine, now: datetime
) -> None:
    store = TranscriptStore(with_channels(engine, ["email"]))
    for _ in range(2):
        store.request_handoff(conversation_id=talk.id, reason="crisis", now=now)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar_one() == 1


def test_asking_while_a_person_is_there_leaves_the_person_there(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    first = store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    _take(engine, talk, now)
    assert store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now) == first
    assert store.conversation(conversation_id=talk.id).state is Speaker.HUMAN


@pytest.mark.parametrize("end", [Speaker.BOT, Speaker.CLOSED])
def test_after_the_end_of_one_request_a_new_one_can_be_made(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime, end: Speaker
) -> None:
    first = store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    _take(engine, talk, now)
    ended = now + timedelta(minutes=5)
    _finish(engine, talk, end, ended)
    assert [(row["state"], row["outcome"], row["closed_at"]) for row in _requests(engine)] == [
        ("closed", "referred", ended)
    ]
    second = store.request_handoff(conversation_id=talk.id, reason="low_support", now=ended)
    assert [(request["id"], request["state"]) for request in _requests(engine)] == [
        (first, "closed"),
        (second, "open"),
    ]
    assert store.conversation(conversation_id=talk.id).state is Speaker.WAITING
