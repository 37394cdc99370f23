"""The process dies by ``kill -9`` at random moments of a talk: what was acknowledged is there, and the talk goes on."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from bot.db.staff import By
from bot.domain import Author, Message, Role, Speaker
from tests.fakes.mortal import VISITOR, Asked, Mortal, live

EXCHANGES = 200
# With the guide, then with a person, and again.
SPAN = 10
KILLS_IN_TEN = 2
_PATIENCE_S = 60.0
_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Doctor:
    """Starts the process again whenever it is dead, and remembers what it said yes to."""

    url: str
    conversation_id: str
    staff_id: str
    draw: random.Random
    acknowledged: list[Asked] = field(default_factory=list)
    deaths: int = 0
    deaths_before_answer: int = 0
    # How long an exchange takes here and now: the moment of death is drawn from around it.
    usual_s: float = 0.01
    _process: ForkServerProcess | None = None
    _pipe: Connection | None = None

    def ask(self, kind: str, text: str) -> None:
        """Have one thing done, and again under the same id until it is acknowledged, as a page does."""
        asked = (kind, f"id-{kind}-{text}", text)
        if self.draw.randrange(10) < KILLS_IN_TEN:
            self._ask_and_kill(asked)
            if self.draw.random() < 0.5:  # a second death before the page gets through
                self._ask_and_kill(asked)
        self._send(asked)
        started = time.monotonic()
        assert self._pipe is not None
        assert self._pipe.poll(_PATIENCE_S)
        assert self._pipe.recv() == (asked[1], True)
        self.usual_s += (time.monotonic() - started - self.usual_s) / 5
        self.acknowledged.append(asked)

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def _ask_and_kill(self, asked: Asked) -> None:
        self._send(asked)
        assert self._process is not None
        assert self._pipe is not None
        time.sleep(self.draw.uniform(0, 2 * self.usual_s))
        self._process.kill()
        self._process.join()
        self.deaths += 1
        try:
            is_answered = self._pipe.poll() and self._pipe.recv() == (asked[1], True)
        except (EOFError, ConnectionError):
            is_answered = False
        if is_answered:
            self.acknowledged.append(asked)
        else:
            self.deaths_before_answer += 1
        self.end()

    def _send(self, asked: Asked) -> None:
        if self._process is None:
            self._start()
        assert self._pipe is not None
        self._pipe.send(asked)

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        # Imported once: what is forked from there lives in milliseconds.
        context.set_forkserver_preload(["tests.fakes.mortal"])
        self._pipe, other = context.Pipe()
        self._process = context.Process(
            target=live, args=(other, self.url, self.conversation_id, self.staff_id), daemon=True
        )
        self._process.start()
        other.close()
        assert self._pipe.poll(_PATIENCE_S)
        assert self._pipe.recv() == ("alive", True)


@pytest.fixture
def mortal(tmp_path: Path) -> Mortal:
    """The same parts in this process, to prepare and to look at what is left."""
    return Mortal(f"sqlite:///{tmp_path / 'transcripts.db'}")


@pytest.fixture
def doctor(mortal: Mortal, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Doctor]:
    member, _ = mortal.stores.staff.add(name="anna", display_name="Anna", role=Role.AGENT, by=By(name="test"), now=_NOW)
    conversation = mortal.service.open(visitor_id=VISITOR, channel="chat")
    made = Doctor(
        url=f"sqlite:///{tmp_path / 'transcripts.db'}",
        conversation_id=conversation.id,
        staff_id=member.id,
        draw=random.Random(request.param),
    )
    yield made
    made.end()


@pytest.mark.parametrize("doctor", [1, 2], indirect=True, ids=["seed_1", "seed_2"])
def test_nothing_acknowledged_is_lost_or_doubled_and_the_talk_goes_on(doctor: Doctor, mortal: Mortal) -> None:
    for number in range(EXCHANGES // 2):
        _turn_over(doctor, number)
        doctor.ask("patient", f"patient {number}")
        if _is_with_person(number):
            doctor.ask("staff", f"staff {number}")
        else:
            doctor.ask("patient", f"patient {number} goes on")
    _turn_over(doctor, EXCHANGES // 2)
    assert doctor.deaths > EXCHANGES // 5
    # Deaths before and after the acknowledgement were both tried.
    assert 0 < doctor.deaths_before_answer < doctor.deaths

    kept = mortal.stores.transcripts.messages(conversation_id=doctor.conversation_id)
    written = [message for message in kept if message.author in (Author.PATIENT, Author.STAFF)]
    said = list(dict.fromkeys(text for kind, _, text in doctor.acknowledged if kind in ("patient", "staff")))
    assert [message.text for message in written] == said
    assert len(said) == EXCHANGES
    assert [message.seq for message in kept] == list(range(1, len(kept) + 1))
    _assert_answered_once(kept)
    assert mortal.stores.transcripts.conversation(conversation_id=doctor.conversation_id).state is Speaker.BOT
    _assert_whole(mortal, doctor, kept)


def _is_with_person(number: int) -> bool:
    return number // SPAN % 2 == 1


def _turn_over(doctor: Doctor, number: int) -> None:
    """Let the person come or go where a span ends."""
    if number == 0 or number % SPAN:
        return
    if _is_with_person(number):
        doctor.ask("ask", f"for a person {number}")
        doctor.ask("take", f"the talk {number}")
    elif _is_with_person(number - 1):
        doctor.ask("release", f"the talk {number}")


def _assert_answered_once(kept: list[Message]) -> None:
    """Each question has its one answer, each request for a person its acknowledgement; the person's have none."""
    answers = Counter(message.reply.reason for message in kept if message.reply is not None)
    is_held, unexpected, owed = False, [], 0
    for message in kept:
        if message.author is Author.SYSTEM:
            is_held = not is_held
        elif message.author is Author.BOT and is_held:
            unexpected.append(message)
        elif message.author is Author.PATIENT and not is_held:
            owed += 1
    assert unexpected == []
    assert answers["supported"] == owed
    notes = [message for message in kept if message.author is Author.SYSTEM]
    assert len(notes) == 2 * len([span for span in range(EXCHANGES // 2 // SPAN) if span % 2])


def _assert_whole(mortal: Mortal, doctor: Doctor, kept: list[Message]) -> None:
    """Each message has its one event, the audit log is unbroken, and the file is sound."""
    events = [event for event in mortal.stores.events.after(0, 10_000) if event.kind == "message"]
    assert [event.detail["message_id"] for event in events] == [message.id for message in kept]
    assert {event.conversation_id for event in events} == {doctor.conversation_id}
    assert mortal.stores.audit.check_chain() is None
    with mortal.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
