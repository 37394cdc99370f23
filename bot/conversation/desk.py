"""The desk between patients and staff: the line, the talk with a person, and the patient's own controls.

Whatever a method returns is on disk by then. Every change writes a line that both sides read (`Author.SYSTEM`) and
the events that `bot.conversation.live.Live` tells open pages of. Who owns a conversation is changed here and nowhere
else; taking, starting, handing on, assigning, releasing and closing are recorded in the audit log here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation.hours import Hours
from bot.conversation.patient_desk import PatientDesk, WaitingView
from bot.db.desk_values import STAFF_OUTCOMES, Case, HandoffOutcome, Queue
from bot.domain import Conversation, Message, Speaker
from bot.errors import LimitError

__all__ = ["STAFF_OUTCOMES", "Desk", "WaitingView"]

# A page of a letter; what is longer is sent as two messages.
_MOST_CHARS = 4000
_FLAGGED_FOR = timedelta(hours=1)


class Desk(PatientDesk):
    """What patients and staff can do with a conversation beside writing to the guide.

    All calls are synchronous and committed when they return: web pages run them off the event loop. Patient-side
    calls take the visitor's id, and another visitor's conversation does not exist (`NotFoundError`). Roles are the
    console's to check. Everything raises `StoreError` when the database fails.

    Args:
        stores: The record.
        texts: The fixed sentences.
        hours: When people answer.
        queue_timeout: After this time in line the patient is told that it takes longer; None: never.
        region: Country code for telephone numbers without one.
        partners: Whose own hours and regions count in their conversations; None: nobody's.
        clock: The time, UTC.
    """

    def queue(self) -> Queue:
        """Return who waits, who talks with whom, and the talks with the guide in which somebody may be in danger."""
        return self._desk.queue(flagged_since=self._clock() - _FLAGGED_FOR)

    def case(self, *, conversation_id: str) -> Case:
        """Return owner, requests, place in line and contact details of a conversation.

        Raises:
            NotFoundError: There is no such conversation.
        """
        return self._desk.case(conversation_id=conversation_id)

    def messages(self, *, conversation_id: str, after_seq: int = 0) -> list[Message]:
        """Return the transcript after a position, 0 for all of it.

        Raises:
            NotFoundError: There is no such conversation.
        """
        return self._messages(conversation_id, None, after_seq=after_seq)

    def take(self, *, conversation_id: str, staff_id: str, display_name: str) -> Conversation:
        """Take a conversation that waits; of two at once one gets it. Taking one's own again changes nothing.

        Raises:
            FloorError: Code ``taken``, with the `name` of who has it; ``not_waiting``: the patient waits no more.
            NotFoundError: There is no such conversation.
        """
        return self._take(conversation_id, staff_id, display_name, start=False)

    def start(self, *, conversation_id: str, staff_id: str, display_name: str) -> Conversation:
        """Take a conversation in any state, of staff's own accord, such as one that was flagged.

        Raises:
            FloorError: Code ``taken``, with the `name` of who has it.
            NotFoundError: There is no such conversation.
        """
        return self._take(conversation_id, staff_id, display_name, start=True)

    def say(
        self,
        *,
        conversation_id: str,
        staff_id: str,
        text: str,
        client_message_id: str,
        display_name: str | None = None,
    ) -> Message:
        """Say something to the patient; only the owner may. The same `client_message_id` is written once.

        Args:
            display_name: What the patient sees; None: the name in the staff's account.

        Raises:
            FloorError: Code ``not_yours``, with the `name` of the owner where there is one.
            LimitError: Code ``empty`` or ``too_long``.
            NotFoundError: There is no such conversation.
        """
        text = text.strip()
        if not text:
            raise LimitError("There is nothing to send.", code="empty")
        if len(text) > _MOST_CHARS:
            raise LimitError(f"A message has more than {_MOST_CHARS} characters.", code="too_long")
        return self._desk.say(
            conversation_id=conversation_id,
            staff_id=staff_id,
            text=text,
            client_message_id=client_message_id,
            display_name=display_name,
            now=self._clock(),
        )

    def typing(self, *, conversation_id: str, staff_id: str, display_name: str) -> None:
        """Let the patient see that the owner writes; call it at most every two seconds.

        Raises:
            NotFoundError: There is no such conversation.
        """
        self._desk.type_as_staff(
            conversation_id=conversation_id, staff_id=staff_id, display_name=display_name, now=self._clock()
        )

    def hand_on(
        self, *, conversation_id: str, staff_id: str, display_name: str, to_staff_id: str, to_display_name: str
    ) -> Conversation:
        """Hand one's own talk on to a colleague, who owns it at once.

        Raises:
            FloorError: Code ``not_yours``, with the `name` of the owner where there is one.
            NotFoundError: There is no such conversation, or no such colleague who may talk to patients.
        """
        return self._desk.give(
            conversation_id=conversation_id,
            staff_id=staff_id,
            actor=display_name,
            to_staff_id=to_staff_id,
            display_name=to_display_name,
            note=self._texts.desk("handed_on", name=display_name, to_name=to_display_name),
            now=self._clock(),
        )

    def assign(
        self, *, conversation_id: str, staff_id: str, display_name: str, to_staff_id: str, to_display_name: str
    ) -> Conversation:
        """Give a conversation that waits or runs to a colleague, as leads may; `staff_id` is the lead's.

        Raises:
            FloorError: Code ``not_waiting``: nobody asked for a person.
            NotFoundError: There is no such conversation, or no such colleague who may talk to patients.
        """
        return self._desk.give(
            conversation_id=conversation_id,
            staff_id=staff_id,
            actor=display_name,
            to_staff_id=to_staff_id,
            display_name=to_display_name,
            note=self._texts.desk("joined", name=to_display_name),
            now=self._clock(),
            is_lead=True,
        )

    def release(
        self, *, conversation_id: str, staff_id: str, display_name: str, outcome: str, is_lead: bool = False
    ) -> Conversation:
        """Give one's talk back to the guide; a lead may give back a colleague's.

        Args:
            outcome: One of `STAFF_OUTCOMES`: ``answered``, ``referred``, ``no_reply``, ``spam``, ``other``.

        Raises:
            FloorError: Code ``not_yours``, with the `name` of the owner; ``not_waiting``: there is nothing to end.
            LimitError: Code ``outcome``: there is no such outcome.
            NotFoundError: There is no such conversation.
        """
        return self._finish(
            conversation_id, staff_id, display_name, to=Speaker.BOT, outcome=outcome, is_lead=is_lead, key="released"
        )

    def close(
        self, *, conversation_id: str, staff_id: str, display_name: str, outcome: str, is_lead: bool = False
    ) -> Conversation:
        """End the matter; the patient's next message opens the conversation again, with the guide.

        Args and Raises as in `release`; one that still waits may be closed by anybody who may talk to patients.
        """
        return self._finish(
            conversation_id, staff_id, display_name, to=Speaker.CLOSED, outcome=outcome, is_lead=is_lead, key="closed"
        )

    def remind_waiting(self) -> list[str]:
        """Tell those who have waited too long what they can do; `Live` calls this every few seconds.

        Whoever waits in line is told once, and only time in which somebody should have been there counts. Whoever
        talks with a person is told when that person has not answered, once for each time that they have written.

        Returns:
            The conversations that were told.
        """
        now = self._clock()
        if self._queue_timeout is None:
            return []
        late = now - self._queue_timeout
        note = self._texts.desk("unanswered")
        unanswered = self._desk.mark_unanswered(silent_before=late, note=note, now=now)
        own = self._partners.with_own_hours()
        told = self._mark_overdue(self._hours, late, now, but_of=tuple(own))
        for partner_id, hours in own.items():
            told += self._mark_overdue(hours, late, now, partner_id=partner_id)
        return unanswered + told

    def _mark_overdue(
        self,
        hours: Hours,
        late: datetime,
        now: datetime,
        *,
        partner_id: str | None = None,
        but_of: tuple[str, ...] = (),
    ) -> list[str]:
        """Tell those who have waited too long where these hours hold; nobody outside of them."""
        opened = hours.open_since(now)
        if not hours.is_open(now) or (opened is not None and opened > late):
            return []
        note = self._texts.desk("overdue")
        return self._desk.mark_overdue(asked_before=late, note=note, now=now, partner_id=partner_id, but_of=but_of)

    def _take(self, conversation_id: str, staff_id: str, display_name: str, *, start: bool) -> Conversation:
        return self._desk.take(
            conversation_id=conversation_id,
            staff_id=staff_id,
            display_name=display_name,
            note=self._texts.desk("joined", name=display_name),
            start=start,
            now=self._clock(),
        )

    def _finish(
        self,
        conversation_id: str,
        staff_id: str,
        display_name: str,
        *,
        to: Speaker,
        outcome: str,
        is_lead: bool,
        key: str,
    ) -> Conversation:
        return self._desk.finish(
            conversation_id=conversation_id,
            staff_id=staff_id,
            actor=display_name,
            to=to,
            outcome=_outcome(outcome),
            note=self._texts.desk(key, name=display_name),
            is_lead=is_lead,
            now=self._clock(),
        )


def _outcome(code: str) -> HandoffOutcome:
    if code not in STAFF_OUTCOMES:
        raise LimitError("There is no such outcome of a talk.", code="outcome")
    return HandoffOutcome(code)
