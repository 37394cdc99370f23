"""The patient's own controls: the place in line, contact details, the end of a talk, a copy, and erasing it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.conversation.contacts import checked_contact
from bot.conversation.download import Download, download_of
from bot.conversation.hours import Hours
from bot.conversation.partners import Nobody, Partners, hours_of
from bot.conversation.texts import Texts
from bot.db.desk_values import Case, Contact, Request
from bot.db.erasure import Eraser
from bot.db.stores import Stores
from bot.domain import Conversation, Message, Speaker
from bot.errors import LimitError

_PAGE_MESSAGES = 500
_RATINGS = range(1, 6)


@dataclass(frozen=True, slots=True)
class WaitingView:
    """What a patient sees of the desk.

    Attributes:
        state: Who speaks.
        step: The honest next step, one sentence or two; empty while the patient talks with the guide alone.
        position: 1-based place in line while waiting.
        since: When the person was asked for, while waiting or talking.
        person: The name of the person, while one is here.
        hours: When people answer, in words; None: not told.
        is_open: Should somebody be there now?
        is_overdue: The patient was told that it takes longer.
        contacts: Kinds of the contacts left, such as ``email``; the values are not shown again.
        may_rate: There was a talk with a person, it is over, and it has no mark yet.
    """

    state: Speaker
    step: str
    position: int | None = None
    since: datetime | None = None
    person: str | None = None
    hours: str | None = None
    is_open: bool = True
    is_overdue: bool = False
    contacts: tuple[str, ...] = ()
    may_rate: bool = False


class PatientDesk:
    """The patient's side of `bot.conversation.desk.Desk`; arguments as there."""

    def __init__(
        self,
        *,
        stores: Stores,
        texts: Texts,
        hours: Hours,
        queue_timeout: timedelta | None = timedelta(minutes=15),
        region: str | None = None,
        partners: Partners | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._transcripts = stores.transcripts
        self._desk = stores.desk
        self._texts = texts
        self._hours = hours
        self._queue_timeout = queue_timeout
        self._region = region
        self._partners = partners or Partners(Nobody())
        self._clock = clock

    def waiting_view(self, *, conversation_id: str, visitor_id: str) -> WaitingView:
        """Return where a patient stands: who speaks, the place in line, what happens next.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        return self._view(self._desk.case(conversation_id=conversation_id, visitor_id=visitor_id))

    def leave_contact(self, *, conversation_id: str, visitor_id: str, kind: str, value: str, consent: bool) -> Contact:
        """Keep an e-mail address (``email``) or telephone number (``phone``) of a patient who asked for a person.

        Raises:
            FloorError: Code ``not_waiting``: no person was asked for.
            LimitError: Code ``consent``: the patient has not agreed; ``contact_email``, ``contact_phone`` or
                ``contact_kind``: it cannot be one. `contact_problem` has the sentence for the patient.
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        if consent is not True:
            raise LimitError("Contact details are kept with the patient's consent only.", code="consent")
        kept = checked_contact(kind=kind, value=value, region=self._region_of(conversation_id, visitor_id))
        return self._desk.set_contact(
            conversation_id=conversation_id,
            visitor_id=visitor_id,
            kind=kind,
            value=kept,
            note=self._texts.desk(f"contact_{kind}"),
            now=self._clock(),
        )

    def contact_problem(self, code: str) -> str:
        """Return the sentence that tells a patient why `leave_contact` raised an error of this code."""
        return self._texts.desk(f"problem_{code}")

    def withdraw_contact(self, *, conversation_id: str, visitor_id: str) -> bool:
        """Delete all contact details of a conversation; False: there were none.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        note = self._texts.desk("contact_withdrawn")
        return self._desk.clear_contacts(
            conversation_id=conversation_id, visitor_id=visitor_id, note=note, now=self._clock()
        )

    def end_talk(self, *, conversation_id: str, visitor_id: str) -> bool:
        """Leave the line, or end the talk with the person; the guide is back. False: there was nothing to end.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        notes = {Speaker.WAITING: self._texts.desk("left_line"), Speaker.HUMAN: self._texts.desk("ended_by_patient")}
        return self._desk.end_by_patient(
            conversation_id=conversation_id, visitor_id=visitor_id, notes=notes, now=self._clock()
        )

    def rate(self, *, conversation_id: str, visitor_id: str, rating: int) -> None:
        """Keep what the patient thought of the newest talk with a person, 1 (bad) to 5 (good).

        Raises:
            FloorError: Code ``not_waiting``: there was no talk with a person.
            LimitError: Code ``rating``: it is not 1 to 5.
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        if rating not in _RATINGS:
            raise LimitError("A rating is 1, 2, 3, 4 or 5.", code="rating")
        self._desk.set_rating(conversation_id=conversation_id, visitor_id=visitor_id, rating=rating)

    def download(self, *, conversation_id: str, visitor_id: str) -> Download:
        """Return the whole conversation as a text file: who said what when, and the sources.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        conversation = self._transcripts.conversation(conversation_id=conversation_id, visitor_id=visitor_id)
        return download_of(conversation, self._messages(conversation_id, visitor_id), texts=self._texts)

    def erase(self, *, conversation_id: str, visitor_id: str) -> dict[str, int]:
        """Erase the conversation and all that hangs on it, for good; return how many rows went from each table.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        return self._transcripts.erase_conversation(
            conversation_id=conversation_id, visitor_id=visitor_id, now=self._clock()
        )

    def erase_person(self, *, visitor_id: str, by: str) -> dict[str, int]:
        """Erase all conversations of a visitor, who may have none; return how many rows went from each table.

        Args:
            by: Who asked for it, for the audit log.
        """
        return self._transcripts.erase_visitor(visitor_id=visitor_id, now=self._clock(), by=Eraser(by))

    def patient_types(self, *, conversation_id: str, visitor_id: str) -> None:
        """Let the person see that the patient writes; call it at most every two seconds.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        self._desk.type_as_patient(conversation_id=conversation_id, visitor_id=visitor_id, now=self._clock())

    def _messages(self, conversation_id: str, visitor_id: str | None, *, after_seq: int = 0) -> list[Message]:
        messages: list[Message] = []
        while True:
            page = self._transcripts.messages(
                conversation_id=conversation_id, visitor_id=visitor_id, after_seq=after_seq, limit=_PAGE_MESSAGES
            )
            messages += page
            if len(page) < _PAGE_MESSAGES:
                return messages
            after_seq = page[-1].seq

    def _view(self, case: Case) -> WaitingView:
        now, state = self._clock(), case.conversation.state
        hours = self._hours_of(case.conversation)
        request = case.requests[0] if case.requests else None
        current = request if request is not None and request.is_open else None
        return WaitingView(
            state=state,
            step=self._step(case, current, now),
            position=case.position,
            since=None if current is None else current.asked_at,
            person=case.staff_name,
            hours=hours.in_words,
            is_open=hours.is_open(now),
            is_overdue=current is not None and current.overdue_at is not None,
            contacts=tuple(contact.kind for contact in case.contacts),
            may_rate=any(
                not other.is_open and other.taken_at is not None and other.rating is None for other in case.requests[:1]
            ),
        )

    def _hours_of(self, conversation: Conversation) -> Hours:
        """Return when people answer there: the partner's hours before the settings'."""
        return hours_of(self._partners.find(conversation.partner_id)) or self._hours

    def _region_of(self, conversation_id: str, visitor_id: str) -> str | None:
        """Return the country whose telephone numbers are meant where none is named."""
        conversation = self._transcripts.conversation(conversation_id=conversation_id, visitor_id=visitor_id)
        partner = self._partners.find(conversation.partner_id)
        return conversation.region or (partner.region if partner is not None else None) or self._region

    def _step(self, case: Case, request: Request | None, now: datetime) -> str:
        state = case.conversation.state
        if state is Speaker.HUMAN:
            return self._texts.desk("step_human", name=case.staff_name or self._texts.desk("somebody"))
        if state is not Speaker.WAITING:
            return ""
        next_time = self._hours_of(case.conversation).next_in_words(now)
        if next_time is not None:
            return self._texts.desk("step_closed", next=next_time)
        if request is not None and request.overdue_at is not None:
            return self._texts.desk("step_overdue")
        return self._texts.desk("step_waiting", position=case.position or 1)
