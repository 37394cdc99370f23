"""Notes, labels, reading, canned replies and saved views: who may do what, and what the audit log says of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db.audit import AuditStore
from bot.db.beside import BesideStore, Label
from bot.db.events import EventStore
from bot.db.list_values import Filters
from bot.db.staff import By, StaffStore
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation, Role
from bot.errors import LimitError, NotFoundError

_NOWHERE = "no-such-id"


@pytest.fixture
def beside(engine: Engine) -> BesideStore:
    return BesideStore(engine)


def _member(engine: Engine, name: str, now: datetime) -> By:
    member, _ = StaffStore(engine).add(
        name=name, display_name=name.capitalize(), role=Role.AGENT, by=By(name="test"), now=now
    )
    return By(name=name, staff_id=member.id)


@pytest.fixture
def vera(engine: Engine, now: datetime) -> By:
    return _member(engine, "vera", now)


@pytest.fixture
def tom(engine: Engine, now: datetime) -> By:
    return _member(engine, "tom", now)


def _actions(engine: Engine) -> list[str]:
    entries = AuditStore(engine).entries()
    return [entry.action for entry in reversed(entries) if not entry.action.startswith("staff.")]


def test_notes_are_kept_with_their_authors_and_deleted_by_them(  # noqa: PLR0917 - fixtures
    beside: BesideStore, talk: Conversation, vera: By, tom: By, engine: Engine, now: datetime
) -> None:
    of = {"conversation_id": talk.id, "now": now}
    first = beside.add_note(text="  She calls back. ", by=vera, **of)
    beside.add_note(text="Done.", by=tom, conversation_id=talk.id, now=now + timedelta(seconds=1))
    assert [(note.author, note.text) for note in beside.notes(conversation_id=talk.id)] == [
        ("Vera", "She calls back."), ("Tom", "Done."),
    ]  # fmt: skip
    with pytest.raises(NotFoundError):
        beside.delete_note(note_id=first.id, by=tom, **of)
    beside.delete_note(note_id=first.id, by=tom, of_others=True, **of)
    assert [note.author for note in beside.notes(conversation_id=talk.id)] == ["Tom"]
    assert _actions(engine) == ["note.added", "note.added", "note.deleted"]
    assert all("calls" not in str(entry.detail) for entry in AuditStore(engine).entries())


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
def test_a_note_without_words_or_without_end_is_refused(
    beside: BesideStore, talk: Conversation, vera: By, now: datetime, text: str
) -> None:
    with pytest.raises(LimitError):
        beside.add_note(conversation_id=talk.id, text=text, by=vera, now=now)


def test_a_label_is_one_whatever_its_case_and_goes_from_everywhere(
    beside: BesideStore, talk: Conversation, vera: By, engine: Engine, now: datetime
) -> None:
    of = {"conversation_id": talk.id, "by": vera, "now": now}
    label = beside.put_label(name=" Side  effects ", **of)
    assert beside.put_label(name="side EFFECTS", **of) == label == Label(label.id, "Side effects")
    assert beside.labels() == [Label(label.id, "Side effects", 1)]
    assert beside.labels_of(conversation_id=talk.id) == [label]
    beside.take_label(label_id=label.id, **of)
    assert beside.labels_of(conversation_id=talk.id) == []
    beside.put_label(name="Side effects", **of)
    beside.delete_label(label_id=label.id, by=vera, now=now)
    assert (beside.labels(), beside.labels_of(conversation_id=talk.id)) == ([], [])
    assert _actions(engine) == ["label.added", "label.put", "label.taken", "label.put", "label.deleted"]


def test_reading_moves_a_mark_tells_open_pages_and_is_in_the_log(  # noqa: PLR0917 - fixtures
    beside: BesideStore, store: TranscriptStore, talk: Conversation, vera: By, tom: By, engine: Engine, now: datetime
) -> None:
    of = {"conversation_id": talk.id}
    store.add_patient_message(text="one", now=now, **of)
    assert beside.mark_read(by=vera, now=now, **of) == 1
    assert beside.mark_read(by=tom, now=now + timedelta(seconds=1), **of) == 1
    store.add_patient_message(text="two", now=now, **of)
    later = now + timedelta(seconds=2)
    assert beside.mark_read(by=vera, now=later, is_opening=False, **of) == 2
    assert beside.mark_read(by=vera, now=later, is_opening=False, **of) == 2
    assert [(reader.name, reader.seq) for reader in beside.readers(**of)] == [("Vera", 2), ("Tom", 1)]
    kinds = [event.kind for event in EventStore(engine).after(event_id=0, limit=100)]
    assert kinds.count("read") == 3
    assert _actions(engine) == ["conversation.read", "conversation.read"]


def test_what_is_not_there_cannot_be_written_to(
    beside: BesideStore, talk: Conversation, vera: By, now: datetime
) -> None:
    nowhere, by = {"conversation_id": _NOWHERE}, {"by": vera, "now": now}
    calls = [
        lambda: beside.add_note(text="x", **nowhere, **by),
        lambda: beside.notes(**nowhere),
        lambda: beside.put_label(name="x", **nowhere, **by),
        lambda: beside.labels_of(**nowhere),
        lambda: beside.take_label(label_id=_NOWHERE, conversation_id=talk.id, **by),
        lambda: beside.delete_label(label_id=_NOWHERE, **by),
        lambda: beside.mark_read(**nowhere, **by),
        lambda: beside.readers(**nowhere),
        lambda: beside.change_canned_reply(canned_id=_NOWHERE, title="x", text="x", language="en", **by),
        lambda: beside.delete_canned_reply(canned_id=_NOWHERE, **by),
        lambda: beside.delete_view(view_id=_NOWHERE, **by),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
    assert beside.labels() == []


def test_canned_replies_are_found_by_title_and_text(
    beside: BesideStore, vera: By, engine: Engine, now: datetime
) -> None:
    by = {"by": vera, "now": now}
    hello = beside.add_canned_reply(title="Hello", text="Good morning, 100% here.", language="en", **by)
    beside.add_canned_reply(title="Fieber", text="Guten Morgen", language="de", **by)
    assert [reply.title for reply in beside.canned_replies()] == ["Fieber", "Hello"]
    assert [reply.title for reply in beside.canned_replies(search="MORNING")] == ["Hello"]
    assert [reply.title for reply in beside.canned_replies(search="0%")] == ["Hello"]
    assert beside.canned_replies(search="_") == []
    assert [reply.title for reply in beside.canned_replies(language="de")] == ["Fieber"]
    with pytest.raises(LimitError):
        beside.change_canned_reply(canned_id=hello, title="Fieber", text="x", language="en", **by)
    beside.change_canned_reply(canned_id=hello, title="Hello", text="Hi", language="en", **by)
    beside.delete_canned_reply(canned_id=hello, **by)
    assert _actions(engine)[-2:] == ["canned_reply.changed", "canned_reply.deleted"]


def test_views_are_ones_own_unless_shared(beside: BesideStore, vera: By, tom: By, now: datetime) -> None:
    down = Filters.of({"feedback": "down", "days": "7"})
    own = beside.save_view(name="Thumbs", filters=Filters(), is_shared=False, by=vera, now=now)
    assert beside.save_view(name=" Thumbs", filters=down, is_shared=False, by=vera, now=now) == own
    shared = beside.save_view(name="All", filters=Filters(), is_shared=True, by=vera, now=now)
    assert [(view.name, view.filters, view.is_own) for view in beside.views(staff_id=str(vera.staff_id))] == [
        ("All", Filters(), True), ("Thumbs", down, True),
    ]  # fmt: skip
    assert [(view.name, view.is_own) for view in beside.views(staff_id=str(tom.staff_id))] == [("All", False)]
    with pytest.raises(NotFoundError):
        beside.delete_view(view_id=shared, by=tom, now=now)
    beside.delete_view(view_id=shared, by=vera, now=now)
    assert beside.views(staff_id=str(tom.staff_id)) == []
