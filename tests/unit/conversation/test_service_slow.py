"""A record that takes its time: what cannot wait for it does not, and what was said is kept once it can be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from bot.domain import Author, Outcome, Reply
from bot.errors import NotFoundError
from tests.unit.conversation.conftest import CRISIS, DANGER, Desk

# Far more than the service waits, far less than anybody holds the record here.
_SOON_S = 30


class Hold:
    """Makes a method of the store wait until it is let go."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self._store = desk.store
        self._monkeypatch = monkeypatch
        self._free = threading.Event()

    def hold(self, *methods: str) -> None:
        for name in methods:
            self._monkeypatch.setattr(self._store, name, self._waiting(getattr(self._store, name)))

    def let_go(self) -> None:
        self._free.set()

    @property
    def is_held(self) -> bool:
        return not self._free.is_set()

    def _waiting(self, method: Any) -> Any:
        def wait(*args: Any, **more: Any) -> Any:
            self._free.wait()
            return method(*args, **more)

        return wait


@pytest.fixture
def record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hold]:
    held = Hold(desk, monkeypatch)
    yield held
    held.let_go()


def _soon(pool: ThreadPoolExecutor, desk: Desk, text: str, **more: Any) -> Future[Reply]:
    return pool.submit(desk.say, text, **more)


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(("add_patient_message",), id="writing"),
        pytest.param(("conversation",), id="reading"),
        pytest.param(("conversation", "recent_turns", "add_patient_message", "add_reply"), id="everything"),
    ],
)
@pytest.mark.parametrize(("text", "outcome"), [(DANGER, Outcome.EMERGENCY), (CRISIS, Outcome.CRISIS)])
def test_a_danger_is_answered_while_the_record_is_held_and_kept_afterwards(
    desk: Desk, record: Hold, slow: tuple[str, ...], text: str, outcome: Outcome
) -> None:
    record.hold(*slow)
    with ThreadPoolExecutor(1) as pool:
        reply = _soon(pool, desk, text, client_message_id="m1").result(timeout=_SOON_S)
        assert record.is_held
        assert reply.outcome is outcome
        record.let_go()
    assert _kept(desk) == [(Author.PATIENT, text), (Author.BOT, reply.text)]
    # Sent again by a page that was not sure: the same reply, nothing written twice.
    assert desk.say(text, client_message_id="m1").text == reply.text
    assert len(_kept(desk)) == 2


def _kept(desk: Desk) -> list[tuple[Author, str]]:
    deadline = time.monotonic() + _SOON_S
    while len(desk.history()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    return [(message.author, message.text) for message in desk.history()]


def test_a_conversation_begins_while_the_record_is_held(desk: Desk, record: Hold) -> None:
    record.hold("open_conversation")
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(desk.service.open, visitor_id="w", channel="test").result(timeout=_SOON_S)
        assert record.is_held
        answer = pool.submit(desk.service.reply, conversation_id=begun.id, visitor_id="w", text=DANGER).result(
            timeout=_SOON_S
        )
        assert record.is_held
        assert answer.outcome is Outcome.EMERGENCY
        record.let_go()
    reply = desk.service.reply(conversation_id=begun.id, visitor_id="w", text="What is lupus?")
    assert reply.outcome is Outcome.ANSWERED


def test_a_question_waits_for_the_record(desk: Desk, record: Hold) -> None:
    record.hold("conversation")
    with ThreadPoolExecutor(1) as pool:
        asked = _soon(pool, desk, "What is lupus?")
        with pytest.raises(TimeoutError):
            asked.result(timeout=2)
        record.let_go()
        assert asked.result(timeout=_SOON_S).outcome is Outcome.ANSWERED


def test_a_danger_told_in_anothers_conversation_is_answered_and_not_written_into_it(desk: Desk, record: Hold) -> None:
    record.hold("conversation")
    with ThreadPoolExecutor(1) as pool:
        reply = _soon(pool, desk, DANGER, visitor_id="stranger").result(timeout=_SOON_S)
        assert reply.outcome is Outcome.EMERGENCY
        record.let_go()
    with pytest.raises(NotFoundError):
        desk.say(DANGER, visitor_id="stranger")
    assert desk.history() == []
