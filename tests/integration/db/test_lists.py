"""The transcript list: each filter alone and together, pages that stay where they are, counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.db import lists
from bot.db.beside import BesideStore
from bot.db.list_values import Count, Filters, Thumbs
from bot.db.lists import ListStore
from bot.db.review_tables import REVIEWS
from bot.db.staff import By, StaffStore
from bot.db.tables import CONVERSATIONS
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Outcome, Reply, Role, Speaker
from bot.errors import LimitError

_DAY = timedelta(days=1)


@pytest.fixture
def vera(engine: Engine, now: datetime) -> By:
    member, _ = StaffStore(engine).add(name="vera", display_name="Vera", role=Role.LEAD, by=By(name="test"), now=now)
    return By(name="vera", staff_id=member.id)


@pytest.fixture
def talks(  # noqa: PLR0917 - fixtures
    store: TranscriptStore,
    engine: Engine,
    talk: Conversation,
    make_reply: Callable[..., Reply],
    vera: By,
    now: datetime,
) -> dict[str, str]:
    """Four conversations, each a day older than the one before, and a name for each."""
    store.erase_conversation(conversation_id=talk.id, visitor_id=None, now=now)
    ids = {}
    for number, name in enumerate(("plain", "marked", "waiting", "crisis")):
        begun = now - number * _DAY
        partner, language = ("north", "de") if name == "marked" else (None, "en")
        talk = store.open_conversation(
            visitor_id=name,
            channel="api" if name == "crisis" else "web",
            language=language,
            partner_id=partner,
            now=begun,
        )
        ids[name] = talk.id
        asked = store.add_patient_message(conversation_id=talk.id, text=f"Is this {name} fever?", now=begun)
        outcome, reason = (Outcome.CRISIS, "crisis.suicide") if name == "crisis" else (Outcome.ANSWERED, "supported")
        answerer = "fixed" if name == "crisis" else "extractive"
        reply = make_reply(conversation_id=talk.id, outcome=outcome, reason=reason, answerer=answerer, citations=())
        store.add_reply(reply=reply, answers=asked.id)
        if name == "marked":
            _mark(store, engine, reply, vera, now)
    store.request_handoff(conversation_id=ids["waiting"], reason="asked_for_person", now=now)
    return ids


def _mark(store: TranscriptStore, engine: Engine, reply: Reply, vera: By, now: datetime) -> None:
    beside, of = BesideStore(engine), {"conversation_id": reply.conversation_id, "by": vera, "now": now}
    store.set_feedback(reply_id=reply.reply_id, visitor_id="marked", value=-1, comment="no", now=now)
    beside.put_label(name="Fever", **of)
    beside.add_note(text="Call back.", **of)
    beside.mark_read(**of)
    values = {"reply_id": reply.reply_id, "queue": "random", "state": "done", "wanted": 1, "created_at": now}
    with engine.begin() as connection:
        connection.execute(REVIEWS.insert().values(id="r", conversation_id=reply.conversation_id, **values))


_CASES = [
    pytest.param({}, {"plain", "marked", "waiting", "crisis"}, id="no-filter"),
    pytest.param({"text": "fever"}, {"plain", "marked", "waiting", "crisis"}, id="word"),
    pytest.param({"text": "fever -marked"}, {"plain", "waiting", "crisis"}, id="left-out"),
    pytest.param({"text": '"crisis fever"'}, {"crisis"}, id="phrase"),
    pytest.param({"text": "strong immune"}, {"plain", "marked", "waiting", "crisis"}, id="words-of-the-bot"),
    pytest.param({"since": date(2026, 11, 21)}, {"plain", "marked"}, id="since"),
    pytest.param({"until": date(2026, 11, 20)}, {"waiting", "crisis"}, id="until-with-that-day"),
    pytest.param({"until": date.max}, {"plain", "marked", "waiting", "crisis"}, id="until-the-end-of-time"),
    pytest.param({"days": 2}, {"plain", "marked", "waiting"}, id="last-days"),
    pytest.param({"state": Speaker.WAITING}, {"waiting"}, id="state"),
    pytest.param({"outcome": Outcome.CRISIS}, {"crisis"}, id="outcome"),
    pytest.param({"outcome": Outcome.CRISIS, "reason": "supported"}, set(), id="of-one-reply"),
    pytest.param({"reason": "supported"}, {"plain", "marked", "waiting"}, id="reason"),
    pytest.param({"answerer": "fixed"}, {"crisis"}, id="answerer"),
    pytest.param({"partner": "north"}, {"marked"}, id="partner"),
    pytest.param({"partner": "-"}, {"plain", "waiting", "crisis"}, id="no-partner"),
    pytest.param({"channel": "api"}, {"crisis"}, id="channel"),
    pytest.param({"language": "de"}, {"marked"}, id="language"),
    pytest.param({"feedback": Thumbs.UP}, set(), id="thumbs-up"),
    pytest.param({"feedback": Thumbs.DOWN}, {"marked"}, id="thumbs-down"),
    pytest.param({"feedback": Thumbs.COMMENT}, {"marked"}, id="comment"),
    pytest.param({"feedback": Thumbs.NONE}, {"plain", "waiting", "crisis"}, id="no-thumb"),
    pytest.param({"reviewed": True}, {"marked"}, id="reviewed"),
    pytest.param({"reviewed": False}, {"plain", "waiting", "crisis"}, id="not-reviewed"),
    pytest.param({"handed_over": True}, {"waiting"}, id="handed-over"),
    pytest.param({"handed_over": False}, {"plain", "marked", "crisis"}, id="not-handed-over"),
    pytest.param({"noted": True}, {"marked"}, id="with-a-note"),
    pytest.param({"noted": False}, {"plain", "waiting", "crisis"}, id="without-a-note"),
    pytest.param({"unread": True}, {"plain", "waiting", "crisis"}, id="unread"),
    pytest.param({"unread": False}, {"marked"}, id="read"),
    pytest.param({"label": "Fever"}, {"marked"}, id="label"),
    pytest.param({"label": "no-such"}, set(), id="no-such-label"),
    pytest.param({"text": "fever", "feedback": Thumbs.DOWN, "partner": "north"}, {"marked"}, id="together"),
]


def test_each_filter_finds_what_it_names_by_walk_and_by_source(
    engine: Engine, talks: dict[str, str], vera: By, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, names = ListStore(engine), {conversation_id: name for name, conversation_id in talks.items()}
    labels = {label.name: label.id for label in BesideStore(engine).labels()}

    def found(asked: dict[str, Any]) -> set[str]:
        label = asked.get("label")
        filters = Filters(**{**asked, "label": labels.get(label, label) if label else None})
        page = store.page(filters=filters, viewer_id=str(vera.staff_id), now=now)
        assert store.count(filters=filters, viewer_id=str(vera.staff_id), now=now) == Count(len(page.rows), True)
        return {names[row.id] for row in page.rows}

    for few in (lists.FEW, 0):  # with 0 nothing is ever few, and all is found by walking
        monkeypatch.setattr(lists, "FEW", few)
        got = {case.id: found(case.values[0]) for case in _CASES}
        assert got == {case.id: case.values[1] for case in _CASES}


def test_a_row_shows_what_stands_beside_the_conversation(
    engine: Engine, talks: dict[str, str], vera: By, now: datetime
) -> None:
    page = ListStore(engine).page(filters=Filters(text="marked"), viewer_id=str(vera.staff_id), now=now)
    (row,) = page.rows
    assert (row.id, row.state, row.channel, row.language, row.partner_id) == (
        talks["marked"], Speaker.BOT, "web", "de", "north",
    )  # fmt: skip
    assert (row.opening, row.messages, row.outcomes) == ("Is this marked fever?", 2, (Outcome.ANSWERED,))
    assert (row.thumbs_up, row.thumbs_down, row.has_comment) == (0, 1, True)
    assert (row.labels, row.notes, row.is_reviewed, row.is_handed_over) == (("Fever",), 1, True, False)
    assert not row.is_unread
    assert [(piece.text, piece.is_hit) for piece in row.snippet] == [
        ("Is this ", False), ("marked", True), (" fever?", False),
    ]  # fmt: skip
    assert row.snippet_seq == 1


def test_pages_do_not_move_while_conversations_begin_and_go(
    store: TranscriptStore, engine: Engine, now: datetime
) -> None:
    asked = {"filters": Filters(), "viewer_id": "vera", "now": now, "limit": 3}
    ids = []
    for number in range(8):  # three of them at the very same moment
        begun = now + timedelta(seconds=number // 3)
        ids.append(store.open_conversation(visitor_id="v", channel="web", language="en", now=begun).id)
    in_order = [row.id for row in ListStore(engine).page(**{**asked, "limit": 100}).rows]
    assert set(in_order) == set(ids)
    first = ListStore(engine).page(**asked)
    store.open_conversation(visitor_id="v", channel="web", language="en", now=now + _DAY)
    store.erase_conversation(conversation_id=first.rows[-1].id, visitor_id="v", now=now)
    second = ListStore(engine).page(**asked, older_than=first.older)
    third = ListStore(engine).page(**asked, older_than=second.older)
    assert [row.id for page in (first, second, third) for row in page.rows] == in_order
    assert third.older is None


@pytest.mark.parametrize("place", ["", "x", "2026-11-22~a", "2026-11-22T10:00:00+00:00~", "' OR 1=1 --~x"])
def test_a_place_that_is_none_is_refused(engine: Engine, now: datetime, place: str) -> None:
    with pytest.raises(LimitError):
        ListStore(engine).page(filters=Filters(), viewer_id="vera", now=now, older_than=place)


def test_above_a_bound_counts_are_estimates(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "COUNTED", 20)
    monkeypatch.setattr(lists, "FEW", 0)
    row = {"visitor_id": "v", "state": "bot", "channel": "web", "last_seq": 0, "updated_at": now}
    with engine.begin() as connection:
        connection.execute(
            CONVERSATIONS.insert(),
            [
                {"id": f"c{n}", "language": "de" if n % 2 else "en", "created_at": now + timedelta(seconds=n), **row}
                for n in range(100)
            ],
        )
    store = ListStore(engine)

    def count(filters: Filters) -> Count:
        return store.count(filters=filters, viewer_id="vera", now=now)

    assert count(Filters(language="fr")) == Count(0, True)
    assert count(Filters()) == Count(100, False)
    german = count(Filters(language="de"))
    assert (german.is_exact, 45 <= german.number <= 55) == (False, True)


def test_choices_are_what_the_record_knows(engine: Engine, talks: dict[str, str]) -> None:
    choices = ListStore(engine).choices()
    assert (choices.reasons, choices.partners) == (("crisis.suicide", "supported"), ("north",))
    assert (choices.channels, choices.languages) == (("api", "web"), ("de", "en"))
    assert [name for _, name in choices.labels] == ["Fever"]


def test_an_empty_record_is_an_empty_list(engine: Engine) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = ListStore(engine)
    assert store.page(filters=Filters(), viewer_id="vera", now=now).rows == ()
    assert store.choices().reasons == ()
