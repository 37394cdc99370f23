"""A person is asked for, comes, speaks and leaves: when the guide is heard, and when it is silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.conversation.texts import Texts
from bot.domain import Author, HandoffView, Outcome, Speaker
from tests.fakes.answers import make_abstention
from tests.unit.conversation.conftest import (
    CRISIS,
    DANGER,
    HELLO,
    PERSON,
    STOP_IT,
    Desk,
)

QUESTION = "what is a flare"
NAMED = "My name is Zebulon Quarrie. what is a flare"

Break = Callable[[Desk], None]


def test_asking_for_a_person_is_acknowledged_with_the_hours_and_stored_once(desk: Desk) -> None:
    first, second, third = desk.say(PERSON), desk.press_person(), desk.say(PERSON)
    assert "Monday to Friday, 9 to 17" in first.text
    assert {reply.outcome for reply in (first, second, third)} == {Outcome.HANDOFF}
    assert {reply.handoff for reply in (first, second, third)} == {HandoffView(Speaker.WAITING, offered=True)}
    assert "already in line" in second.text
    assert desk.store.count("handoff_requests") == 1
    assert [name for name, _ in first.timings_ms] == ["total"]


def test_the_button_is_acknowledged_like_the_words(desk: Desk) -> None:
    reply = desk.press_person()
    assert (reply.outcome, reply.reason) == (Outcome.HANDOFF, "asked_for_person")
    assert [message.reply for message in desk.history()] == [reply]
    assert desk.store.conversation(conversation_id=desk.conversation_id).state is Speaker.WAITING


def test_the_bot_goes_on_answering_while_nobody_has_come_yet(desk: Desk) -> None:
    desk.press_person()
    reply = desk.say(QUESTION)
    assert (reply.outcome, reply.handoff.state) == (Outcome.ANSWERED, Speaker.WAITING)


def give_to_person(desk: Desk) -> None:
    desk.store.give_to_person(desk.conversation_id)


@pytest.mark.parametrize("text", [QUESTION, HELLO, PERSON, STOP_IT, NAMED])
def test_the_bot_is_silent_while_a_person_owns_the_talk(text: str, desk: Desk) -> None:
    give_to_person(desk)
    reply = desk.say(text)
    assert (reply.outcome, reply.text, reply.reason) == (Outcome.HANDOFF, "", "person_speaks")
    assert reply.handoff.state is Speaker.HUMAN
    assert [message.author for message in desk.history()] == [Author.SYSTEM, Author.PATIENT]
    assert desk.source.questions == []


@pytest.mark.parametrize("text", [DANGER, CRISIS])
def test_a_danger_is_answered_even_while_a_person_owns_the_talk(text: str, desk: Desk) -> None:
    give_to_person(desk)
    reply = desk.say(text)
    assert (reply.outcome, reply.handoff.state) == (desk.triage.script[text].outcome, Speaker.HUMAN)
    assert "911" in reply.text


def test_the_bot_is_silent_when_a_person_comes_while_it_makes_its_answer(desk: Desk) -> None:
    desk.source.before = lambda question: give_to_person(desk)
    assert desk.say(QUESTION).text == ""
    assert [message.author for message in desk.history()] == [Author.PATIENT, Author.SYSTEM]


def test_the_button_says_that_a_person_is_there_already(desk: Desk, texts: Texts) -> None:
    give_to_person(desk)
    reply = desk.press_person()
    assert (reply.reason, reply.handoff.state) == ("person_is_here", Speaker.HUMAN)
    assert reply.text == texts.fixed("handoff_with_person", name="A person")
    assert [message.author for message in desk.history()] == [Author.SYSTEM]


def test_a_message_to_a_person_waits_for_no_answer_of_the_guide(desk: Desk) -> None:
    give_to_person(desk)
    with desk.limits.one_at_a_time(desk.conversation_id):
        assert desk.say("and another thing").reason == "person_speaks"


def test_who_writes_to_a_person_who_leaves_meanwhile_is_answered_by_the_guide(desk: Desk) -> None:
    give_to_person(desk)
    add = desk.store.add_patient_message

    def left_first(**values: Any) -> Any:
        desk.store.take_person_away(desk.conversation_id)
        return add(**values)

    desk.store.add_patient_message = left_first  # type: ignore[method-assign]
    assert desk.say(QUESTION).outcome is Outcome.ANSWERED


def test_a_message_opens_a_closed_talk_again_with_the_guide(desk: Desk) -> None:
    give_to_person(desk)
    desk.store.take_person_away(desk.conversation_id, to=Speaker.CLOSED)
    reply = desk.say(QUESTION)
    assert (reply.outcome, reply.handoff.state) == (Outcome.ANSWERED, Speaker.BOT)
    assert desk.store.conversation(conversation_id=desk.conversation_id).state is Speaker.BOT


def test_a_talk_closed_while_the_guide_makes_its_answer_gets_the_answer(desk: Desk) -> None:
    def take_and_close(question: object) -> None:
        give_to_person(desk)
        desk.store.take_person_away(desk.conversation_id, to=Speaker.CLOSED)

    desk.source.before = take_and_close
    assert desk.say(QUESTION).outcome is Outcome.ANSWERED


def test_while_one_waits_the_guide_says_once_that_it_is_the_guide(desk: Desk, texts: Texts) -> None:
    note = texts.desk("still_the_guide")
    desk.press_person()
    assert [desk.say(QUESTION).text.count(note) for _ in range(3)] == [1, 0, 0]
    assert note not in desk.press_person().text


def test_after_three_replies_that_did_not_help_a_person_is_offered_clearly(desk: Desk, texts: Texts) -> None:
    note = texts.desk("offer_again")
    desk.source.draft = make_abstention()
    replies = [desk.say(QUESTION) for _ in range(4)]
    assert [note in reply.text for reply in replies] == [False, False, True, False]
    desk.press_person()
    assert desk.request_reason() == "repeated_failure"


@pytest.mark.parametrize(
    ("before", "thumb", "reason"),
    [
        (None, None, "asked_for_person"),
        (HELLO, None, "asked_for_person"),
        (DANGER, None, "red_flag"),
        (CRISIS, None, "crisis"),
        ("low_support", None, "low_support"),
        ("unverified", None, "abstained"),
        (QUESTION, 1, "asked_for_person"),
        (QUESTION, -1, "feedback"),
    ],
)
@pytest.mark.parametrize("by", ["button", "words"])
def test_a_request_carries_the_reason_of_the_reply_before_it(
    before: str | None, thumb: int | None, reason: str, by: str, desk: Desk
) -> None:
    if before in ("low_support", "unverified"):
        desk.source.draft = make_abstention(reason=before)
    if before is not None:
        reply = desk.say(before)
        if thumb is not None:
            desk.service.give_feedback(reply_id=reply.reply_id, visitor_id="v", value=thumb)
    asked = desk.press_person() if by == "button" else desk.say(PERSON)
    assert (asked.reason, desk.request_reason()) == ("asked_for_person", reason)


def test_a_request_that_cannot_be_kept_is_not_acknowledged(desk: Desk) -> None:
    desk.store.make_read_only()
    for reply in (desk.press_person(), desk.say(PERSON)):
        assert (reply.outcome, reply.reason, reply.handoff.offered) == (Outcome.ABSTAINED, "trouble", True)
