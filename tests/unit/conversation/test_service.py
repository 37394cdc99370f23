"""The one door: what is said, in which order it is kept, and what a patient reads when something breaks."""

from __future__ import annotations

import logging
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation.limits import Limits
from bot.conversation.texts import Texts
from bot.conversation.wire import reply_to_json
from bot.db.codec import reply_from_document, reply_to_document
from bot.domain import Author, Conversation, HandoffView, Outcome, Speaker, Verdict
from bot.errors import BadIndexError, ModelError, NotFoundError, StoreError
from tests.fakes.answers import PASSAGE, make_abstention, make_answer, make_citation
from tests.unit.conversation.conftest import (
    CRISIS,
    DANGER,
    HELLO,
    PERSON,
    START,
    STOP_IT,
    STOP_IT_GENERAL,
    Desk,
)

QUESTION = "what is a flare"
NAMED = "My name is Zebulon Quarrie. what is a flare"

Break = Callable[[Desk], None]


def no_index(desk: Desk) -> None:
    desk.source.edition_failure = BadIndexError("gone", code="index_missing")


def dead_model(desk: Desk) -> None:
    desk.triage.meaning_failure = RuntimeError("onnx died")
    desk.source.failure = ModelError("dead")


def read_only(desk: Desk) -> None:
    desk.store.make_read_only()


def no_database(desk: Desk) -> None:
    desk.store.destroy()


def everything(desk: Desk) -> None:
    for damage in (no_index, dead_model, no_database):
        damage(desk)


DAMAGE = [no_index, dead_model, read_only, no_database, everything]


# ------------------------------------------------------------------ the ordinary turn


def test_an_answer_carries_what_the_chain_found_and_which_edition_it_came_from(desk: Desk) -> None:
    reply = desk.say(QUESTION)
    draft = make_answer()
    assert (reply.outcome, reply.reason, reply.text) == (draft.outcome, draft.reason, draft.text)
    assert (reply.sentences, reply.citations, reply.consulted) == (draft.sentences, draft.citations, draft.consulted)
    assert (reply.guide_version, reply.index_version, reply.answerer) == ("guide-1", "index-1", "extractive")
    assert reply.calibration_version == "c-1"
    assert (reply.follow_ups, reply.handoff) == (draft.follow_ups, HandoffView(Speaker.BOT, offered=False))
    assert [name for name, _ in reply.timings_ms] == ["retrieve", "answer", "total"]


def test_the_transcript_shows_the_same_reply_after_a_restart(open_desk: Callable[..., Desk]) -> None:
    before = open_desk()
    replies = [before.say(QUESTION), before.say(DANGER), before.say(HELLO)]
    before.store.close()
    after = open_desk(again=before.conversation_id)
    history = after.history()
    assert [message.author for message in history] == [Author.PATIENT, Author.BOT] * 3
    assert [message.reply for message in history if message.reply] == replies
    assert [message.text for message in history if message.author is Author.PATIENT] == [QUESTION, DANGER, HELLO]


def test_a_reply_survives_the_store_whole(desk: Desk) -> None:
    reply = desk.say(STOP_IT_GENERAL)
    assert reply_from_document(reply_to_document(reply)) == reply


