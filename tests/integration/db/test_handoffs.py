"""One owner at a time, and a request for a person is never lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from bot.db.tables import HANDOFF_REQUESTS
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Speaker


def _requests(engine: Engine) -> list[dict[str, Any]]:
    with engine.begin() as connection:
        rows = connection.execute(select(HANDOFF_REQUESTS).order_by(HANDOFF_REQUESTS.c.created_at))
        return [dict(row._mapping) for row in rows]


def test_a_conversation_moves_only_from_where_it_is(store: TranscriptStore, talk: Conversation) -> None:
    assert not store.set_state(conversation_id=talk.id, expected=Speaker.WAITING, to=Speaker.HUMAN)
    assert store.conversation(conversation_id=talk.id).state is Speaker.BOT
    assert store.set_state(conversation_id=talk.id, expected=Speaker.BOT, to=Speaker.WAITING)
    assert store.conversation(conversation_id=talk.id).state is Speaker.WAITING


def test_of_many_who_take_a_conversation_one_gets_it(store: TranscriptStore, talk: Conversation) -> None:
    def take(_: int) -> bool:
        return store.set_state(conversation_id=talk.id, expected=Speaker.BOT, to=Speaker.HUMAN)

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(8)))
    assert sorted(taken) == [False] * 7 + [True]


def test_asking_for_a_person_makes_the_conversation_wait(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    later = now + timedelta(minutes=1)
    request_id = store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=later)
    waiting = store.conversation(conversation_id=talk.id)
    assert (waiting.state, waiting.updated_at) == (Speaker.WAITING, later)
    assert _requests(engine) == [
        {
            "id": request_id,
            "conversation_id": talk.id,
            "reason": "asked_for_person",
            "state": "open",
            "created_at": later,
        }
    ]


def test_asking_again_is_the_same_request(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    def ask(_: int) -> str:
        return store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(ask, range(8)))
    assert asked == [request["id"] for request in _requests(engine)] * 8


def test_asking_while_a_person_is_there_leaves_the_person_there(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    first = store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    store.set_state(conversation_id=talk.id, expected=Speaker.WAITING, to=Speaker.HUMAN)
    assert store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now) == first
    assert store.conversation(conversation_id=talk.id).state is Speaker.HUMAN


@pytest.mark.parametrize("end", [Speaker.BOT, Speaker.CLOSED])
def test_after_the_end_of_one_request_a_new_one_can_be_made(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime, end: Speaker
) -> None:
    first = store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    assert store.set_state(conversation_id=talk.id, expected=Speaker.WAITING, to=end)
    assert [request["state"] for request in _requests(engine)] == ["closed"]
    second = store.request_handoff(conversation_id=talk.id, reason="low_support", now=now + timedelta(minutes=1))
    assert [(request["id"], request["state"]) for request in _requests(engine)] == [
        (first, "closed"),
        (second, "open"),
    ]
    assert store.conversation(conversation_id=talk.id).state is Speaker.WAITING


def test_a_refused_move_leaves_the_request_open(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    assert not store.set_state(conversation_id=talk.id, expected=Speaker.HUMAN, to=Speaker.CLOSED)
    assert [request["state"] for request in _requests(engine)] == ["open"]
