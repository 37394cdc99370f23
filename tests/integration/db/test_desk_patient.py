"""What patients do at the desk: leave it, leave how they can be reached, give a mark; each only for themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.db.desk import DeskStore
from bot.db.desk_values import Contact
from bot.db.events import EventStore
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Conversation, Speaker
from bot.errors import FloorError, NotFoundError
from tests.integration.db.conftest import finish, lines


@pytest.mark.parametrize("is_taken", [False, True], ids=["waiting", "talking"])
def test_the_patient_leaves_the_line_or_the_talk(  # noqa: PLR0917 - fixtures
    is_taken: bool,
    desk: DeskStore,
    waiting: Conversation,
    store: TranscriptStore,
    take: Callable[..., Conversation],
    now: datetime,
) -> None:
    if is_taken:
        take(waiting)
    notes = {Speaker.WAITING: "left the line", Speaker.HUMAN: "ended the talk"}
    ends = [desk.end_by_patient(conversation_id=waiting.id, visitor_id="ada", notes=notes, now=now) for _ in range(2)]
    assert ends == [True, False]
    case = desk.case(conversation_id=waiting.id)
    assert (case.conversation.state, case.requests[0].outcome) == (Speaker.BOT, "patient_left")
    assert lines(store, waiting)[-1] == (Author.SYSTEM, notes[Speaker.HUMAN if is_taken else Speaker.WAITING], None)


def test_contacts_are_kept_one_of_a_kind_and_withdrawn_together(
    desk: DeskStore, waiting: Conversation, store: TranscriptStore, now: datetime
) -> None:
    def leave(kind: str, value: str) -> Contact:
        return desk.set_contact(
            conversation_id=waiting.id, visitor_id="ada", kind=kind, value=value, note=f"left {kind}", now=now
        )

    leave("email", "old@example.org")
    email, phone = leave("email", "ada@example.org"), leave("phone", "+1 202-555-0143")
    assert desk.case(conversation_id=waiting.id).contacts == (email, phone)
    assert desk.queue(flagged_since=now).waiting[0].has_contact
    gone = [
        desk.clear_contacts(conversation_id=waiting.id, visitor_id="ada", note="withdrawn", now=now) for _ in range(2)
    ]
    assert gone == [True, False]
    assert desk.case(conversation_id=waiting.id).contacts == ()
    assert [text for _, text, _ in lines(store, waiting)] == ["left email", "left email", "left phone", "withdrawn"]


def test_no_contact_is_kept_that_nobody_would_use(desk: DeskStore, talk: Conversation, now: datetime) -> None:
    with pytest.raises(FloorError) as caught:
        desk.set_contact(
            conversation_id=talk.id, visitor_id="ada", kind="email", value="ada@example.org", note="left", now=now
        )
    assert caught.value.code == "not_waiting"
    assert desk.case(conversation_id=talk.id).contacts == ()


def test_only_a_talk_with_a_person_gets_a_mark_and_the_newest_mark_counts(
    desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], now: datetime
) -> None:
    with pytest.raises(FloorError):
        desk.set_rating(conversation_id=waiting.id, visitor_id="ada", rating=5)
    take(waiting)
    finish(desk, waiting, "ada", Speaker.BOT, now)
    for rating in (2, 5):
        desk.set_rating(conversation_id=waiting.id, visitor_id="ada", rating=rating)
    assert desk.case(conversation_id=waiting.id).requests[0].rating == 5


def test_typing_is_told_only_between_the_patient_and_the_owner(
    desk: DeskStore, waiting: Conversation, take: Callable[..., Conversation], engine: Engine, now: datetime
) -> None:
    def type_all() -> list[dict[str, Any]]:
        before = EventStore(engine).newest_id()
        desk.type_as_patient(conversation_id=waiting.id, visitor_id="ada", now=now)
        desk.type_as_staff(conversation_id=waiting.id, staff_id="ada", display_name="Ada", now=now)
        desk.type_as_staff(conversation_id=waiting.id, staff_id="bo", display_name="Bo", now=now)
        return [dict(event.detail) for event in EventStore(engine).after(before)]

    assert type_all() == []
    take(waiting)
    assert type_all() == [{"who": "patient"}, {"who": "staff", "name": "Ada"}]


def test_another_visitors_conversation_does_not_exist_for_any_call_of_a_patient(
    desk: DeskStore, waiting: Conversation, now: datetime
) -> None:
    whose = {"conversation_id": waiting.id, "visitor_id": "eve"}
    calls: list[Callable[[], object]] = [
        lambda: desk.case(**whose),
        lambda: desk.end_by_patient(**whose, notes={}, now=now),
        lambda: desk.set_rating(**whose, rating=5),
        lambda: desk.set_contact(**whose, kind="email", value="e@example.org", note="n", now=now),
        lambda: desk.clear_contacts(**whose, note="n", now=now),
        lambda: desk.type_as_patient(**whose, now=now),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
