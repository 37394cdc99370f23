"""The desk: who waits, who owns a conversation, and every change of that, each with its note to the patient.

A change of owner, the line of the transcript that tells of it and the events that open pages hear of are one
transaction: all of it is on disk when the method returns, or none of it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from bot.db.audit import record_audit
from bot.db.desk_moves import moved, noted, queue_changed, require_open
from bot.db.desk_patient import PatientDeskStore
from bot.db.desk_rows import (
    case_from,
    close_request,
    flagged_rows,
    flags_since,
    name_of,
    open_request,
    queue_entry,
    queue_rows,
    require_colleague,
    require_owner,
    require_unowned,
)
from bot.db.desk_values import Case, HandoffOutcome, Queue, RequestReason
from bot.db.door import guarded, new_id
from bot.db.events import add_event
from bot.db.rows import append_message, conversation_from, conversation_row, one_message, sent_before
from bot.db.tables import CONVERSATIONS, HANDOFF_REQUESTS, MESSAGES
from bot.domain import Author, Conversation, Message, Speaker
from bot.errors import NotFoundError


class DeskStore(PatientDeskStore):
    """Requests for a person and the talks they lead to, as staff see them.

    `note` is the line that the transcript gets. Every method raises `NotFoundError` where there is no such
    conversation.
    """

    @guarded
    def queue(self, *, flagged_since: datetime) -> Queue:
        """Read who waits, who talks with whom, and in which talks with the bot somebody may be in danger."""
        with self._reading() as connection:
            flags = flags_since(connection, flagged_since)
            entries = [queue_entry(row, flags) for row in connection.execute(queue_rows())]
            flagged = [queue_entry(row, flags) for row in connection.execute(flagged_rows(flagged_since))]
        newest = {entry.conversation_id: entry for entry in flagged}
        return Queue(
            waiting=tuple(entry for entry in entries if entry.state is Speaker.WAITING),
            with_person=tuple(entry for entry in entries if entry.state is Speaker.HUMAN),
            flagged=tuple(sorted(newest.values(), key=lambda entry: entry.asked_at, reverse=True)),
        )

    @guarded
    def case(self, *, conversation_id: str, visitor_id: str | None = None) -> Case:
        """Read who owns a conversation, its requests and its contacts."""
        with self._reading() as connection:
            return case_from(
                connection, conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id)
            )

    @guarded
    def take(
        self, *, conversation_id: str, staff_id: str, display_name: str, note: str, now: datetime, start: bool = False
    ) -> Conversation:
        """Make a member of staff the owner of a conversation that waits; of several at once exactly one gets it.

        Whoever has it already keeps it, and nothing is written a second time. With `start` a conversation with the
        bot, or a closed one, is taken too; the request then says that it was staff's own wish.

        Raises:
            FloorError: ``taken``, with the owner's name, or ``not_waiting``.
        """
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, lock=True)
            if row.state == Speaker.HUMAN and row.staff_id == staff_id:
                return conversation_from(row)
            require_unowned(connection, row, start=start)
            request_id = open_request(connection, conversation_id)
            if request_id is None:
                request_id = _add_request(connection, conversation_id, RequestReason.STAFF, now)
            _request_taken(connection, request_id, staff_id, now)
            taken = moved(
                connection, row, to=Speaker.HUMAN, staff_id=staff_id, note=note, display_name=display_name, now=now
            )
            action = "started" if start and row.state != Speaker.WAITING else "taken"
            _audited(connection, row, action, staff_id=staff_id, actor=display_name, now=now)
            return taken

    @guarded
    def say(
        self,
        *,
        conversation_id: str,
        staff_id: str,
        text: str,
        client_message_id: str,
        now: datetime,
        display_name: str | None = None,
    ) -> Message:
        """Write what the owner says; a second call with the same `client_message_id` returns the first message.

        Raises:
            FloorError: ``not_yours``, with the owner's name.
        """
        # In a space of its own: what a patient's page sends as an id can never stand for a line of staff.
        own_id = f"staff:{staff_id}:{client_message_id}"
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, lock=True)
            message_id = sent_before(connection, conversation_id=conversation_id, client_message_id=own_id)
            if message_id is None:
                require_owner(connection, row, staff_id)
                message_id = new_id()
                append_message(
                    connection,
                    conversation=row,
                    message_id=message_id,
                    author=Author.STAFF,
                    text=text,
                    now=now,
                    client_message_id=own_id,
                    display_name=display_name or name_of(connection, staff_id),
                )
            return one_message(connection, message_id=message_id)

    @guarded
    def give(
        self,
        *,
        conversation_id: str,
        staff_id: str,
        actor: str,
        to_staff_id: str,
        display_name: str,
        note: str,
        now: datetime,
        is_lead: bool = False,
    ) -> Conversation:
        """Make a colleague the owner: the owner hands a talk on, a lead assigns any that waits or runs.

        `actor` is the name of who gives it, `display_name` that of the colleague.

        Raises:
            FloorError: ``not_yours`` without `is_lead`; ``not_waiting``: nobody asked for a person.
            NotFoundError: The colleague is not there, is switched off, or may not talk to patients.
        """
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, lock=True)
            require_open(row)
            if not is_lead:
                require_owner(connection, row, staff_id)
            require_colleague(connection, to_staff_id)
            request_id = open_request(connection, conversation_id)
            if request_id is not None:
                _request_taken(connection, request_id, to_staff_id, now)
            given = moved(
                connection, row, to=Speaker.HUMAN, staff_id=to_staff_id, note=note, display_name=display_name, now=now
            )
            action, detail = "assigned" if is_lead else "handed_on", {"to": to_staff_id}
            _audited(connection, row, action, staff_id=staff_id, actor=actor, now=now, detail=detail)
            return given

    @guarded
    def finish(
        self,
        *,
        conversation_id: str,
        staff_id: str,
        actor: str,
        to: Speaker,
        outcome: HandoffOutcome,
        note: str,
        now: datetime,
        is_lead: bool = False,
    ) -> Conversation:
        """Give a talk back to the bot, or close it; anybody of the staff may end one that still waits.

        Raises:
            FloorError: ``not_yours`` without `is_lead`; ``not_waiting``: there is nothing to end.
        """
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, lock=True)
            require_open(row)
            if row.state == Speaker.HUMAN and not is_lead:
                require_owner(connection, row, staff_id)
            close_request(connection, conversation_id, outcome=outcome, now=now)
            finished = moved(connection, row, to=to, staff_id=None, note=note, now=now)
            action = "closed" if to is Speaker.CLOSED else "released"
            _audited(
                connection, row, action, staff_id=staff_id, actor=actor, now=now, detail={"outcome": outcome.value}
            )
            return finished

    @guarded
    def mark_overdue(
        self,
        *,
        asked_before: datetime,
        note: str,
        now: datetime,
        partner_id: str | None = None,
        but_of: Sequence[str] = (),
        limit: int = 100,
    ) -> list[str]:
        """Tell those who have waited since before `asked_before` so, each once; of several processes one does it.

        Args:
            partner_id: Only in this partner's conversations; None: in all.
            but_of: Partners whose conversations are left out.

        Returns:
            The conversations that were told.
        """
        late = (
            select(HANDOFF_REQUESTS.c.conversation_id)
            .join(CONVERSATIONS, CONVERSATIONS.c.id == HANDOFF_REQUESTS.c.conversation_id)
            .where(
                HANDOFF_REQUESTS.c.state == "open",
                HANDOFF_REQUESTS.c.overdue_at.is_(None),
                HANDOFF_REQUESTS.c.created_at <= asked_before,
                CONVERSATIONS.c.state == Speaker.WAITING,
            )
            .order_by(HANDOFF_REQUESTS.c.created_at)
            .limit(limit)
        )
        if partner_id is not None:
            late = late.where(CONVERSATIONS.c.partner_id == partner_id)
        if but_of:
            others = CONVERSATIONS.c.partner_id.is_(None) | CONVERSATIONS.c.partner_id.not_in(but_of)
            late = late.where(others)
        with self._reading() as connection:
            candidates = list(connection.execute(late).scalars())
        return [candidate for candidate in candidates if self._told(candidate, note, now)]

    @guarded
    def mark_unanswered(self, *, silent_before: datetime, note: str, now: datetime, limit: int = 100) -> list[str]:
        """Tell the patients whose person has left them without an answer since `silent_before`.

        The note is then the newest line, so it comes once for each time that the patient has written.

        Returns:
            The conversations that were told.
        """
        unanswered = _unanswered(silent_before).order_by(MESSAGES.c.created_at).limit(limit)
        with self._reading() as connection:
            candidates = list(connection.execute(unanswered).scalars())
        return [candidate for candidate in candidates if self._told_unanswered(candidate, silent_before, note, now)]

    @guarded
    def type_as_staff(self, *, conversation_id: str, staff_id: str, display_name: str, now: datetime) -> None:
        """Let the patient see that the owner writes; from anybody else it is nothing."""
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id)
            if row.state == Speaker.HUMAN and row.staff_id == staff_id:
                detail = {"who": "staff", "name": display_name}
                add_event(connection, conversation_id=conversation_id, kind="typing", detail=detail, now=now)

    def _told_unanswered(self, conversation_id: str, silent_before: datetime, note: str, now: datetime) -> bool:
        with self._writing() as connection:
            try:
                row = conversation_row(connection, conversation_id=conversation_id, lock=True)
            except NotFoundError:  # erased a moment ago
                return False
            still = _unanswered(silent_before).where(CONVERSATIONS.c.id == conversation_id)
            if connection.execute(still).first() is None:
                return False
            noted(connection, row, note=note, now=now)
            queue_changed(connection, row, now=now)
            return True

    def _told(self, conversation_id: str, note: str, now: datetime) -> bool:
        with self._writing() as connection:
            try:
                row = conversation_row(connection, conversation_id=conversation_id, lock=True)
            except NotFoundError:  # erased a moment ago
                return False
            mine = (HANDOFF_REQUESTS.c.conversation_id == conversation_id) & (HANDOFF_REQUESTS.c.state == "open")
            still = HANDOFF_REQUESTS.update().where(mine, HANDOFF_REQUESTS.c.overdue_at.is_(None))
            if row.state != Speaker.WAITING or connection.execute(still.values(overdue_at=now)).rowcount == 0:
                return False
            noted(connection, row, note=note, now=now)
            queue_changed(connection, row, now=now)
            return True


def _unanswered(silent_before: datetime) -> Select[Any]:
    newest = (MESSAGES.c.conversation_id == CONVERSATIONS.c.id) & (MESSAGES.c.seq == CONVERSATIONS.c.last_seq)
    return (
        select(CONVERSATIONS.c.id)
        .join(MESSAGES, newest)
        .where(
            CONVERSATIONS.c.state == Speaker.HUMAN,
            MESSAGES.c.author == Author.PATIENT,
            MESSAGES.c.created_at <= silent_before,
        )
    )


def _add_request(connection: Connection, conversation_id: str, reason: str, now: datetime) -> str:
    request_id = new_id()
    connection.execute(
        HANDOFF_REQUESTS.insert().values(
            id=request_id, conversation_id=conversation_id, reason=reason, state="open", created_at=now
        )
    )
    return request_id


def _request_taken(connection: Connection, request_id: str, staff_id: str, now: datetime) -> None:
    # When a person first came is what the waiting time ends with, whoever it is now.
    first = func.coalesce(HANDOFF_REQUESTS.c.taken_at, now)
    mine = HANDOFF_REQUESTS.c.id == request_id
    connection.execute(HANDOFF_REQUESTS.update().where(mine).values(staff_id=staff_id, taken_at=first))


def _audited(
    connection: Connection,
    row: Row[Any],
    action: str,
    *,
    staff_id: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, str] | None = None,
) -> None:
    record_audit(
        connection,
        staff_id=staff_id,
        actor=actor,
        action=f"conversation.{action}",
        subject_kind="conversation",
        subject_id=row.id,
        detail=detail,
        now=now,
    )
