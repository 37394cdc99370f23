from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.conversation.notify.failure import SendError
from bot.conversation.notify.notifier import Notifier
from bot.db.outbox import Notice, OutboxStore, with_channels
from bot.db.transcripts import TranscriptStore
from bot.errors import StoreError
from tests.fakes.console import quick_engine
from tests.fakes.notices import WRITTEN, FakeChannel


@dataclass
class _Desk:
    """An outbox with one request in it, and the clock."""

    engine: Engine
    now: datetime = WRITTEN
    outbox: OutboxStore = field(init=False)

    def __post_init__(self) -> None:
        self.outbox = OutboxStore(self.engine)
        store = TranscriptStore(with_channels(self.engine, ["webhook"]))
        talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=self.now)
        store.add_patient_message(conversation_id=talk.id, text="Xylophonbrandung", now=self.now)
        store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=self.now)

    def notifier(self, *channels: FakeChannel) -> Notifier:
        return Notifier(outbox=self.outbox, channels=channels, clock=lambda: self.now, draw=lambda: 0.5, pause_s=0.005)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[_Desk]:
    engine = quick_engine(tmp_path / "bot.db")
    yield _Desk(engine)
    engine.dispose()


def test_sends_what_is_due_once(desk: _Desk) -> None:
    channel = FakeChannel()
    notifier = desk.notifier(channel)
    assert [notifier.send_due(channel) for _ in range(3)] == [1, 0, 0]
    assert (len(channel.sent), desk.outbox.counts()["sent"]) == (1, 1)


def test_what_fails_is_tried_again_later_under_the_same_id(desk: _Desk) -> None:
    channel = FakeChannel(failures=[SendError("http_503"), SendError("timeout")])
    notifier = desk.notifier(channel)
    tries = []
    for wait_s in (0, 4, 1, 9, 1):
        desk.now += timedelta(seconds=wait_s)
        tries.append(notifier.send_due(channel))
    assert tries == [1, 0, 1, 0, 1]
    assert len(channel.sent) == 1
    assert desk.outbox.counts() == {"pending": 0, "sent": 1, "failed": 0}


def test_waits_as_long_as_the_receiver_asks(desk: _Desk) -> None:
    channel = FakeChannel(failures=[SendError("http_429", wait=timedelta(minutes=30))])
    notifier = desk.notifier(channel)
    notifier.send_due(channel)
    desk.now += timedelta(minutes=29)
    assert notifier.send_due(channel) == 0
    desk.now += timedelta(minutes=1)
    assert notifier.send_due(channel) == 1


def test_gives_up_after_a_day_and_says_so_loudly(desk: _Desk, caplog: pytest.LogCaptureFixture) -> None:
    channel = FakeChannel(failures=[SendError("http_500") for _ in range(99)])
    notifier = desk.notifier(channel)
    tries = 0
    for _ in range(30):
        tries += notifier.send_due(channel)
        desk.now += timedelta(hours=1)
    assert desk.outbox.counts() == {"pending": 0, "sent": 0, "failed": 1}
    assert desk.now - WRITTEN > timedelta(hours=24)
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [(record.message, vars(record)["code"]) for record in errors] == [("notice given up", "http_500")]


def test_a_receiver_that_wants_no_more_gets_no_more(desk: _Desk) -> None:
    channel = FakeChannel(failures=[SendError("http_410", is_final=True)])
    desk.notifier(channel).send_due(channel)
    assert desk.outbox.counts() == {"pending": 0, "sent": 0, "failed": 1}


def test_a_fault_of_ours_is_a_failed_try_and_its_words_go_nowhere(
    desk: _Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = FakeChannel(failures=[ValueError("Xylophonbrandung")])
    desk.notifier(channel).send_due(channel)
    (notice,) = desk.outbox.troubled(limit=9)
    assert (notice.state, notice.last_error) == ("pending", "ValueError")
    assert "Xylophonbrandung" not in str([vars(record) for record in caplog.records])


def test_a_worker_killed_between_sending_and_marking_sends_again_and_loses_nothing(desk: _Desk) -> None:
    class Killed(BaseException):
        pass

    class DyingChannel(FakeChannel):
        def send(self, notice: Notice) -> None:
            super().send(notice)
            raise Killed

    dying, channel = DyingChannel(), FakeChannel()
    with pytest.raises(Killed):
        desk.notifier(dying).send_due(dying)
    assert desk.notifier(channel).send_due(channel) == 0
    desk.now += timedelta(minutes=5)
    assert desk.notifier(channel).send_due(channel) == 1
    assert channel.sent == dying.sent


def test_its_threads_send_and_end(desk: _Desk) -> None:
    sent = threading.Event()

    class Telling(FakeChannel):
        def send(self, notice: Notice) -> None:
            super().send(notice)
            sent.set()

    channel = Telling()
    notifier = desk.notifier(channel)
    notifier.start()
    assert sent.wait(20)
    notifier.stop(patience_s=20)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("notices")] == []
    assert desk.outbox.counts()["sent"] == 1


def test_goes_on_after_the_database_was_away(desk: _Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.conversation.notify.notifier._TROUBLE_PAUSE_S", 0.005)
    claim, failures, sent = desk.outbox.claim, [StoreError("away"), OSError("away")], threading.Event()

    class Telling(FakeChannel):
        def send(self, notice: Notice) -> None:
            sent.set()

    def flaky(**arguments: object) -> list[Notice]:
        if failures:
            raise failures.pop()
        return claim(**arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.outbox, "claim", flaky)
    notifier = desk.notifier(Telling())
    notifier.start()
    assert sent.wait(20)
    notifier.stop(patience_s=20)


def test_without_channels_nothing_runs(desk: _Desk) -> None:
    before = threading.active_count()
    desk.notifier().start()
    assert threading.active_count() == before
