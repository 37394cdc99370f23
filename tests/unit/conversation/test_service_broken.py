"""The one door when a part is broken, and what it stores and logs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.conversation.texts import Texts
from bot.conversation.wire import reply_to_json
from bot.domain import Conversation, Outcome
from bot.errors import NotFoundError, StoreError
from tests.fakes.answers import PASSAGE, make_abstention
from tests.unit.conversation.conftest import (
    CRISIS,
    DANGER,
    HELLO,
    PERSON,
    STOP_IT_GENERAL,
    Desk,
    dead_model,
    everything,
    no_database,
    no_index,
    read_only,
)

QUESTION = "what is a flare"
NAMED = "My name is Zebulon Quarrie. what is a flare"

Break = Callable[[Desk], None]

DAMAGE = [no_index, dead_model, read_only, no_database, everything]


# ------------------------------------------------------------------ what is broken


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("text", [DANGER, CRISIS])
def test_a_danger_gets_its_whole_reply_whatever_is_broken(text: str, damage: Break, desk: Desk) -> None:
    whole = desk.say(text)
    damage(desk)
    broken = desk.say(text)
    assert (broken.outcome, broken.reason, broken.text) == (whole.outcome, whole.reason, whole.text)


@pytest.mark.parametrize("damage", [read_only, no_database, everything])
def test_a_danger_told_in_a_conversation_that_could_not_be_stored_gets_its_reply(damage: Break, desk: Desk) -> None:
    damage(desk)
    held = desk.service.open(visitor_id="w", channel="test", language="en")
    assert isinstance(held, Conversation)
    for text in (DANGER, CRISIS):
        reply = desk.service.reply(conversation_id=held.id, visitor_id="w", text=text)
        assert reply.outcome is desk.triage.script[text].outcome
        assert "911" in reply.text
    assert desk.service.reply(conversation_id=held.id, visitor_id="w", text=QUESTION).reason == "trouble"


def test_an_unstored_conversation_is_stored_once_the_database_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as outage:
        outage.setattr(desk.store, "_writing", _refuse)
        held = desk.service.open(visitor_id="w", channel="test")
    reply = desk.service.reply(conversation_id=held.id, visitor_id="w", text=QUESTION)
    history = desk.service.history(conversation_id=held.id, visitor_id="w")
    assert [message.reply for message in history] == [None, reply]


def test_an_outage_gives_nobody_another_visitors_conversation(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as outage:
        outage.setattr(desk.store, "_writing", _refuse)
        desk.service.open(visitor_id="stranger", channel="test", conversation_id=desk.conversation_id)
    for _ in range(2):
        with pytest.raises(NotFoundError):
            desk.say(QUESTION, visitor_id="stranger")
    assert desk.say(QUESTION).outcome is Outcome.ANSWERED


def _refuse() -> object:
    raise StoreError("The database is away.")


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_calm_message_gets_the_trouble_text_and_a_person_whatever_is_broken(
    damage: Break, desk: Desk, texts: Texts
) -> None:
    damage(desk)
    reply = desk.say(QUESTION)
    assert (reply.outcome, reply.reason, reply.text) == (Outcome.ABSTAINED, "trouble", texts.fixed("trouble"))
    assert (reply.handoff.offered, reply.answerer, reply.citations) == (True, "fixed", ())


def test_a_dead_model_does_not_keep_small_talk_from_its_reply(desk: Desk) -> None:
    dead_model(desk)
    assert desk.say(HELLO).reason == "talk.greeting"


def test_an_error_nobody_foresaw_gets_the_trouble_text_and_leaks_nothing(
    desk: Desk, texts: Texts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.source.failure = ValueError(f"secret {QUESTION} /etc/passwd")
    reply = desk.say(QUESTION)
    assert (reply.text, reply.reason) == (texts.fixed("trouble"), "trouble")
    assert "secret" not in str(reply_to_json(reply))
    assert "secret" not in _logged(caplog)
    assert [message.reply for message in desk.history()] == [None, reply]


def test_a_message_that_triage_cannot_read_is_kept_and_never_answered(desk: Desk) -> None:
    desk.triage.failure = ZeroDivisionError()
    assert desk.say(QUESTION).reason == "trouble"
    assert desk.source.questions == []
    assert desk.history()[0].text == QUESTION


def test_an_old_reply_that_cannot_be_read_keeps_no_danger_from_its_reply(desk: Desk) -> None:
    desk.say(QUESTION)
    with desk.store._writing() as connection:
        connection.exec_driver_sql("UPDATE replies SET document = '{}'")
    assert desk.say(DANGER).outcome is Outcome.EMERGENCY


# ------------------------------------------------------------------ what is stored and logged


def test_the_original_of_an_identifier_is_kept_nowhere(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    reply = desk.say(NAMED)
    desk.service.give_feedback(
        reply_id=reply.reply_id, visitor_id="v", value=-1, comment="My name is Zebulon Quarrie, 202-555-0142"
    )
    desk.source.draft = make_abstention()
    desk.say(NAMED)
    desk.store.close()
    files = b"".join(path.read_bytes() for path in desk.store.path.parent.glob("transcripts.db*"))
    assert [word for word in (b"Zebulon", b"Quarrie", b"555-0142") if word in files] == []
    assert b"[name]" in files
    assert "Zebulon" not in str([question.text for question in desk.source.questions])


@pytest.mark.parametrize("damage", [None, *DAMAGE])
def test_no_word_of_a_patient_is_ever_logged(
    damage: Break | None, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if damage is not None:
        damage(desk)
    for text in (QUESTION, DANGER, CRISIS, HELLO, PERSON, STOP_IT_GENERAL, NAMED):
        desk.say(text)
    desk.press_person()
    logged = _logged(caplog)
    words = (QUESTION, DANGER, CRISIS, PERSON, STOP_IT_GENERAL, "Zebulon", "[name]", PASSAGE, "cannot breathe")
    assert [word for word in words if word in logged] == []
    assert caplog.records


def test_each_reply_leaves_one_line_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    replies = [desk.say(QUESTION), desk.say(DANGER), desk.press_person()]
    lines = [record for record in caplog.records if record.getMessage() == "reply"]
    assert [(line.outcome, line.reason) for line in lines] == [(reply.outcome, reply.reason) for reply in replies]  # type: ignore[attr-defined]
    assert {line.conversation_id for line in lines} == {desk.conversation_id}  # type: ignore[attr-defined]


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(f"{record.getMessage()} {vars(record)} {record.exc_text}" for record in caplog.records)


def test_feedback_is_kept_for_an_own_reply(desk: Desk) -> None:
    reply = desk.say(QUESTION)
    kept = desk.service.give_feedback(reply_id=reply.reply_id, visitor_id="v", value=1)
    assert (kept.reply_id, kept.value, kept.comment) == (reply.reply_id, 1, None)


def test_it_says_whether_transcripts_can_be_reached(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert desk.service.is_storing()
    monkeypatch.setattr(desk.store, "_reading", _refuse)
    with pytest.raises(StoreError):
        desk.service.is_storing()


def test_the_patients_own_region_goes_before_the_settings(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(region="US")
    here = replace(desk.triage.script[DANGER], region="DE")
    desk.triage.script = {DANGER: here, CRISIS: replace(desk.triage.script[CRISIS], region="DE")}
    for text in (DANGER, CRISIS):
        first_line = desk.say(text).text
        assert "tel:112" in first_line
        assert "tel:911" not in first_line
