"""Figures count what happened on which day, by either database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db.figures import Figures, FigureStore
from bot.db.staff import By
from bot.db.stores import Stores
from bot.domain import Conversation, Outcome, Reply, Role

FIRST = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def stores(engine: Engine) -> Stores:
    return Stores.over(engine)


def figures(stores: Stores, *, days: int = 3, partner: str | None = None, start: datetime = FIRST) -> Figures:
    return stores.figures.figures(since=start, until=start + timedelta(days=days), partner_id=partner)


def begin(stores: Stores, at: datetime, partner: str | None = None) -> Conversation:
    return stores.transcripts.open_conversation(
        visitor_id="ada", channel="chat", language="en", now=at, partner_id=partner
    )


def add(stores: Stores, make: Callable[..., Reply], talk: Conversation, at: datetime, **changes: object) -> str:
    reply = make(conversation_id=talk.id, created_at=at, **changes)
    stores.transcripts.add_reply(reply=reply)
    return reply.reply_id


def test_each_day_has_its_own_counts_and_days_without_any_are_there(
    stores: Stores, make_reply: Callable[..., Reply]
) -> None:
    talk = begin(stores, FIRST + timedelta(hours=23, minutes=59))
    late = begin(stores, FIRST + timedelta(days=2))
    add(stores, make_reply, talk, FIRST + timedelta(hours=23))
    abstained = add(stores, make_reply, late, FIRST + timedelta(days=2), outcome=Outcome.ABSTAINED, citations=())
    stores.transcripts.set_feedback(
        reply_id=abstained, visitor_id="ada", value=-1, reason=None, comment=None, now=FIRST + timedelta(days=2)
    )
    stores.transcripts.request_handoff(conversation_id=late.id, reason="abstained", now=FIRST + timedelta(days=2))
    found = figures(stores)
    assert [(day.on, day.conversations, dict(day.outcomes)) for day in found.days] == [
        (date(2026, 11, 1), 1, {"answered": 1}),
        (date(2026, 11, 2), 0, {}),
        (date(2026, 11, 3), 1, {"abstained": 1}),
    ]
    assert [(day.asked_for_person, day.helpful, day.unhelpful) for day in found.days] == [
        (0, 0, 0),
        (0, 0, 0),
        (1, 0, 1),
    ]
    assert (found.conversations, found.replies, found.answered_share, found.helpful_share) == (2, 2, 0.5, 0.0)
    assert found.untaken == 1
    assert found.most_asked == (("crs", "What is CRS?", 1),)


def test_what_lies_before_or_after_the_span_is_not_counted(stores: Stores, make_reply: Callable[..., Reply]) -> None:
    for at in (FIRST - timedelta(microseconds=1), FIRST + timedelta(days=3)):
        add(stores, make_reply, begin(stores, at), at)
    found = figures(stores)
    assert (found.conversations, found.replies, found.most_asked) == (0, 0, ())
    assert (found.answered_share, found.helpful_share, found.wait_s(0.5)) == (None, None, None)


def test_a_partner_sees_its_own_figures_alone(stores: Stores, make_reply: Callable[..., Reply]) -> None:
    ours, theirs = begin(stores, FIRST, "ours"), begin(stores, FIRST, "theirs")
    add(stores, make_reply, ours, FIRST)
    reply_id = add(stores, make_reply, theirs, FIRST)
    stores.transcripts.set_feedback(reply_id=reply_id, visitor_id="ada", value=1, reason=None, comment=None, now=FIRST)
    stores.transcripts.request_handoff(conversation_id=theirs.id, reason="asked_for_person", now=FIRST)
    found = figures(stores, partner="ours")
    assert (found.conversations, found.replies, found.helpful_share, found.untaken) == (1, 1, None, 0)
    assert figures(stores, partner="theirs").helpful_share == 1.0
    assert stores.figures.partners() == ["ours", "theirs"]


def test_waiting_is_counted_from_asking_to_being_taken(engine: Engine, stores: Stores) -> None:
    member, _ = stores.staff.add(name="maria", display_name="Maria", role=Role.AGENT, by=By(name="test"), now=FIRST)
    for minutes in (1, 3, 10):
        talk = begin(stores, FIRST)
        stores.transcripts.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=FIRST)
        stores.desk.take(
            conversation_id=talk.id,
            staff_id=member.id,
            display_name="Maria",
            note="joined",
            start=False,
            now=FIRST + timedelta(minutes=minutes),
        )
    found = FigureStore(engine).figures(since=FIRST, until=FIRST + timedelta(days=1))
    assert found.waits_s == (60.0, 180.0, 600.0)
    assert (found.wait_s(0.5), found.wait_s(0.9)) == (180.0, 600.0)
    assert found.untaken == 0
