from __future__ import annotations

import time
from dataclasses import replace

import pytest

from bot.conversation.texts import Texts
from bot.conversation.tone import feeling_in, in_short, last_answer, may_warm, shortened
from bot.domain import Author, Message, Outcome, Reply, ReplySentence
from tests.fakes.answers import make_abstention, make_answer, make_citation
from tests.unit.conversation.conftest import DANGER, START, STOP_IT_GENERAL, Desk

BLANK = Reply("r2", "c1", Outcome.CONVERSATION, "none", "", START)
ANSWER = replace(BLANK, reply_id="r1", outcome=Outcome.ANSWERED, text="It is so. [1]")
AFRAID = "I'm so scared. What is a flare?"


def sentence(words: int, marker: int = 1, *, end: str = "word") -> ReplySentence:
    return ReplySentence(" ".join([*["word"] * (words - len(end.split())), end]), (marker,), 1.0)


def said(text: str) -> Message:
    return Message("m", "c1", 1, Author.BOT, text, START, reply=replace(ANSWER, text=text))


@pytest.mark.parametrize(
    ("text", "feeling"),
    [
        (AFRAID, "fear"),
        ("My daughter is frightened of needles.", "fear"),
        ("this scares me", "fear"),
        ("it is all too much for me right now", "weariness"),
        ("I’m not scared of it", None),
        ("not worried, just curious", None),
        ("should I be worried about the risks?", None),
        ("is anxiety common in lupus?", None),
        ("", None),
    ],
)
def test_sees_fear_where_somebody_tells_of_it(text: str, feeling: str | None) -> None:
    assert feeling_in(text) == feeling


def test_warmth_stands_before_answers_and_not_in_every_reply() -> None:
    assert may_warm(ANSWER, (), warm_texts=["Warm."])
    assert may_warm(replace(ANSWER, outcome=Outcome.ABSTAINED), (), warm_texts=["Warm."])
    assert not may_warm(ANSWER, [said("Warm. It is so.")], warm_texts=["Warm."])
    assert may_warm(ANSWER, [said("Warm. It is so."), *[said("So.")] * 3], warm_texts=["Warm."])
    for outcome in (Outcome.EMERGENCY, Outcome.CRISIS, Outcome.PERSONAL, Outcome.HANDOFF):
        assert not may_warm(replace(ANSWER, outcome=outcome), (), warm_texts=["Warm."])


def test_short_is_the_first_sentence_and_what_fits_beside_it() -> None:
    assert len(shortened([sentence(20), sentence(15), sentence(15)])) == 2
    assert len(shortened([sentence(60), sentence(5)])) == 1
    assert shortened([]) == ()


def test_what_is_to_be_done_at_once_is_never_cut_off() -> None:
    call = sentence(30, end="call at once")

    assert shortened([sentence(30), sentence(5), call]) == (sentence(30), call)


def test_the_short_answer_keeps_the_citations_it_names() -> None:
    citations = (make_citation(marker=1), make_citation(marker=2, chunk_id="b"))
    last = replace(ANSWER, sentences=(sentence(30, 2), sentence(30, 1)), citations=citations)

    short = in_short(last, BLANK)

    assert (short.reply_id, short.outcome, short.reason) == ("r2", Outcome.ANSWERED, "in_short")
    assert [(one.marker, one.chunk_id) for one in short.citations] == [(1, "b")]
    assert short.text == f"{sentence(30).text} [1]"


def test_only_an_answer_is_given_again() -> None:
    assert last_answer([said("It is so.")]) is not None
    refusal = Message("m", "c1", 2, Author.BOT, "No.", START, reply=replace(ANSWER, outcome=Outcome.PERSONAL))
    assert last_answer([said("It is so."), refusal]) is None
    assert last_answer([]) is None


def test_a_wish_for_simpler_words_gets_the_last_answer_in_short(desk: Desk) -> None:
    desk.source.draft = make_answer(sentences=(sentence(30), sentence(30)), citations=(make_citation(),))
    first = desk.say("What is a flare?")
    again = desk.say("simpler please")

    assert len(desk.source.questions) == 1
    assert (again.outcome, again.reason, again.sentences) == (Outcome.ANSWERED, "in_short", first.sentences[:1])
    assert again.citations == first.citations


def test_a_wish_without_an_answer_before_is_met_kindly(desk: Desk, texts: Texts) -> None:
    desk.say(STOP_IT_GENERAL)

    assert desk.say("simpler please").text == texts.fixed("complaint")


def test_a_question_that_wishes_for_few_words_gets_few(desk: Desk) -> None:
    desk.source.draft = make_answer(sentences=(sentence(30), sentence(30)), citations=(make_citation(),))

    assert len(desk.say("What is a flare, in simple words?").sentences) == 1


def test_fear_is_met_with_warmth_once_in_a_while_and_never_before_an_emergency(desk: Desk, texts: Texts) -> None:
    warm = texts.fixed("warm_fear")

    assert desk.say(AFRAID).text.startswith(f"{warm}\n\n")
    desk.source.draft = make_abstention()
    assert warm not in desk.say(AFRAID).text
    assert warm not in desk.say(DANGER).text


def test_a_part_without_an_answer_is_named_and_a_person_offered(desk: Desk, texts: Texts) -> None:
    desk.source.draft = make_answer(is_partial=True)
    reply = desk.say("What is a flare, and what is a quark?")

    assert reply.text.endswith(texts.fixed("part_unanswered"))
    assert reply.handoff.offered


def test_the_chain_is_told_what_the_last_reply_showed(desk: Desk) -> None:
    desk.say("What is a flare?")
    desk.say("for how long?")
    shown = desk.source.questions[-1].last

    assert shown is not None
    assert (shown.section_ids, shown.titles) == (("flare",), ("What is a flare?",))
    assert desk.source.questions[0].last is None


@pytest.mark.parametrize("text", ["i am so " * 4_000, "this is " * 4_000, "not " * 8_000 + "scared of"])
def test_a_hostile_message_is_read_at_once(text: str) -> None:
    started = time.process_time()

    feeling_in(text)
    assert time.process_time() - started < 2.0
