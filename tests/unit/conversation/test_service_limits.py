"""The one door: how much and how fast, and whose conversation it is."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from bot.conversation.limits import Limits
from bot.conversation.texts import Texts
from bot.domain import Outcome
from bot.errors import NotFoundError
from tests.unit.conversation.conftest import (
    CRISIS,
    DANGER,
    PERSON,
    Desk,
)

QUESTION = "what is a flare"
NAMED = "My name is Zebulon Quarrie. what is a flare"

Break = Callable[[Desk], None]


# ------------------------------------------------------------------ limits


def test_a_message_too_long_gets_a_kind_text_with_the_limit(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(limits=Limits(max_chars=2000))
    reply = desk.say("x" * 2001)
    assert (reply.outcome, reply.reason) == (Outcome.CONVERSATION, "limit.too_long")
    assert "2000 characters" in reply.text
    assert desk.history() == []


def test_messages_too_fast_get_a_kind_text_and_dangers_are_never_blocked(
    open_desk: Callable[..., Desk], texts: Texts
) -> None:
    desk = open_desk(limits=Limits(max_chars=2000, per_visitor=("2/minute",), per_address=("2/minute",)))
    dangers = [desk.say(DANGER, address="192.0.2.1").outcome for _ in range(5)]
    calm = [desk.say(QUESTION, address="192.0.2.1") for _ in range(3)]
    after = [desk.say(text, address="192.0.2.1").outcome for text in (DANGER, CRISIS)]
    assert dangers == [Outcome.EMERGENCY] * 5
    assert [reply.reason for reply in calm] == ["supported", "supported", "limit.too_fast"]
    assert (calm[-1].text, calm[-1].answerer) == (texts.fixed("too_fast"), "fixed")
    assert after == [Outcome.EMERGENCY, Outcome.CRISIS]


def test_a_message_sent_again_gets_its_reply_whatever_the_rate(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(limits=Limits(max_chars=2000, per_visitor=("1/minute",)))
    first = desk.say(QUESTION, client_message_id="m1")
    assert [desk.say(QUESTION, client_message_id="m1").reply_id for _ in range(3)] == [first.reply_id] * 3
    assert desk.say(QUESTION, client_message_id="m2").reason == "limit.too_fast"


def test_the_limit_of_a_day_does_not_ask_to_wait_a_moment(open_desk: Callable[..., Desk], texts: Texts) -> None:
    desk = open_desk(limits=Limits(max_chars=2000, per_visitor=("1/day",)))
    desk.say(QUESTION)
    reply = desk.say(QUESTION)
    assert (reply.reason, reply.text) == ("limit.too_many", texts.fixed("too_many"))
    assert desk.say(DANGER).outcome is Outcome.EMERGENCY


def test_a_danger_may_be_longer_than_any_message(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(limits=Limits(max_chars=5))
    assert desk.say(DANGER).outcome is Outcome.EMERGENCY


def test_no_rate_stands_before_asking_for_a_person_the_first_time(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(limits=Limits(max_chars=2000, per_visitor=("1/minute",)))
    desk.say(QUESTION)
    assert [desk.say(PERSON).reason for _ in range(2)] == ["asked_for_person", "limit.too_fast"]


def test_no_share_of_a_day_stands_between_a_patient_and_a_person(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(limits=Limits(max_chars=2000, per_visitor=("1/day",), to_person=("3/minute",)))
    desk.say(QUESTION)
    desk.store.give_to_person(desk.conversation_id)
    assert [desk.say(QUESTION).reason for _ in range(4)] == ["person_speaks"] * 3 + ["limit.too_fast"]
    assert len(desk.history()) == 6


# ------------------------------------------------------------------ whose conversation it is


def test_another_visitor_meets_a_conversation_that_is_not_there(desk: Desk) -> None:
    reply = desk.say(QUESTION)
    for call in (
        lambda: desk.say(QUESTION, visitor_id="stranger"),
        lambda: desk.say(DANGER, visitor_id="stranger"),
        lambda: desk.service.request_person(conversation_id=desk.conversation_id, visitor_id="stranger"),
        lambda: desk.service.history(conversation_id=desk.conversation_id, visitor_id="stranger"),
        lambda: desk.service.give_feedback(reply_id=reply.reply_id, visitor_id="stranger", value=1),
        lambda: desk.service.open(visitor_id="stranger", channel="test", conversation_id=desk.conversation_id),
        lambda: desk.service.reply(conversation_id=str(uuid.uuid4()), visitor_id="v", text=QUESTION),
        lambda: desk.service.open(visitor_id="v", channel="test", conversation_id="../../etc"),
    ):
        with pytest.raises(NotFoundError):
            call()
    assert len(desk.history()) == 2


def test_opening_an_own_conversation_again_returns_it(desk: Desk) -> None:
    again = desk.service.open(visitor_id="v", channel="other", conversation_id=desk.conversation_id)
    assert (again.id, again.channel) == (desk.conversation_id, "test")