def test_the_chain_and_triage_are_told_what_the_patient_said_before_oldest_first(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        desk.say(text)
    assert [question.text for question in desk.source.questions] == ["one", "two", "three"]
    assert desk.source.questions[-1].earlier == ("one", "two")
    assert desk.triage.earlier[-1] == ("one", "two")


def test_a_long_transcript_comes_back_whole(desk: Desk) -> None:
    for number in range(1010):
        desk.store.add_message(conversation_id=desk.conversation_id, author=Author.SYSTEM, text=str(number), now=START)
    assert [message.text for message in desk.history()] == [str(number) for number in range(1010)]


def test_the_confidence_of_an_answer_is_kept_for_staff(desk: Desk) -> None:
    reply = desk.say(QUESTION)
    with desk.store._reading() as connection:
        found = connection.exec_driver_sql("SELECT confidence FROM replies WHERE id = ?", (reply.reply_id,))
        assert found.scalar_one() == 0.9


# ------------------------------------------------------------------ sent twice, killed, at once


def test_a_message_sent_twice_gets_the_same_reply_and_is_stored_once(desk: Desk) -> None:
    first = desk.say(QUESTION, client_message_id="m1")
    assert desk.say(QUESTION, client_message_id="m1") == first
    assert len(desk.history()) == 2
    assert len(desk.source.questions) == 1


def test_a_danger_sent_twice_gets_the_same_reply_and_is_stored_once(desk: Desk) -> None:
    first = desk.say(DANGER, client_message_id="m1")
    assert desk.say(DANGER, client_message_id="m1") == first
    assert len(desk.history()) == 2


class KilledError(BaseException):
    """The process ends here; nothing may catch it."""


def test_a_message_is_kept_before_it_is_answered_and_answered_after_a_kill(open_desk: Callable[..., Desk]) -> None:
    before = open_desk()
    before.source.failure = KilledError()
    with pytest.raises(KilledError):
        before.say(QUESTION, client_message_id="m1")
    before.store.close()
    after = open_desk(again=before.conversation_id)
    assert [(message.author, message.text) for message in after.history()] == [(Author.PATIENT, QUESTION)]
    reply = after.say(QUESTION, client_message_id="m1")
    assert [message.reply for message in after.history()] == [None, reply]
    assert after.source.questions[0].earlier == ()


def test_two_messages_at_once_are_answered_one_at_a_time(desk: Desk) -> None:
    inside, go_on = threading.Event(), threading.Event()
    desk.source.before = lambda question: (inside.set(), go_on.wait(5))
    first: list[str] = []
    thread = threading.Thread(target=lambda: first.append(desk.say(QUESTION).reason))
    thread.start()
    assert inside.wait(5)
    second = desk.say("and another thing")
    danger = desk.say(DANGER)
    go_on.set()
    thread.join(5)
    assert (first, second.reason, danger.outcome) == (["supported"], "limit.busy", Outcome.EMERGENCY)
    assert desk.say(QUESTION).reason == "supported"


def test_two_conversations_do_not_wait_for_each_other(desk: Desk) -> None:
    other = desk.service.open(visitor_id="w", channel="test")
    with desk.limits.one_at_a_time(desk.conversation_id):
        reply = desk.service.reply(conversation_id=other.id, visitor_id="w", text=QUESTION)
    assert reply.outcome is Outcome.ANSWERED


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


# ------------------------------------------------------------------ a person


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
    state = desk.store.conversation(conversation_id=desk.conversation_id).state
    assert desk.store.set_state(conversation_id=desk.conversation_id, expected=state, to=Speaker.HUMAN)


@pytest.mark.parametrize("text", [QUESTION, HELLO, PERSON, STOP_IT, NAMED])
def test_the_bot_is_silent_while_a_person_owns_the_talk(text: str, desk: Desk) -> None:
    give_to_person(desk)
    reply = desk.say(text)
    assert (reply.outcome, reply.text, reply.reason) == (Outcome.HANDOFF, "", "person_speaks")
    assert reply.handoff.state is Speaker.HUMAN
    assert [message.author for message in desk.history()] == [Author.PATIENT]
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
    assert [message.author for message in desk.history()] == [Author.PATIENT]


def test_the_button_says_nothing_while_a_person_is_there(desk: Desk) -> None:
    give_to_person(desk)
    reply = desk.press_person()
    assert (reply.text, reply.handoff.state) == ("", Speaker.HUMAN)
    assert desk.history() == []


def test_a_request_that_cannot_be_kept_is_not_acknowledged(desk: Desk) -> None:
    desk.store.make_read_only()
    for reply in (desk.press_person(), desk.say(PERSON)):
        assert (reply.outcome, reply.reason, reply.handoff.offered) == (Outcome.ABSTAINED, "trouble", True)


# ------------------------------------------------------------------ notes


def test_the_privacy_note_is_told_once_in_a_conversation_however_long(desk: Desk, texts: Texts) -> None:
    note = texts.fixed("privacy_note")
    assert desk.say(NAMED).text.endswith(note)
    for _ in range(8):
        assert note not in desk.say(QUESTION).text
    assert note not in desk.say(NAMED).text


@pytest.mark.parametrize("text", ["I am Zebulon Quarrie, can I talk to a person", NAMED])
def test_notes_and_times_stand_once_in_a_reply(text: str, desk: Desk, texts: Texts) -> None:
    desk.triage.script = {**desk.triage.script, "I am [name], can I talk to a person": desk.triage.script[PERSON]}
    desk.say(DANGER)
    reply = desk.say(text)
    assert reply.text.count(texts.fixed("privacy_note")) == 1
    assert reply.text.count(texts.fixed("safety_line")) == 1
    assert [name for name, _ in reply.timings_ms].count("total") == 1


def test_nothing_is_added_to_an_emergency_text(desk: Desk, texts: Texts) -> None:
    plain = desk.say(DANGER)
    desk.triage.script = {"I am [name]. I cannot breathe": desk.triage.script[DANGER]}
    named = desk.say("I am Zebulon Quarrie. I cannot breathe")
    assert named.text == plain.text
    assert texts.fixed("privacy_note") in desk.say(NAMED).text


def test_the_safety_line_stays_for_three_calm_replies(desk: Desk, texts: Texts) -> None:
    line = texts.fixed("safety_line")
    assert line not in desk.say(QUESTION).text
    assert line not in desk.say(DANGER).text
    assert [line in desk.say(QUESTION).text for _ in range(5)] == [True, True, True, False, False]


def test_a_section_past_its_date_adds_a_note_with_the_date(desk: Desk, texts: Texts) -> None:
    expired = make_citation(expires_on=(START - timedelta(days=1)).date())
    desk.source.draft = make_answer(citations=(expired,))
    note = texts.fixed("expired_source", date="21 November 2026")
    assert desk.say(QUESTION).text.endswith(note)
    assert note in desk.say(STOP_IT_GENERAL).text
    desk.source.draft = make_answer(citations=(make_citation(expires_on=START.date()),))
    assert note not in desk.say(QUESTION).text


# ------------------------------------------------------------------ personal questions


def test_a_personal_question_gets_no_advice_and_a_person(desk: Desk, texts: Texts) -> None:
    reply = desk.say(STOP_IT)
    refusal = texts.personal(Verdict(Outcome.PERSONAL, reason="personal.medicine"), has_general=False)
    assert (reply.outcome, reply.text, reply.citations) == (Outcome.PERSONAL, refusal, ())
    assert (reply.handoff.offered, reply.answerer, desk.source.questions) == (True, "fixed", [])


def test_general_cited_information_stands_between_refusal_and_person(desk: Desk, texts: Texts) -> None:
    reply = desk.say(STOP_IT_GENERAL)
    refusal = texts.personal(Verdict(Outcome.PERSONAL, reason="personal.medicine"), has_general=True)
    assert reply.text == f"{refusal}\n\n{make_answer().text}\n\n{texts.offer()}"
    assert (reply.outcome, reply.reason) == (Outcome.PERSONAL, "personal.medicine")
    assert (reply.citations, reply.answerer, reply.index_version) == (make_answer().citations, "extractive", "index-1")
    assert reply.handoff.offered


@pytest.mark.parametrize(
    "dose", ["200 mg", "5 mg/kg", "2,5mg", "1.5 grams", "half of 40-mg", "2 tablets", "100 µg", "10 ml", "400 IU"]
)
def test_no_dose_of_any_guide_stands_beside_a_personal_question(dose: str, desk: Desk) -> None:
    desk.source.draft = make_answer(text=f"The usual amount is {dose} a day. [1]")
    reply = desk.say(STOP_IT_GENERAL)
    assert (reply.outcome, reply.citations) == (Outcome.PERSONAL, ())
    assert re.findall(r"\d", reply.text) == []


@pytest.mark.parametrize("damage", [no_index, dead_model])
def test_the_refusal_stands_by_itself_where_the_guide_is_down(damage: Break, desk: Desk, texts: Texts) -> None:
    damage(desk)
    reply = desk.say(STOP_IT_GENERAL)
    assert (reply.outcome, reply.citations, reply.handoff.offered) == (Outcome.PERSONAL, (), True)
    assert texts.offer() in reply.text


def test_no_general_information_is_made_up_where_the_guide_has_none(desk: Desk) -> None:
    desk.source.draft = make_abstention()
    reply = desk.say(STOP_IT_GENERAL)
    assert (reply.outcome, reply.citations, reply.follow_ups) == (Outcome.PERSONAL, (), ())


# ------------------------------------------------------------------ abstaining


def test_an_abstention_names_the_nearest_topics_offers_a_person_and_is_kept_as_a_gap(desk: Desk) -> None:
    desk.source.draft = make_abstention()
    reply = desk.say(QUESTION)
    assert (reply.outcome, reply.reason, reply.citations) == (Outcome.ABSTAINED, "low_support", ())
    assert "“What is a flare?” or “Does the sun matter?”" in reply.text
    assert (reply.handoff.offered, reply.follow_ups) == (True, make_abstention().follow_ups)
    with desk.store._reading() as connection:
        gaps = connection.exec_driver_sql("SELECT question, reason, section_ids FROM gaps").all()
    assert [(gap.question, gap.reason) for gap in gaps] == [(QUESTION, "low_support")]
    assert "flare" in str(gaps[0].section_ids)


def test_only_questions_that_the_guide_answers_are_suggested(desk: Desk) -> None:
    suggested = ("What is a flare?", DANGER, HELLO, PERSON, STOP_IT, STOP_IT_GENERAL)
    for draft in (make_answer(follow_ups=suggested), make_abstention(follow_ups=suggested)):
        desk.source.draft = draft
        reply = desk.say(QUESTION)
        assert reply.follow_ups == ("What is a flare?", STOP_IT_GENERAL)
        assert "breathe" not in reply.text


@pytest.mark.parametrize("text", [HELLO, DANGER, CRISIS, PERSON, STOP_IT])
def test_fixed_replies_cite_nothing_and_need_no_guide(text: str, desk: Desk) -> None:
    no_index(desk)
    reply = desk.say(text)
    assert (reply.citations, reply.sentences, reply.consulted, reply.answerer) == ((), (), (), "fixed")
    assert not re.search(r"\[\d+\](?!\()", reply.text)
    assert reply.outcome is desk.triage.script[text].outcome


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
