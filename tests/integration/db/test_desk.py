"""Conversations change hands one at a time, with a note for both sides, and only for those who may."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.db.audit import AuditStore
from bot.db.desk import DeskStore
from bot.db.events import EventStore
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Conversation, Outcome, Reply, Speaker
from bot.errors import FloorError, NotFoundError
from tests.integration.db.conftest import STEP, finish, lines


def give(desk: DeskStore, talk: Conversation, staff_id: str, to: str, now: datetime, **more: Any) -> Conversation:
    return desk.give(
        conversation_id=talk.id,
        staff_id=staff_id,
        actor=staff_id.capitalize(),
        to_staff_id=to,
        display_name=to.capitalize(),
        note=f"now {to}",
        now=now,
        **more,
    )


def say(desk: DeskStore, talk: Conversation, staff_id: str, text: str, now: datetime, *, message_id: str = "m1") -> Any:
    return desk.say(conversation_id=talk.id, staff_id=staff_id, text=text, client_message_id=message_id, now=now)


def test_of_two_who_take_a_conversation_at_once_one_gets_it_and_the_other_reads_who(
    desk: DeskStore, waiting: Conversation, store: TranscriptStore, take: Callable[..., Conversation]
) -> None:
    start = threading.Barrier(6)

    def attempt(staff_id: str) -> str:
        start.wait(10)
        try:
            take(waiting, staff_id)
        except FloorError as error:
            return f"{error.code}: {error.name}"
        return "mine"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(attempt, ["ada", "bo", "lea"] * 2))
    owner = desk.case(conversation_id=waiting.id)
    winner = {"ada": "Ada", "bo": "Bo", "lea": "Lea"}[str(owner.staff_id)]
    # Each of the three presses twice: the winner's second press changes nothing, the others read who has it.
    assert sorted(answers) == ["mine"] * 2 + [f"taken: {winner}"] * 4
    assert lines(store, waiting) == [(Author.SYSTEM, f"{winner} joined", winner)]


def test_a_taken_conversation_knows_its_owner_and_since_when(
    desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], engine: Engine, now: datetime
) -> None:
    before = EventStore(engine).newest_id()
    assert take(waiting).state is Speaker.HUMAN
    case = desk.case(conversation_id=waiting.id, visitor_id="ada")
    assert (case.staff_id, case.staff_name, case.position) == ("ada", "Ada", None)
    request = case.requests[0]
    assert (request.reason, request.asked_at, request.staff_name) == ("low_support", now, "Ada")
    assert (request.taken_at, request.is_open) == (now + STEP, True)
    kinds = [
        (event.kind, event.detail.get("state"), event.detail.get("name")) for event in EventStore(engine).after(before)
    ]
    assert kinds == [("message", None, None), ("state", "human", "Ada"), ("queue", None, None)]


def test_nobody_is_taken_who_does_not_wait_unless_staff_begin(
    desk: DeskStore, talk: Conversation, take: Callable[..., Conversation]
) -> None:
    with pytest.raises(FloorError) as caught:
        take(talk)
    assert caught.value.code == "not_waiting"
    assert take(talk, start=True).state is Speaker.HUMAN
    assert [request.reason for request in desk.case(conversation_id=talk.id).requests] == ["staff"]
    with pytest.raises(FloorError, match="Ada has this conversation"):
        take(talk, "bo", start=True)


def test_only_the_owner_speaks_and_each_message_is_written_once(
    desk: DeskStore, waiting: Conversation, store: TranscriptStore, take: Callable[..., Conversation], now: datetime
) -> None:
    with pytest.raises(FloorError) as nobodys:
        say(desk, waiting, "ada", "Hello", now)
    take(waiting)
    with pytest.raises(FloorError) as colleagues:
        say(desk, waiting, "bo", "Hello", now)
    assert (nobodys.value.code, nobodys.value.name) == ("not_yours", None)
    assert (colleagues.value.code, colleagues.value.name) == ("not_yours", "Ada")
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: say(desk, waiting, "ada", "Hello", now).id, range(4)))
    assert len(set(sent)) == 1
    finish(desk, waiting, "ada", Speaker.BOT, now)
    assert say(desk, waiting, "ada", "Hello", now).id == sent[0]  # its answer was lost, and it is sent again
    with pytest.raises(FloorError):
        say(desk, waiting, "ada", "One more thing", now, message_id="m2")
    assert lines(store, waiting)[1:] == [(Author.STAFF, "Hello", "Ada"), (Author.SYSTEM, "left", None)]


def test_what_a_patients_page_sends_as_an_id_never_stands_for_a_line_of_staff(
    desk: DeskStore, waiting: Conversation, store: TranscriptStore, take: Callable[..., Conversation], now: datetime
) -> None:
    take(waiting)
    store.add_patient_message(conversation_id=waiting.id, text="Hi", client_message_id="m1", now=now)
    assert say(desk, waiting, "ada", "Hello", now).text == "Hello"


def test_a_talk_is_handed_on_by_its_owner_and_assigned_by_a_lead(
    desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], now: datetime
) -> None:
    give(desk, waiting, "lea", "ada", now, is_lead=True)
    with pytest.raises(FloorError, match="Ada has this conversation"):
        give(desk, waiting, "bo", "bo", now)
    give(desk, waiting, "ada", "bo", now + STEP)
    case = desk.case(conversation_id=waiting.id)
    assert (case.staff_id, case.requests[0].staff_id, case.requests[0].taken_at) == ("bo", "bo", now)
    with pytest.raises(FloorError):
        say(desk, waiting, "ada", "Hello", now)


@pytest.mark.parametrize("to", ["ray", "gone", "nobody"])
def test_a_talk_goes_only_to_a_colleague_who_may_talk_to_patients(
    to: str, desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], now: datetime
) -> None:
    take(waiting)
    with pytest.raises(NotFoundError):
        give(desk, waiting, "ada", to, now)
    assert desk.case(conversation_id=waiting.id).staff_id == "ada"


def test_a_talk_that_nobody_asked_for_cannot_be_given_or_ended(
    desk: DeskStore, talk: Conversation, now: datetime
) -> None:
    for attempt in (
        lambda: give(desk, talk, "lea", "ada", now, is_lead=True),
        lambda: finish(desk, talk, "lea", Speaker.CLOSED, now, is_lead=True),
    ):
        with pytest.raises(FloorError) as caught:
            attempt()
        assert caught.value.code == "not_waiting"


@pytest.mark.parametrize("to", [Speaker.BOT, Speaker.CLOSED])
def test_only_the_owner_or_a_lead_ends_a_talk(
    to: Speaker, desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], now: datetime
) -> None:
    take(waiting)
    with pytest.raises(FloorError, match="Ada has this conversation"):
        finish(desk, waiting, "bo", to, now)
    assert finish(desk, waiting, "lea", to, now + STEP, is_lead=True).state is to
    case = desk.case(conversation_id=waiting.id)
    assert (case.staff_id, case.requests[0].is_open, case.requests[0].outcome) == (None, False, "answered")
    assert case.requests[0].closed_at == now + STEP


def test_one_that_still_waits_may_be_closed_by_anybody_of_the_desk(
    desk: DeskStore, waiting: Conversation, now: datetime
) -> None:
    assert finish(desk, waiting, "bo", Speaker.CLOSED, now).state is Speaker.CLOSED


def test_each_change_of_hands_stands_in_the_audit_log(
    desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], engine: Engine, now: datetime
) -> None:
    take(waiting)
    give(desk, waiting, "ada", "bo", now)
    finish(desk, waiting, "bo", Speaker.BOT, now)
    take(waiting, "lea", start=True)
    finish(desk, waiting, "lea", Speaker.CLOSED, now)
    entries = sorted(AuditStore(engine).entries(subject_id=waiting.id), key=lambda entry: entry.id)
    assert [(entry.action, entry.staff_id, entry.actor, dict(entry.detail)) for entry in entries] == [
        ("conversation.taken", "ada", "Ada", {}),
        ("conversation.handed_on", "ada", "Ada", {"to": "bo"}),
        ("conversation.released", "bo", "Bo", {"outcome": "answered"}),
        ("conversation.started", "lea", "Lea", {}),
        ("conversation.closed", "lea", "Lea", {"outcome": "answered"}),
    ]
    assert AuditStore(engine).check_chain() is None


def test_the_line_is_in_the_order_of_asking(desk: DeskStore, store: TranscriptStore, now: datetime) -> None:
    talks = [store.open_conversation(visitor_id=f"v{n}", channel="web", language="de", now=now) for n in range(3)]
    for number in (2, 0, 1):
        store.request_handoff(conversation_id=talks[number].id, reason="crisis", now=now + number * STEP)
    assert [desk.case(conversation_id=talk.id).position for talk in talks] == [1, 2, 3]
    assert [entry.conversation_id for entry in desk.queue(flagged_since=now).waiting] == [talk.id for talk in talks]
    desk.take(conversation_id=talks[0].id, staff_id="ada", display_name="Ada", note="joined", now=now)
    queue = desk.queue(flagged_since=now)
    assert [entry.conversation_id for entry in queue.waiting] == [talks[1].id, talks[2].id]
    assert [(entry.conversation_id, entry.staff_name) for entry in queue.with_person] == [(talks[0].id, "Ada")]
    entry = queue.waiting[0]
    assert (entry.reason, entry.language, entry.asked_at, entry.messages) == ("crisis", "de", now + STEP, 0)
    assert [desk.case(conversation_id=talk.id).position for talk in talks] == [None, 1, 2]


def test_an_emergency_is_in_the_queue_at_once_though_nobody_asked_and_until_somebody_came(  # noqa: PLR0917 - fixtures
    desk: DeskStore,
    store: TranscriptStore,
    talk: Conversation,
    take: Callable[..., Conversation],
    make_reply: Callable[..., Reply],
    engine: Engine,
    now: datetime,
) -> None:
    later = now + timedelta(seconds=1)
    store.add_reply(reply=make_reply(outcome=Outcome.ANSWERED))
    store.add_reply(reply=make_reply(outcome=Outcome.EMERGENCY, reason="red_flag.stroke"))
    store.add_reply(reply=make_reply(outcome=Outcome.CRISIS, reason="crisis.suicide", created_at=later))
    flagged = desk.queue(flagged_since=now).flagged
    assert [(entry.conversation_id, entry.reason, entry.state) for entry in flagged] == [
        (talk.id, "crisis.suicide", Speaker.BOT)
    ]
    assert desk.queue(flagged_since=now + STEP).flagged == ()
    details = [event.detail for event in EventStore(engine).after(0) if event.kind == "queue"]
    assert details == [{"flagged": "red_flag.stroke"}, {"flagged": "crisis.suicide"}]
    assert store.conversation(conversation_id=talk.id).state is Speaker.BOT
    take(talk, start=True)
    assert desk.queue(flagged_since=now).flagged == ()
    assert desk.queue(flagged_since=now).with_person[0].flag == "crisis.suicide"
    finish(desk, talk, "ada", Speaker.BOT, now + STEP)
    assert desk.queue(flagged_since=now).flagged == ()


def test_who_waits_too_long_is_told_once_whichever_process_looks(
    desk: DeskStore, waiting: Conversation, store: TranscriptStore, now: datetime
) -> None:
    def look(_: int) -> list[str]:
        return desk.mark_overdue(asked_before=now, note="it takes longer", now=now + STEP)

    assert desk.mark_overdue(asked_before=now - STEP, note="too soon", now=now) == []
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(look, range(4)))
    assert sorted(told) == [[], [], [], [waiting.id]]
    assert lines(store, waiting) == [(Author.SYSTEM, "it takes longer", None)]
    assert desk.queue(flagged_since=now).waiting[0].overdue_at == now + STEP


def test_nobody_is_told_to_wait_who_talks_with_a_person(
    desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], now: datetime
) -> None:
    take(waiting)
    assert desk.mark_overdue(asked_before=now + STEP, note="it takes longer", now=now + STEP) == []


def test_the_bots_reply_is_refused_once_a_person_has_come_and_an_emergency_is_not(
    store: TranscriptStore, waiting: Conversation, take: Callable[..., Conversation], make_reply: Callable[..., Reply]
) -> None:
    allowed = (Speaker.BOT, Speaker.WAITING)
    take(waiting)
    assert store.add_reply(reply=make_reply(), allowed_in=allowed) is None
    assert store.add_reply(reply=make_reply(outcome=Outcome.EMERGENCY)) is not None
    assert [author for author, _, _ in lines(store, waiting)] == [Author.SYSTEM, Author.BOT]
