from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain import Author, Message, Outcome
from bot.settings import ROOT
from bot.web import chat_steps
from bot.web.chat_texts import load_chat_texts
from tests.fakes.chat_service import EMERGENCY, answered, make_reply

TEXTS = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")
CONVERSATION = "11111111-1111-4111-8111-111111111111"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _message(author: Author, text: str = "Hello", **more: object) -> Message:
    return Message(
        id="m1",
        conversation_id=CONVERSATION,
        seq=1,
        author=author,
        text=text,
        created_at=NOW,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("text", "may_link_out", "shown"),
    [
        pytest.param("[Call 112](tel:112)", False, "[Call 112](#tel:112)", id="telephone"),
        pytest.param("see [the guide](/guide/crs)", False, "see [the guide](/guide/crs)", id="own_page"),
        pytest.param("[a](https://evil.test/x)", False, "a", id="foreign_link_in_an_answer"),
        pytest.param("[a](https://988lifeline.org)", True, "[a](https://988lifeline.org)", id="link_in_a_fixed_text"),
        pytest.param("[a](javascript:alert(1))", True, "a)", id="script"),
        pytest.param("[a](//evil.test)", True, "a", id="no_scheme"),
        pytest.param("![leak](https://evil.test/?q=words)", True, "leak", id="picture"),
        pytest.param("[![x](https://evil.test/a.png)](https://evil.test)", False, "x", id="picture_in_a_link"),
        pytest.param("Eight of eight. [1] [2]", False, "Eight of eight. [1] [2]", id="markers_stay"),
    ],
)
def test_keeps_only_links_the_page_may_follow(text: str, may_link_out: bool, shown: str) -> None:
    assert chat_steps.safe_markdown(text, may_link_out=may_link_out) == shown


@pytest.mark.parametrize("words", [1, 2, 5, 60, 61, 1000])
def test_batches_join_to_the_same_text_and_are_few(words: int) -> None:
    text = "\n\n".join(["  a word"] + [f"word{number}" for number in range(words)])
    pieces = list(chat_steps.batches(text))
    assert "".join(pieces) == text
    assert len(pieces) <= chat_steps.MAX_BATCHES


def test_no_text_makes_no_batch() -> None:
    assert list(chat_steps.batches("")) == []


def test_a_chip_is_named_as_its_marker_and_leads_to_our_own_route() -> None:
    reply = answered(CONVERSATION)
    chips = chat_steps.chip_elements(reply)
    assert [chip["name"] for chip in chips] == ["[1]", "[2]"]
    assert chips[0]["url"] == f"/chat/sources/{CONVERSATION}/{reply.reply_id}/1"
    assert {chip["display"] for chip in chips} == {"page"}
    assert {chip["forId"] for chip in chips} == {reply.reply_id}


def test_an_answer_offers_questions_thumbs_and_a_person() -> None:
    actions = chat_steps.reply_actions(answered(CONVERSATION), texts=TEXTS, with_follow_ups=True)
    assert [action["name"] for action in actions] == ["ask", "ask", "helpful", "unhelpful", "person"]
    assert len({action["id"] for action in actions}) == len(actions)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_reply_offers_a_person(outcome: Outcome) -> None:
    reply = replace(answered(CONVERSATION), outcome=outcome)
    names = [action["name"] for action in chat_steps.reply_actions(reply, texts=TEXTS, with_follow_ups=True)]
    assert names[-1] == "person"


@pytest.mark.parametrize("outcome", [Outcome.EMERGENCY, Outcome.CRISIS])
def test_an_emergency_offers_nothing_but_a_person(outcome: Outcome) -> None:
    reply = replace(answered(CONVERSATION), outcome=outcome)
    names = [action["name"] for action in chat_steps.reply_actions(reply, texts=TEXTS, with_follow_ups=True)]
    assert names == ["person"]


def test_an_emergency_is_marked_for_the_danger_block_and_keeps_its_numbers() -> None:
    step = chat_steps.reply_step(make_reply(CONVERSATION, "chest pain"), texts=TEXTS)
    assert step["metadata"] == {"icon": "triangle-alert"}
    assert step["output"] == EMERGENCY.replace("(tel:", "(#tel:")


def test_a_thread_holds_the_talk_in_order_with_its_sources() -> None:
    reply = answered(CONVERSATION)
    messages = [_message(Author.PATIENT, "What?"), _message(Author.BOT, reply.text, reply=reply)]
    drawn = chat_steps.thread(messages, conversation_id=CONVERSATION, visitor_id="v", texts=TEXTS)
    assert [(step["type"], step["output"]) for step in drawn["steps"]] == [
        ("user_message", "What?"),
        ("assistant_message", reply.text),
    ]
    assert [element["name"] for element in drawn["elements"]] == ["[1]", "[2]"]
    assert (drawn["userIdentifier"], drawn["name"], drawn["metadata"]) == ("v", None, {})


def test_an_empty_conversation_is_an_empty_thread() -> None:
    drawn = chat_steps.thread([], conversation_id=CONVERSATION, visitor_id="v", texts=TEXTS)
    assert (drawn["steps"], drawn["elements"]) == ([], [])


def test_only_the_last_reply_keeps_its_follow_up_questions() -> None:
    first, second = answered(CONVERSATION), answered(CONVERSATION)
    messages = [_message(Author.BOT, reply.text, reply=reply) for reply in (first, second)]
    asked = [action for action in chat_steps.thread_actions(messages, texts=TEXTS) if action["name"] == "ask"]
    assert {action["forId"] for action in asked} == {second.reply_id}


def test_a_person_is_named_and_never_looks_like_the_guide() -> None:
    step = chat_steps.person_step(_message(Author.STAFF, "I am here.", display_name="Anna"), texts=TEXTS)
    assert step["output"] == "**Anna · Support team**\n\nI am here."
    assert (step["name"], step["metadata"]) == ("staff", {"icon": "user-round", "seq": 1})


def test_a_system_note_is_marked_as_one() -> None:
    step = chat_steps.person_step(_message(Author.SYSTEM, "Anna has joined."), texts=TEXTS)
    assert (step["name"], step["metadata"]) == ("note", {"icon": "info", "seq": 1})


def test_what_a_patient_wrote_is_shown_as_it_was() -> None:
    step = chat_steps.person_step(_message(Author.PATIENT, "**[x](https://a.test)**"), texts=TEXTS)
    assert (step["type"], step["output"], step["createdAt"]) == (
        "user_message",
        "**[x](https://a.test)**",
        "2026-11-22T12:00:00Z",
    )


@pytest.mark.parametrize(
    ("sent_as", "shown_as"),
    [
        pytest.param("0b9f3c1e-6c1b-4f0e-9d57-0e6a1f2b3c4d", "0b9f3c1e-6c1b-4f0e-9d57-0e6a1f2b3c4d", id="by_this_page"),
        pytest.param(None, "m1", id="without_an_id"),
        pytest.param("wamid.'><script>", "m1", id="by_another_channel"),
    ],
)
def test_what_a_patient_wrote_keeps_the_id_under_which_the_page_drew_it(sent_as: str | None, shown_as: str) -> None:
    step = chat_steps.person_step(_message(Author.PATIENT, client_message_id=sent_as), texts=TEXTS)
    assert step["id"] == shown_as
