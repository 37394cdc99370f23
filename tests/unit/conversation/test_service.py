"""The one door: what is said, in which order it is kept, and what a patient reads when something breaks."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.conversation.texts import Texts
from bot.db.codec import reply_from_document, reply_to_document
from bot.domain import Author, HandoffView, Outcome, Reply, Speaker, Verdict
from tests.fakes.answers import make_abstention, make_answer, make_citation
from tests.unit.conversation.conftest import (
    CRISIS,
    DANGER,
    HELLO,
    PERSON,
    START,
    STOP_IT,
    STOP_IT_GENERAL,
    Desk,
    dead_model,
    no_index,
)

QUESTION = "what is a flare"
NAMED = "My name is Zebulon Quarrie. what is a flare"

Break = Callable[[Desk], None]


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


def test_of_two_processes_that_answer_the_same_message_both_give_the_reply_that_is_kept(desk: Desk) -> None:
    first = Reply(
        reply_id="11111111-1111-4111-8111-111111111111",
        conversation_id=desk.conversation_id,
        outcome=Outcome.ANSWERED,
        reason="supported",
        text="The other process was quicker.",
        created_at=START,
    )
    desk.source.before = lambda question: desk.store.add_reply(reply=first, answers=desk.history()[-1].id)
    assert desk.say("What is lupus?", client_message_id="m1") == first
    assert [message.text for message in desk.history()] == ["What is lupus?", first.text]
