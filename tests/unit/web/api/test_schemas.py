from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from bot.conversation.wire import reply_to_json
from bot.domain import Author, Consulted, Message, Outcome, Reply, ReplySentence, Speaker
from bot.web.api.problems import CATALOG, Problem
from bot.web.api.schemas import (
    ContactWish,
    ConversationWish,
    FeedbackWish,
    MessageOut,
    MessageWish,
    ProblemOut,
    RatingWish,
    ReplyOut,
    WaitingOut,
)
from bot.web.api.shown import shown_message, shown_waiting
from tests.fakes.answers import make_citation

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
REPLY = Reply(
    reply_id="r",
    conversation_id="c",
    outcome=Outcome.ANSWERED,
    reason="supported",
    text="A flare. [1]",
    created_at=NOW,
    sentences=(ReplySentence("A flare.", (1,), 1.0),),
    citations=(make_citation(), make_citation(page_no=3, reviewed_on=None, expires_on=None)),
    consulted=(Consulted("flare", 0.91),),
    follow_ups=("How long?",),
    timings_ms=(("total", 1.0),),
    triggers=("x",),
)


def _as_documented(model: type[BaseModel], value: dict[str, Any]) -> None:
    assert set(value) == set(model.model_validate(value).model_dump())


def test_a_reply_is_as_documented_and_nothing_more() -> None:
    _as_documented(ReplyOut, reply_to_json(REPLY))
    with pytest.raises(ValidationError):
        ReplyOut.model_validate({**reply_to_json(REPLY), "dropped": []})


def test_the_example_of_a_reply_is_one() -> None:
    (example,) = ReplyOut.model_json_schema()["examples"]
    assert set(example) == set(reply_to_json(REPLY))
    ReplyOut.model_validate(example)


def test_a_line_is_as_documented() -> None:
    line = Message("m", "c", 1, Author.BOT, "A flare. [1]", NOW, reply=REPLY, client_message_id="hidden")
    _as_documented(MessageOut, shown_message(line))
    assert "hidden" not in str(shown_message(line))


def test_where_a_patient_stands_is_as_documented() -> None:
    from bot.conversation.desk import WaitingView

    view = WaitingView(state=Speaker.WAITING, step="Wait.", position=1, since=NOW, contacts=("email",))
    _as_documented(WaitingOut, shown_waiting(view))


@pytest.mark.parametrize("code", sorted(CATALOG))
def test_every_problem_is_as_documented(code: str) -> None:
    ProblemOut.model_validate(Problem(code).document())


@pytest.mark.parametrize(
    ("model", "value"),
    [
        pytest.param(MessageWish, {}, id="no-text"),
        pytest.param(MessageWish, {"text": 3}, id="text-is-a-number"),
        pytest.param(ConversationWish, {"visitor": "rosa@example.org"}, id="visitor-is-an-address"),
        pytest.param(ConversationWish, {"visitor": "a" * 129}, id="visitor-too-long"),
        pytest.param(ConversationWish, {"region": "us"}, id="region-in-small-letters"),
        pytest.param(ConversationWish, {"language": "en_US"}, id="language-spelt-otherwise"),
        pytest.param(ConversationWish, {"partner_id": "elsewhere"}, id="partner"),
        pytest.param(FeedbackWish, {"reply_id": "r", "value": 0}, id="no-thumb"),
        pytest.param(FeedbackWish, {"reply_id": "r", "value": True}, id="thumb-is-true"),
        pytest.param(RatingWish, {"rating": 6}, id="rating-too-high"),
        pytest.param(RatingWish, {"rating": True}, id="rating-is-true"),
        pytest.param(ContactWish, {"kind": "fax", "value": "1", "consent": True}, id="kind"),
        pytest.param(ContactWish, {"kind": "email", "value": "a", "consent": "yes"}, id="consent-is-a-word"),
    ],
)
def test_nothing_but_what_is_documented_is_taken(model: type[BaseModel], value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(value)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        pytest.param({"visitor_id": "b"}, "visitor_id", id="another-field"),
        pytest.param({"client_message_id": ""}, "client_message_id", id="empty-id"),
        pytest.param({"client_message_id": "a\n"}, "client_message_id", id="id-of-two-lines"),
        pytest.param({"client_message_id": "a" * 129}, "client_message_id", id="long-id"),
        pytest.param({"client_message_id": 3}, "client_message_id", id="id-is-a-number"),
    ],
)
def test_a_text_is_kept_beside_what_is_wrong(more: dict[str, Any], field: str) -> None:
    wish = MessageWish.model_validate({"text": "chest \ud83d pain", **more})
    assert (wish.text, wish.client_message_id) == ("chest \ufffd pain", None)
    assert [each["loc"] for each in wish.wrong] == [("body", field)]


def test_half_a_surrogate_pair_is_replaced_and_a_long_text_taken() -> None:
    wish = MessageWish.model_validate({"text": "\udc00\ud83d\U0001f600" + "a" * 100_000})
    assert (wish.text[:3], len(wish.text), wish.wrong) == ("\ufffd\ufffd\U0001f600", 100_003, [])
