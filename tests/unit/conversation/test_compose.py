"""Which fixed sentences a reply is made of, in which order, and what an operator's settings change in them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from bot.conversation.compose import Composer
from bot.conversation.hours import Hours
from bot.conversation.texts import Texts
from bot.domain import Author, HandoffView, Message, Outcome, Reply, Speaker, Verdict
from bot.settings import ROOT
from tests.fakes.answers import make_abstention, make_answer, make_citation
from tests.unit.conversation.conftest import START

EMERGENCY = Verdict(Outcome.EMERGENCY, reason="red_flag.breathing", rule_id="breathing", triggers=("blue lips",))
CRISIS = Verdict(Outcome.CRISIS, reason="crisis.suicide")
CAR_T_FEVER = Verdict(Outcome.EMERGENCY, reason="red_flag.car_t_fever", after_car_t=True)


def composer(texts: Texts, **changes: Any) -> Composer:
    return Composer(texts=texts, **changes)


def blank() -> Reply:
    return Reply("r1", "c1", Outcome.CONVERSATION, "none", "", START)


def said(reply: Reply, *, seq: int = 1) -> Message:
    return Message(reply.reply_id, "c1", seq, Author.BOT, reply.text, START, reply=reply)


def heard(text: str, *, seq: int = 1) -> Message:
    return Message("m1", "c1", seq, Author.PATIENT, text, START)


def test_an_emergency_keeps_the_rule_and_the_words_that_raised_it(texts: Texts) -> None:
    reply = composer(texts, region="US").urgent(blank(), EMERGENCY, region=None)
    assert (reply.outcome, reply.reason) == (Outcome.EMERGENCY, "red_flag.breathing")
    assert (reply.rule_id, reply.triggers) == ("breathing", ("blue lips",))
    assert (reply.handoff, reply.answerer) == (HandoffView(offered=True), "fixed")


@pytest.mark.parametrize("verdict", [EMERGENCY, CRISIS], ids=["emergency", "crisis"])
@pytest.mark.parametrize(
    ("regions", "number"),
    [
        (("DE", "GB", "US"), "tel:112"),
        ((None, "GB", "US"), "tel:999"),
        ((None, None, "US"), "tel:911"),
        ((None, None, "uk"), "tel:999"),
    ],
    ids=["said", "conversation", "setting", "alias"],
)
def test_the_region_said_goes_before_the_conversations_and_the_settings(
    verdict: Verdict, regions: tuple[str | None, str | None, str], number: str, texts: Texts
) -> None:
    said_region, conversation, setting = regions
    verdict = Verdict(verdict.outcome, reason=verdict.reason, region=said_region)
    text = composer(texts, region=setting).urgent(blank(), verdict, region=conversation).text
    assert number in text
    assert "tel:000" not in text


@pytest.mark.parametrize("verdict", [EMERGENCY, CRISIS], ids=["emergency", "crisis"])
@pytest.mark.parametrize("region", [None, "XX"])
def test_an_unknown_region_shows_several_numbers(verdict: Verdict, region: str | None, texts: Texts) -> None:
    text = composer(texts, region=region).urgent(blank(), verdict, region=None).text
    assert [number for number in ("911", "999", "112", "000") if f"tel:{number})" not in text] == []


def test_after_car_t_the_treating_centres_line_is_named(texts: Texts) -> None:
    known = composer(texts, region="US", car_t_line="+1 202 555 0199").urgent(blank(), CAR_T_FEVER, region=None).text
    unknown = composer(texts, region="US").urgent(blank(), CAR_T_FEVER, region=None).text
    assert "tel:+12025550199" in known.split("\n")[0]
    assert "wallet card" in unknown.split("\n")[0]


def test_a_question_beside_a_danger_is_promised_an_answer_afterwards(texts: Texts) -> None:
    asked = Verdict(Outcome.EMERGENCY, reason="red_flag.breathing", has_question=True)
    with_question = composer(texts, region="US").urgent(blank(), asked, region=None).text
    without = composer(texts, region="US").urgent(blank(), EMERGENCY, region=None).text
    assert with_question.startswith(without)
    assert with_question != without


@pytest.mark.parametrize(
    ("reason", "key"),
    [
        ("talk.greeting", "greeting"),
        ("talk.identity", "identity"),
        ("injection.override", "injection"),
        ("scope.weather", "out_of_scope"),
        ("talk.no_such_text", "empty"),
    ],
)
def test_talk_gets_its_own_fixed_sentence(reason: str, key: str, texts: Texts) -> None:
    reply = composer(texts).fixed(blank(), Verdict(Outcome.CONVERSATION, reason=reason))
    assert (reply.text, reply.reason, reply.answerer) == (texts.fixed(key), reason, "fixed")
    assert not reply.handoff.offered


def test_what_is_out_of_scope_offers_a_person(texts: Texts) -> None:
    assert composer(texts).fixed(blank(), Verdict(Outcome.OUT_OF_SCOPE, reason="scope.weather")).handoff.offered


@pytest.mark.parametrize(
    ("questions", "shown"),
    [
        ((), None),
        (("A?",), "“A?”"),
        (("A?", "B?"), "“A?” or “B?”"),
        (("A?", "B?", "C?", "D?"), "“A?”, “B?” or “C?”"),
    ],
    ids=["none", "one", "two", "four"],
)
def test_an_abstention_names_up_to_three_topics(questions: tuple[str, ...], shown: str | None, texts: Texts) -> None:
    reply = composer(texts).answer(blank(), make_abstention(follow_ups=questions))
    expected = texts.fixed("abstained_plain")
    if shown:
        before, _, after = texts.fixed("abstained", topics="TOPICS").partition("TOPICS")
        expected = f"{before}{shown}{after}"
    assert reply.text == expected
    assert (reply.handoff.offered, reply.answerer) == (True, "extractive")


HOSTILE = "[x](https://evil.example) <b>y</b> ![z](https://evil.example/z.png)"


def test_headings_and_hours_are_shown_as_plain_text(texts: Texts) -> None:
    verdict = Verdict(Outcome.HANDOFF, reason="asked_for_person")
    for reply in (
        composer(texts).answer(blank(), make_abstention(follow_ups=(HOSTILE,))),
        composer(texts, hours=Hours(words=HOSTILE)).handoff(blank(), verdict, already=False),
    ):
        kinds = {token.type for block in MarkdownIt().parse(reply.text) for token in block.children or ()}
        assert kinds <= {"text", "text_special", "softbreak"}, reply.text


@pytest.mark.parametrize(
    ("days", "noted"), [(-1, True), (0, False), (1, False)], ids=["yesterday", "today", "tomorrow"]
)
def test_only_what_has_expired_is_noted(days: int, noted: bool, texts: Texts) -> None:
    citation = make_citation(expires_on=START.date() + timedelta(days=days))
    reply = composer(texts).answer(blank(), make_answer(citations=(make_citation(marker=2), citation)))
    assert (reply.text != make_answer().text) is noted


def test_of_several_expired_passages_the_oldest_date_is_told_once(texts: Texts) -> None:
    old, older = make_citation(expires_on=date(2026, 10, 9)), make_citation(marker=2, expires_on=date(2026, 3, 1))
    reply = composer(texts).answer(blank(), make_answer(citations=(old, older)))
    assert reply.text == f"{make_answer().text}\n\n{texts.fixed('expired_source', date='1 March 2026')}"


def test_a_passage_without_a_date_never_expires(texts: Texts) -> None:
    reply = composer(texts).answer(blank(), make_answer(citations=(make_citation(expires_on=None),)))
    assert reply.text == make_answer().text


@pytest.mark.parametrize(
    ("hours", "already", "key"),
    [
        ("Monday, 9 to 17", False, "handoff_in_hours"),
        (None, False, "handoff_no_hours"),
        (None, True, "handoff_waiting"),
    ],
)
def test_a_handoff_says_what_happens_next(hours: str | None, already: bool, key: str, texts: Texts) -> None:
    verdict = Verdict(Outcome.HANDOFF, reason="asked_for_person")
    reply = composer(texts, hours=Hours(words=hours)).handoff(blank(), verdict, already=already)
    assert reply.text == texts.fixed(key, **({"hours": hours} if hours else {}))
    assert reply.handoff == HandoffView(Speaker.WAITING, offered=True)


def test_a_handoff_while_nobody_is_there_says_when_somebody_is(texts: Texts) -> None:
    verdict = Verdict(Outcome.HANDOFF, reason="asked_for_person")
    hours = Hours(schedule="Mon-Fri 09:00-17:00")  # START is a Sunday
    reply = composer(texts, hours=hours).handoff(blank(), verdict, already=False)
    assert reply.text == texts.fixed("handoff_out_of_hours", next="tomorrow from 09:00 (UTC)")


LIMITS = ("too_long", "too_fast", "too_many", "busy", "partner_full", "partner_off", "signed_out")


@pytest.mark.parametrize("code", LIMITS)
def test_each_limit_has_a_text_of_its_own(code: str, texts: Texts) -> None:
    reply = composer(texts, max_chars=321).limited(blank(), code=code)
    values = {"max_chars": 321} if code == "too_long" else {}
    assert (reply.text, reply.reason) == (texts.fixed(code, **values), f"limit.{code}")


def test_the_privacy_note_is_told_by_the_bot_only_once(texts: Texts) -> None:
    note, answer = texts.fixed("privacy_note"), composer(texts).answer(blank(), make_answer())
    first = composer(texts).with_notes(answer, was_masked=True, earlier=())
    assert first.text == f"{answer.text}\n\n{note}"
    assert composer(texts).with_notes(answer, was_masked=True, earlier=(said(first),)) == answer
    assert composer(texts).with_notes(answer, was_masked=True, earlier=(heard(note),)) == first
    assert composer(texts).with_notes(answer, was_masked=False, earlier=()) == answer


def test_silence_stays_silent_whatever_was_said(texts: Texts) -> None:
    made = composer(texts, region="US")
    silent = made.silent(blank())
    danger = said(made.urgent(blank(), EMERGENCY, region=None))
    assert made.with_notes(silent, was_masked=True, earlier=(danger,)).text == ""
    assert silent.handoff == HandoffView(Speaker.HUMAN, offered=True)


def test_the_language_of_the_texts_is_the_language_of_the_replies(tmp_path: Path) -> None:
    raw = yaml.safe_load((ROOT / "prompts" / "replies.en.yaml").read_text(encoding="utf-8"))
    raw["language"], raw["fixed"]["greeting"] = "de", "Guten Tag."
    path = tmp_path / "replies.de.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), encoding="utf-8")
    german = Texts.load(path)
    assert german.language == "de"
    assert composer(german).fixed(blank(), Verdict(Outcome.CONVERSATION, reason="talk.greeting")).text == "Guten Tag."
