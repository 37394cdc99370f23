"""Events are heard once each, soon, by every process, and only of what was committed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

import bot
from bot.conversation.live import Live
from bot.db.desk_tables import EVENTS
from bot.db.events import Event, EventStore, add_event
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation
from bot.errors import StoreError

PATIENCE_S = 60.0
_ROOT = str(Path(bot.__file__).parent.parent)
# Another process writes, and says on each line when it had committed.
_WRITER = """
import sys, time
from datetime import UTC, datetime
from bot.db.engine import open_engine
from bot.db.transcripts import TranscriptStore
store = TranscriptStore(open_engine(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    store.add_patient_message(conversation_id=sys.argv[2], text=str(number), now=datetime.now(UTC))
    print(time.time(), flush=True)
    time.sleep(0.02)
"""


class Ears:
    """What a subscriber heard, and when."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.at: list[float] = []
        self._changed = threading.Condition()

    def __call__(self, event: Event) -> None:
        with self._changed:
            self.heard.append(event)
            self.at.append(time.time())
            self._changed.notify_all()

    def wait_for(self, count: int) -> list[Event]:
        with self._changed:
            self._changed.wait_for(lambda: len(self.heard) >= count, PATIENCE_S)
            return list(self.heard)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.heard]


@pytest.fixture
def events(engine: Engine) -> EventStore:
    return EventStore(engine)


@pytest.fixture
def live(events: EventStore) -> Iterator[Live]:
    """What hears the events, started."""
    live = Live(events, poll_s=0.1)
    live.start()
    yield live
    live.stop()


def test_events_are_read_in_their_order_and_pruned_by_age(events: EventStore, now: datetime) -> None:
    for number in range(3):
        events.add(conversation_id="c", kind="queue", detail={"number": number}, now=now + timedelta(hours=number))
    everything = events.after(0)
    assert [event.detail["number"] for event in everything] == [0, 1, 2]
    assert everything[1] == Event(everything[1].id, "c", "queue", {"number": 1}, now + timedelta(hours=1))
    assert events.after(everything[0].id, limit=1) == [everything[1]]
    assert events.after(everything[1].id, also=[everything[0].id]) == [everything[0], everything[2]]
    assert events.prune(now + timedelta(hours=1)) == 1
    assert events.newest_id() == everything[2].id
    assert events.prune(now + timedelta(days=1)) == 2
    events.add(conversation_id="c", kind="queue", detail={}, now=now)
    assert events.newest_id() > everything[2].id


def test_a_watcher_wakes_for_what_is_written_and_for_nothing_else(events: EventStore, now: datetime) -> None:
    with events.watch() as watch:
        assert not watch.wait(0.05)
        for _ in range(2):
            events.add(conversation_id="c", kind="queue", detail={}, now=now)
            assert watch.wait(PATIENCE_S)
            while watch.wait(0.05):  # both databases may wake a watcher once too often, and not for ever
                pass


def test_nothing_breaks_while_nothing_is_wrong(
    live: Live, events: EventStore, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    ears = Ears()
    live.subscribe(ears)
    for count in range(1, 4):
        events.add(conversation_id="c", kind="queue", detail={}, now=now)
        ears.wait_for(count)
    assert (len(ears.heard), caplog.records) == (3, [])


def test_a_message_is_heard_of_and_its_words_are_not_in_the_event(
    live: Live, store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    ears = Ears()
    live.subscribe(ears)
    message = store.add_patient_message(conversation_id=talk.id, text="secret", now=now)
    assert [(event.conversation_id, event.kind, event.detail) for event in ears.wait_for(1)] == [
        (talk.id, "message", {"message_id": message.id, "seq": 1, "author": "patient"})
    ]


def test_what_was_taken_back_is_never_heard_of(live: Live, engine: Engine, events: EventStore, now: datetime) -> None:
    ears = Ears()
    live.subscribe(ears)
    with engine.connect() as connection:
        add_event(connection, conversation_id="c", kind="state", detail={}, now=now)
        connection.rollback()
    events.add(conversation_id="c", kind="queue", detail={}, now=now)
    ears.wait_for(1)
    assert ears.kinds() == ["queue"]


def test_a_page_hears_what_happens_from_when_it_listens_until_it_stops(
    live: Live, events: EventStore, now: datetime
) -> None:
    first, second = Ears(), Ears()
    events.add(conversation_id="c", kind="read", detail={}, now=now)
    live.subscribe(second)
    second.wait_for(1)
    stop = live.subscribe(first)
    events.add(conversation_id="c", kind="queue", detail={}, now=now)
    first.wait_for(1)
    stop()
    stop()
    events.add(conversation_id="c", kind="typing", detail={}, now=now)
    second.wait_for(3)
    assert (first.kinds(), second.kinds()) == (["queue"], ["read", "queue", "typing"])


def test_a_subscriber_that_fails_costs_nobody_else_an_event(live: Live, events: EventStore, now: datetime) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("gone")

    ears = Ears()
    live.subscribe(fail)
    live.subscribe(ears)
    for kind in ("queue", "read"):
        events.add(conversation_id="c", kind=kind, detail={}, now=now)
    ears.wait_for(2)
    assert ears.kinds() == ["queue", "read"]


def test_what_another_process_writes_is_heard_once_each_in_order_and_soon(
    live: Live, talk: Conversation, database_url: str, tmp_path: Path
) -> None:
    ears = Ears()
    live.subscribe(ears)
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, database_url, talk.id, "20"],
        cwd=tmp_path,
        env={"PYTHONPATH": _ROOT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    written = [float(line) for line in writer.communicate("go\n", timeout=PATIENCE_S)[0].split()]
    heard = ears.wait_for(20)
    assert [event.detail["seq"] for event in heard] == list(range(1, 21))
    lags = sorted(heard_at - written_at for heard_at, written_at in zip(ears.at, written, strict=True))
    # No promise about a busy machine: half of them within a second, where a lost wake-up would take for ever.
    assert lags[len(lags) // 2] < 1.0


def test_many_writers_at_once_are_all_heard_once(
    live: Live, store: TranscriptStore, events: EventStore, now: datetime
) -> None:
    ears = Ears()
    live.subscribe(ears)
    talks = [store.open_conversation(visitor_id=f"v{n}", channel="web", language="en", now=now) for n in range(4)]

    def write(talk: Conversation) -> None:
        for number in range(10):
            written = False
            while not written:
                with suppress(StoreError):  # a busy machine may keep a writer waiting for too long
                    store.add_patient_message(conversation_id=talk.id, text=str(number), now=now)
                    written = True

    threads = [threading.Thread(target=write, args=(talk,)) for talk in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    heard = ears.wait_for(40)
    assert sorted(event.id for event in heard) == [event.id for event in events.after(0)]
    for talk in talks:
        assert [e.detail["seq"] for e in heard if e.conversation_id == talk.id] == list(range(1, 11))


def test_an_event_committed_after_a_later_one_is_heard_too(
    live: Live, engine: Engine, events: EventStore, now: datetime
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    ears = Ears()
    live.subscribe(ears)
    with engine.begin() as slow:
        add_event(slow, conversation_id="slow", kind="queue", detail={}, now=now)
        events.add(conversation_id="quick", kind="queue", detail={}, now=now)
        ears.wait_for(1)
    heard = ears.wait_for(2)
    assert [event.conversation_id for event in heard] == ["quick", "slow"]
    assert heard[0].id > heard[1].id


def test_one_that_was_on_its_way_when_the_listening_began_is_heard_too(
    engine: Engine, events: EventStore, now: datetime
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time")
    ears, live = Ears(), Live(events, poll_s=0.1)
    live.subscribe(ears)
    with engine.begin() as slow:
        add_event(slow, conversation_id="slow", kind="queue", detail={}, now=now)
        events.add(conversation_id="quick", kind="queue", detail={}, now=now)
        live.start()
    try:
        assert [event.conversation_id for event in ears.wait_for(1)] == ["slow"]
    finally:
        live.stop()


def test_ids_of_events_long_deleted_are_not_asked_for(
    engine: Engine, events: EventStore, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.begin() as connection:
        connection.execute(
            EVENTS.insert().values(id=1_000_000, conversation_id="c", kind="queue", detail={}, created_at=now)
        )
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT setval('events_id_seq', 1000000)")
    events.prune(now + timedelta(days=1))
    asked: list[int] = []
    read = events.after
    monkeypatch.setattr(
        events, "after", lambda *args, also=(), **kw: (asked.append(len(also)), read(*args, also=also, **kw))[1]
    )
    ears, live = Ears(), Live(events, poll_s=0.01)
    live.subscribe(ears)
    live.start()
    try:
        for kind in ("queue", "read"):
            events.add(conversation_id="c", kind=kind, detail={}, now=now)
        ears.wait_for(2)
    finally:
        live.stop()
    assert ears.kinds() == ["queue", "read"]
    assert max(asked) <= 100


def test_a_lost_connection_costs_no_event(
    live: Live, engine: Engine, events: EventStore, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ears = Ears()
    live.subscribe(ears)
    events.add(conversation_id="c", kind="queue", detail={}, now=now)
    ears.wait_for(1)
    lose_connections(engine, events, monkeypatch)
    events.add(conversation_id="c", kind="read", detail={}, now=now)
    ears.wait_for(2)
    assert ears.kinds() == ["queue", "read"]


def lose_connections(engine: Engine, events: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the listener's connection on PostgreSQL; on SQLite the next three looks fail."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    read, failures = events.after, iter(range(3))

    def fail_first(*args: int, **kwargs: object) -> list[Event]:
        for _ in failures:
            events._engine.dispose()
            raise StoreError("away")
        return read(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "after", fail_first)


def test_chores_are_done_and_one_that_fails_is_tried_again(events: EventStore) -> None:
    done, enough = [], threading.Event()

    def chore() -> None:
        done.append(len(done))
        if len(done) == 3:
            enough.set()
        raise RuntimeError("not today")

    live = Live(events, poll_s=0.01, chores=[chore], chore_s=0.01)
    live.start()
    try:
        assert enough.wait(PATIENCE_S)
    finally:
        live.stop()


def test_it_stops_and_starts_again(events: EventStore, now: datetime) -> None:
    ears, live = Ears(), Live(events, poll_s=0.05)
    live.subscribe(ears)
    for heard, kind in enumerate(("queue", "read"), start=1):
        live.start()
        live.start()
        events.add(conversation_id="c", kind=kind, detail={}, now=now)
        ears.wait_for(heard)
        live.stop()
    assert ears.kinds() == ["queue", "read"]
    assert "live" not in [thread.name for thread in threading.enumerate()]
