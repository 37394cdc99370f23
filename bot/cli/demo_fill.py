"""Holds the made-up talks: through the real service and the real desk, at a clock that stands where it is put."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from bot.cli.demo_reviews import review
from bot.cli.demo_talks import Demo, Talk, timetable
from bot.conversation.desk import Desk
from bot.conversation.service import ConversationService
from bot.db.staff import By, StaffMember
from bot.db.stores import Stores
from bot.domain import Reply, Role

_BY = By(name="demo")
_TYPING = timedelta(seconds=40)
_READING = timedelta(seconds=55)
_UNTIL_TAKEN = timedelta(minutes=4)


class DemoClock:
    """A clock that moves when it is told to.

    Args:
        now: Where it begins.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the moment it stands at."""
        return self.now

    def forward(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the talks are held with; all of it goes by `clock`."""

    service: ConversationService
    desk: Desk
    stores: Stores
    clock: DemoClock


def add_staff(parts: Parts, demo: Demo) -> list[tuple[StaffMember, str]]:
    """Add the made-up staff whose names are free, and return each with the token of a one-time link."""
    store, now = parts.stores.staff, parts.clock()
    return [
        store.add(
            name=person.name, display_name=person.display_name, role=Role(person.role), email=None, by=_BY, now=now
        )
        for person in demo.staff
        if store.find(name=person.name) is None
    ]


def fill(parts: Parts, demo: Demo, *, now: datetime, on_progress: Callable[[int, int], None]) -> int:
    """Hold all talks, let staff review some of their replies, and return how many talks there were."""
    names = [person.name for person in demo.staff if Role(person.role) is not Role.REVIEWER]
    colleagues = [found for found in (parts.stores.staff.find(name=name) for name in names) if found]
    taking = cycle(colleagues)
    known = {reply.title for reply in parts.stores.beside.canned_replies()}
    for title, text in demo.canned:
        if title not in known:
            parts.stores.beside.add_canned_reply(title=title, text=text, language="en", by=_BY, now=now)
    held = timetable(demo.talks, now=now)
    for number, (begins, talk) in enumerate(held, start=1):
        parts.clock.now = begins
        _Played(parts, talk, staff=next(taking)).play()
        on_progress(number, len(held))
    parts.clock.now = now
    review(parts.stores, colleagues, now=now)
    return len(held)


class _Played:
    """One talk being held."""

    def __init__(self, parts: Parts, talk: Talk, *, staff: StaffMember) -> None:
        self._service, self._desk, self._stores, self._clock = parts.service, parts.desk, parts.stores, parts.clock
        self._talk = talk
        self._staff = staff
        self._visitor_id = f"demo-{uuid.uuid4()}"
        self._id = self._stores.transcripts.open_conversation(
            visitor_id=self._visitor_id,
            channel="web",
            language="en",
            partner_id=talk.partner,
            now=self._clock(),
        ).id

    def play(self) -> None:
        replies = [self._say(text) for text in self._talk.say]
        if self._talk.thumb:
            self._service.give_feedback(
                reply_id=replies[-1].reply_id,
                visitor_id=self._visitor_id,
                value=self._talk.thumb,
                comment=self._talk.comment if self._talk.thumb < 0 else None,
            )
        if self._talk.person is not None:
            self._with_person(self._talk.person)
        self._beside()

    def _say(self, text: str) -> Reply:
        reply = self._service.reply(conversation_id=self._id, visitor_id=self._visitor_id, text=text)
        self._clock.forward(_READING)
        return reply

    def _with_person(self, how: str) -> None:
        # Whoever asked for one in words waits already; asking again changes nothing.
        self._service.request_person(conversation_id=self._id, visitor_id=self._visitor_id)
        if self._talk.contact is not None:
            kind, value = self._talk.contact
            self._desk.leave_contact(
                conversation_id=self._id, visitor_id=self._visitor_id, kind=kind, value=value, consent=True
            )
        if how == "waiting":
            return
        self._clock.forward(_UNTIL_TAKEN)
        if how == "left":
            self._desk.end_talk(conversation_id=self._id, visitor_id=self._visitor_id)
            return
        self._talk_with_person()
        if how != "human":
            self._finish(how)

    def _talk_with_person(self) -> None:
        who = {"staff_id": self._staff.id, "display_name": self._staff.display_name}
        self._desk.take(conversation_id=self._id, **who)
        for answer, added in self._lines():
            self._clock.forward(_TYPING)
            self._desk.say(conversation_id=self._id, text=answer, client_message_id=str(uuid.uuid4()), **who)
            if added is not None:
                self._say(added)

    def _lines(self) -> Iterator[tuple[str, str | None]]:
        for number, answer in enumerate(self._talk.answers):
            yield answer, self._talk.adds[number] if number < len(self._talk.adds) else None

    def _finish(self, how: str) -> None:
        finish = self._desk.release if how == "released" else self._desk.close
        finish(
            conversation_id=self._id,
            staff_id=self._staff.id,
            display_name=self._staff.display_name,
            outcome="answered",
        )
        if self._talk.rating is not None:
            self._desk.rate(conversation_id=self._id, visitor_id=self._visitor_id, rating=self._talk.rating)

    def _beside(self) -> None:
        by = By(name=self._staff.name, staff_id=self._staff.id)
        beside, now = self._stores.beside, self._clock()
        for name in self._talk.labels:
            beside.put_label(conversation_id=self._id, name=name, by=by, now=now)
        if self._talk.note is not None:
            beside.add_note(conversation_id=self._id, text=self._talk.note, by=by, now=now)
