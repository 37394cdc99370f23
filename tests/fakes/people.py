"""A desk, and what tells of its events, in memory: over the conversations of `FakeService`."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.conversation.desk import WaitingView
from bot.conversation.download import Download
from bot.db.desk_values import Contact
from bot.db.events import Event
from bot.domain import Speaker
from bot.errors import FloorError, LimitError
from tests.fakes.chat_service import FakeService

HOURS = "Monday to Friday, 9:00 to 17:00"


class FakeLive:
    """Tells whoever listens at once, from the thread in which it happened."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[Event], None]] = []
        self._ids = itertools.count(1)

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback) if callback in self.callbacks else None

    def tell(self, conversation_id: str, kind: str, **detail: Any) -> None:
        event = Event(
            id=next(self._ids),
            conversation_id=conversation_id,
            kind=kind,
            detail=detail,
            created_at=datetime.now(UTC),
        )
        for callback in list(self.callbacks):
            callback(event)


class FakeDesk:
    """The patient's side of the desk, and as much of the staff's as a test needs.

    Attributes:
        failure: Raised by the next call.
        is_open: Somebody should be there now.
        typed: Conversations in which a patient wrote.
    """

    def __init__(self, service: FakeService, live: FakeLive) -> None:
        self._service = service
        self._live = live
        service.on_change = live.tell
        self.failure: Exception | None = None
        self.is_open = True
        self.contacts: dict[str, dict[str, str]] = {}
        self.names: dict[str, str] = {}
        self.ratings: dict[str, int] = {}
        self.ended: set[str] = set()
        self.typed: list[str] = []

    def waiting_view(self, *, conversation_id: str, visitor_id: str) -> WaitingView:
        state = self._own(conversation_id, visitor_id)
        line = [one.id for one in self._service.conversations.values() if one.state is Speaker.WAITING]
        return WaitingView(
            state=state,
            step="",
            position=line.index(conversation_id) + 1 if state is Speaker.WAITING else None,
            person=self.names.get(conversation_id) if state is Speaker.HUMAN else None,
            hours=HOURS,
            is_open=self.is_open,
            contacts=tuple(self.contacts.get(conversation_id, {})),
            may_rate=conversation_id in self.ended and conversation_id not in self.ratings,
        )

    def leave_contact(self, *, conversation_id: str, visitor_id: str, kind: str, value: str, consent: bool) -> Contact:
        if self._own(conversation_id, visitor_id) not in (Speaker.WAITING, Speaker.HUMAN):
            raise FloorError("nobody was asked for", code="not_waiting")
        if not consent:
            raise LimitError("no consent", code="consent")
        if kind == "email" and "@" not in value:
            raise LimitError("no address", code="contact_email")
        self.contacts.setdefault(conversation_id, {})[kind] = value
        self._live.tell(conversation_id, "queue")
        return Contact(kind=kind, value=value, consented_at=datetime.now(UTC))

    def contact_problem(self, code: str) -> str:
        return f"Problem {code}."

    def withdraw_contact(self, *, conversation_id: str, visitor_id: str) -> bool:
        self._own(conversation_id, visitor_id)
        return self.contacts.pop(conversation_id, None) is not None

    def end_talk(self, *, conversation_id: str, visitor_id: str) -> bool:
        if self._own(conversation_id, visitor_id) is Speaker.HUMAN:
            self.ended.add(conversation_id)
        self._service.move(conversation_id, Speaker.BOT)
        self._service.add_note(conversation_id=conversation_id, text="You have ended the talk.")
        return True

    def rate(self, *, conversation_id: str, visitor_id: str, rating: int) -> None:
        self._own(conversation_id, visitor_id)
        if not 1 <= rating <= 5:
            raise LimitError("a rating is 1 to 5", code="rating")
        self.ratings[conversation_id] = rating

    def download(self, *, conversation_id: str, visitor_id: str) -> Download:
        messages = self._service.history(conversation_id=conversation_id, visitor_id=visitor_id)
        return Download(name="conversation-é.txt", text="\n".join(message.text for message in messages))

    def erase(self, *, conversation_id: str, visitor_id: str) -> dict[str, int]:
        self._own(conversation_id, visitor_id)
        self._service.erase(conversation_id=conversation_id, visitor_id=visitor_id)
        return {"conversations": 1}

    def patient_types(self, *, conversation_id: str, visitor_id: str) -> None:
        self._own(conversation_id, visitor_id)
        self.typed.append(conversation_id)

    def forget_line(self) -> None:
        """Let nobody wait any more, without a word."""
        for conversation in list(self._service.conversations.values()):
            self._service.conversations[conversation.id] = replace(conversation, state=Speaker.BOT)

    # ---- What staff do ----

    def take(self, conversation_id: str, *, name: str = "Anna") -> None:
        self.names[conversation_id] = name
        self._service.move(conversation_id, Speaker.HUMAN)
        self._service.add_note(conversation_id=conversation_id, text=f"{name} from the support team has joined.")

    def say(self, conversation_id: str, text: str) -> None:
        self._service.add_staff_message(
            conversation_id=conversation_id, text=text, name=self.names.get(conversation_id, "Anna")
        )

    def type(self, conversation_id: str) -> None:
        self._live.tell(conversation_id, "typing", who="staff", name=self.names[conversation_id])

    def release(self, conversation_id: str) -> None:
        self.ended.add(conversation_id)
        self._service.move(conversation_id, Speaker.BOT)
        self._service.add_note(conversation_id=conversation_id, text="Anna has left the conversation.")

    def _own(self, conversation_id: str, visitor_id: str) -> Speaker:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self._service.history(conversation_id=conversation_id, visitor_id=visitor_id)
        return self._service.conversations[conversation_id].state
