"""Conversations, messages and replies come back exactly as they went in."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, select

from bot.db.tables import CITATIONS, CONVERSATIONS, REPLIES
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Conversation, Message, Outcome, Reply, Speaker
from bot.errors import LimitError, NotFoundError, StoreError

MakeReply = Callable[..., Reply]


def test_a_new_conversation_belongs_to_the_bot(store: TranscriptStore, now: datetime) -> None:
    opened = store.open_conversation(
        visitor_id="ada", channel="widget", language="de", partner_id="clinic", region="CH", now=now
    )
    assert opened == Conversation(
        id=opened.id,
        visitor_id="ada",
        state=Speaker.BOT,
        channel="widget",
        language="de",
        created_at=now,
        updated_at=now,
        partner_id="clinic",
        region="CH",
    )
    assert uuid.UUID(opened.id).version == 4
    assert store.conversation(conversation_id=opened.id) == opened
    assert store.conversation(conversation_id=opened.id, visitor_id="ada") == opened


def test_times_of_another_zone_come_back_as_utc(store: TranscriptStore) -> None:
    local = datetime(2026, 7, 1, 1, 30, 0, 7, tzinfo=timezone(timedelta(hours=2)))
    opened = store.open_conversation(visitor_id="ada", channel="web", language="en", now=local)
    assert opened.created_at.isoformat() == "2026-06-30T23:30:00.000007+00:00"


def test_a_time_without_zone_is_refused(store: TranscriptStore, now: datetime) -> None:
    with pytest.raises(StoreError):
        store.open_conversation(visitor_id="ada", channel="web", language="en", now=now.replace(tzinfo=None))


def test_opening_ones_own_conversation_again_returns_it_unchanged(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    again = store.open_conversation(visitor_id="ada", channel="cli", language="fr", conversation_id=talk.id, now=later)
    assert again == talk


def test_a_chosen_id_is_used(store: TranscriptStore, now: datetime) -> None:
    chosen = str(uuid.uuid4())
    opened = store.open_conversation(visitor_id="ada", channel="web", language="en", conversation_id=chosen, now=now)
    assert opened.id == chosen


@pytest.mark.parametrize(
    "conversation_id",
    [
        pytest.param("", id="empty"),
        pytest.param("x' OR '1'='1", id="hostile"),
        pytest.param("6ba7b810-9dad-11d1-80b4-00c04fd430c8", id="uuid1"),
        pytest.param("3F2504E0-4F89-41D3-9A0C-0305E82C3301", id="upper-case"),
        pytest.param("{3f2504e0-4f89-41d3-9a0c-0305e82c3301}", id="braces"),
        pytest.param("3f2504e04f8941d39a0c0305e82c3301", id="no-hyphens"),
    ],
)
def test_an_id_that_is_no_uuid4_opens_nothing(store: TranscriptStore, now: datetime, conversation_id: str) -> None:
    with pytest.raises(LimitError):
        store.open_conversation(
            visitor_id="ada", channel="web", language="en", conversation_id=conversation_id, now=now
        )
    assert store.conversations(visitor_id="ada", limit=10) == []


def test_an_empty_visitor_id_opens_nothing(store: TranscriptStore, now: datetime) -> None:
    with pytest.raises(LimitError):
        store.open_conversation(visitor_id="", channel="web", language="en", now=now)


def test_another_visitors_conversation_does_not_exist(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    store.add_patient_message(conversation_id=talk.id, text="hello", now=now)
    with pytest.raises(NotFoundError):
        store.conversation(conversation_id=talk.id, visitor_id="eve")
    with pytest.raises(NotFoundError):
        store.messages(conversation_id=talk.id, visitor_id="eve")
    with pytest.raises(NotFoundError):
        store.open_conversation(visitor_id="eve", channel="web", language="en", conversation_id=talk.id, now=now)
    with pytest.raises(NotFoundError):
        store.conversations(visitor_id="eve", limit=10, before=talk.id)
    assert store.conversations(visitor_id="eve", limit=10) == []


def test_an_unknown_conversation_is_not_found_by_any_method(
    store: TranscriptStore, now: datetime, make_reply: MakeReply
) -> None:
    nowhere = str(uuid.uuid4())
    calls: list[Callable[[], object]] = [
        lambda: store.conversation(conversation_id=nowhere),
        lambda: store.conversation(conversation_id="x' OR '1'='1"),
        lambda: store.messages(conversation_id=nowhere),
        lambda: store.add_patient_message(conversation_id=nowhere, text="hello", now=now),
        lambda: store.add_message(conversation_id=nowhere, author=Author.STAFF, text="hello", now=now),
        lambda: store.add_reply(reply=make_reply(conversation_id=nowhere)),
        lambda: store.request_handoff(conversation_id=nowhere, reason="asked_for_person", now=now),
        lambda: store.add_gap(conversation_id=nowhere, question="?", reason="low_support", section_ids=[], now=now),
        lambda: store.erase_conversation(conversation_id=nowhere, visitor_id="ada", now=now),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call()


def test_conversations_are_paged_newest_first_even_within_one_moment(store: TranscriptStore, now: datetime) -> None:
    moments = [now, now, now, now + timedelta(microseconds=1), now - timedelta(days=1)]
    opened = [store.open_conversation(visitor_id="ada", channel="web", language="en", now=at) for at in moments]
    store.open_conversation(visitor_id="bob", channel="web", language="en", now=now)
    expected = sorted(opened, key=lambda talk: (talk.created_at, talk.id), reverse=True)

    pages: list[Conversation] = []
    before: str | None = None
    while page := store.conversations(visitor_id="ada", limit=2, before=before):
        assert len(page) <= 2
        pages += page
        before = page[-1].id
    assert pages == expected


def test_messages_of_all_authors_come_back_in_order(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, now: datetime
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=now)
    reply = make_reply()
    answered = store.add_reply(reply=reply, answers=asked.id, confidence=0.8)
    joined = store.add_message(conversation_id=talk.id, author=Author.SYSTEM, text="Sam joined.", now=now)
    written = store.add_message(
        conversation_id=talk.id, author=Author.STAFF, text="Hello!", display_name="Sam", now=now + timedelta(hours=1)
    )
    line = Message(id="", conversation_id=talk.id, seq=0, author=Author.PATIENT, text="", created_at=now)
    expected = [
        replace(line, id=asked.id, seq=1, text="What is CRS?"),
        replace(line, id=reply.reply_id, seq=2, author=Author.BOT, text=reply.text, reply=reply),
        replace(line, id=joined.id, seq=3, author=Author.SYSTEM, text="Sam joined."),
        replace(
            line,
            id=written.id,
            seq=4,
            author=Author.STAFF,
            text="Hello!",
            display_name="Sam",
            created_at=now + timedelta(hours=1),
        ),
    ]
    assert [asked, answered, joined, written] == expected
    assert store.messages(conversation_id=talk.id, visitor_id="ada") == expected
    assert store.messages(conversation_id=talk.id, after_seq=1, limit=2) == expected[1:3]
    assert store.recent_turns(conversation_id=talk.id, limit=10) == expected[:2]
    assert store.recent_turns(conversation_id=talk.id, limit=1) == expected[1:2]
    assert store.conversation(conversation_id=talk.id).updated_at == now + timedelta(hours=1)


@pytest.mark.parametrize("author", [Author.PATIENT, Author.BOT])
def test_only_staff_and_system_write_without_a_reply(
    store: TranscriptStore, talk: Conversation, now: datetime, author: Author
) -> None:
    with pytest.raises(LimitError):
        store.add_message(conversation_id=talk.id, author=author, text="hello", now=now)
    assert store.messages(conversation_id=talk.id) == []


def test_a_message_sent_twice_is_one_message(store: TranscriptStore, talk: Conversation, now: datetime) -> None:
    first = store.add_patient_message(conversation_id=talk.id, text="hello", client_message_id="c1", now=now)
    again = store.add_patient_message(
        conversation_id=talk.id, text="hello?", client_message_id="c1", now=now + timedelta(seconds=9)
    )
    assert again == first
    assert store.messages(conversation_id=talk.id) == [first]


def test_what_was_sent_under_a_clients_message_id_is_compared(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    odd = "hel\x00lo \ud800"  # stored as no database refuses it, and compared so
    store.add_patient_message(conversation_id=talk.id, text=odd, client_message_id="c1", now=now)
    sent = {"conversation_id": talk.id, "client_message_id": "c1"}
    assert store.was_sent_as(**sent, text=odd) is True
    assert store.was_sent_as(**sent, text="Hello") is False
    assert store.was_sent_as(**{**sent, "client_message_id": "c2"}, text=odd) is None
    assert store.was_sent_as(**{**sent, "conversation_id": "another"}, text=odd) is None


def test_a_clients_message_id_counts_in_its_own_conversation_only(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    other = store.open_conversation(visitor_id="bob", channel="web", language="en", now=now)
    first = store.add_patient_message(conversation_id=talk.id, text="mine", client_message_id="c1", now=now)
    second = store.add_patient_message(conversation_id=other.id, text="yours", client_message_id="c1", now=now)
    assert (first.text, second.text) == ("mine", "yours")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_reply_of_each_outcome_comes_back_exactly(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, now: datetime, outcome: Outcome
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=now)
    reply = make_reply(outcome=outcome)
    assert store.reply_to(message_id=asked.id) is None
    store.add_reply(reply=reply, answers=asked.id)
    assert store.reply_to(message_id=asked.id) == reply


def test_the_least_reply_comes_back_exactly(store: TranscriptStore, talk: Conversation, now: datetime) -> None:
    reply = Reply(
        reply_id=str(uuid.uuid4()),
        conversation_id=talk.id,
        outcome=Outcome.HANDOFF,
        reason="asked_for_person",
        text="",
        created_at=now,
    )
    assert store.add_reply(reply=reply).reply == reply


def test_a_message_has_one_reply_the_first(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, now: datetime
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=now)
    first = store.add_reply(reply=make_reply(), answers=asked.id)
    second = store.add_reply(reply=make_reply(text="Something else."), answers=asked.id)
    assert second == first
    assert store.messages(conversation_id=talk.id) == [asked, first]


def test_a_reply_answers_only_patients_messages_of_its_own_conversation(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, now: datetime
) -> None:
    other = store.open_conversation(visitor_id="bob", channel="web", language="en", now=now)
    elsewhere = store.add_patient_message(conversation_id=other.id, text="hello", now=now)
    staff = store.add_message(conversation_id=talk.id, author=Author.STAFF, text="hello", now=now)
    for message_id in (elsewhere.id, staff.id, "unknown"):
        with pytest.raises(NotFoundError):
            store.add_reply(reply=make_reply(), answers=message_id)
    assert store.messages(conversation_id=talk.id) == [staff]


def test_a_failing_reply_leaves_nothing_behind(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply
) -> None:
    twice = make_reply().citations[0]
    with pytest.raises(StoreError):
        store.add_reply(reply=make_reply(citations=(twice, twice)))
    assert store.messages(conversation_id=talk.id) == []
    kept = store.add_reply(reply=make_reply())
    assert store.messages(conversation_id=talk.id) == [kept]
    assert kept.seq == 1


def test_replies_and_citations_can_be_asked_for_by_column(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, engine: Engine, now: datetime
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=now)
    reply = make_reply()
    store.add_reply(reply=reply, answers=asked.id, confidence=0.8)
    with engine.begin() as connection:
        stored = connection.execute(select(REPLIES)).one()._asdict()
        cited = [dict(row._mapping) for row in connection.execute(select(CITATIONS).order_by(CITATIONS.c.marker))]
    stored.pop("document")
    assert stored == {
        "id": reply.reply_id,
        "conversation_id": talk.id,
        "answers_message_id": asked.id,
        "outcome": "answered",
        "reason": "supported",
        "rule_id": "red_flag.fever",
        "triggers": ["fever", "chills"],
        "answerer": "generative",
        "guide_version": "g1",
        "index_version": "i1",
        "confidence": 0.8,
        "timings_ms": {"retrieve": 3.1, "total": 9.8},
        "created_at": now,
    }
    for row, citation in zip(cited, reply.citations, strict=True):
        assert row.pop("reply_id") == reply.reply_id
        assert tuple(row.pop("reference_ids")) == citation.references
        assert row == {name: getattr(citation, name) for name in row}


def test_characters_that_no_database_stores_do_not_cost_the_message(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, now: datetime
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="a\x00b\ud83cc 🌡", now=now)
    reply = make_reply(text="a\x00b", triggers=("\ud83c",))
    answered = store.add_reply(reply=reply, answers=asked.id)
    assert asked.text == "a\ufffdb\ufffdc 🌡"
    assert answered.text == "a\ufffdb"
    assert answered.reply == reply


def test_two_writers_at_once_leave_no_gap_and_lose_nothing(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    def write(author: str) -> None:
        for number in range(200):
            store.add_patient_message(conversation_id=talk.id, text=f"{author} {number}", now=now)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ("left", "right")))
    messages = store.messages(conversation_id=talk.id, limit=1000)
    assert [message.seq for message in messages] == list(range(1, 401))
    for name in ("left", "right"):
        said = [message.text for message in messages if message.text.startswith(name)]
        assert said == [f"{name} {number}" for number in range(200)]


def test_one_message_sent_by_many_at_once_is_one_message(
    store: TranscriptStore, talk: Conversation, now: datetime
) -> None:
    def write(text: str) -> Message:
        return store.add_patient_message(conversation_id=talk.id, text=text, client_message_id="c1", now=now)

    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(write, ["hello"] * 8))
    kept = store.messages(conversation_id=talk.id)
    assert len(kept) == 1
    assert written == kept * 8


def test_one_question_answered_by_many_at_once_has_one_reply(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, now: datetime
) -> None:
    asked = store.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=now)

    def answer(text: str) -> Message:
        return store.add_reply(reply=make_reply(text=text), answers=asked.id)

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(answer, [f"answer {number}" for number in range(8)]))
    kept = store.messages(conversation_id=talk.id)[1:]
    assert len(kept) == 1
    assert answered == kept * 8


def test_one_id_opened_by_many_at_once_is_one_conversation(store: TranscriptStore, now: datetime) -> None:
    chosen = str(uuid.uuid4())

    def open_as(visitor_id: str) -> Conversation | None:
        try:
            return store.open_conversation(
                visitor_id=visitor_id, channel="web", language="en", conversation_id=chosen, now=now
            )
        except NotFoundError:
            return None

    visitors = ["ada", "eve"] * 4
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_as, visitors))
    kept = store.conversation(conversation_id=chosen)
    assert opened == [kept if visitor == kept.visitor_id else None for visitor in visitors]


def test_a_damaged_document_is_a_store_error(
    store: TranscriptStore, talk: Conversation, make_reply: MakeReply, engine: Engine
) -> None:
    store.add_reply(reply=make_reply())
    with engine.begin() as connection:
        connection.execute(REPLIES.update().values(document={"outcome": "invented"}))
    with pytest.raises(StoreError):
        store.messages(conversation_id=talk.id)


def test_ping_answers(store: TranscriptStore) -> None:
    store.ping()


def test_the_last_position_is_kept_with_the_conversation(
    store: TranscriptStore, talk: Conversation, engine: Engine
) -> None:
    store.add_patient_message(conversation_id=talk.id, text="hello", now=datetime(2026, 11, 23, tzinfo=UTC))
    with engine.begin() as connection:
        assert connection.execute(select(CONVERSATIONS.c.last_seq)).scalar_one() == 1
