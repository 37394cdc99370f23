"""The patient's own side of the desk: leaving the line, contact details, a mark for the talk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.db.desk_moves import moved, noted, queue_changed, require_open
from bot.db.desk_rows import close_request, newest_taken_request
from bot.db.desk_tables import CONTACTS
from bot.db.desk_values import Contact, HandoffOutcome
from bot.db.door import Door, guarded, new_id
from bot.db.events import add_event
from bot.db.rows import conversation_row, insert_or_keep
from bot.db.tables import HANDOFF_REQUESTS
from bot.domain import Speaker
from bot.errors import FloorError


class PatientDeskStore(Door):
    """`visitor_id` is the patient who asks: another visitor's conversation does not exist.

    `note` is the line that the transcript gets. Every method raises `NotFoundError` where there is no such
    conversation for this visitor.
    """

    @guarded
    def end_by_patient(
        self, *, conversation_id: str, visitor_id: str, notes: Mapping[Speaker, str], now: datetime
    ) -> bool:
        """Let the patient leave the line or the talk; the bot is back. `notes`: one for WAITING, one for HUMAN.

        Returns:
            False: no person was asked for, and nothing changed.
        """
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id, lock=True)
            state = Speaker(row.state)
            if state not in notes:
                return False
            close_request(connection, conversation_id, outcome=HandoffOutcome.PATIENT_LEFT, now=now)
            moved(connection, row, to=Speaker.BOT, staff_id=None, note=notes[state], now=now)
            return True

    @guarded
    def set_rating(self, *, conversation_id: str, visitor_id: str, rating: int) -> None:
        """Keep what the patient thought of the newest talk with a person, 1 to 5; the newest mark counts.

        Raises:
            FloorError: ``not_waiting``: there was no talk with a person.
        """
        with self._writing() as connection:
            conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id, lock=True)
            request_id = newest_taken_request(connection, conversation_id)
            if request_id is None:
                raise FloorError("There was no talk with a person.", code="not_waiting")
            mine = HANDOFF_REQUESTS.c.id == request_id
            connection.execute(HANDOFF_REQUESTS.update().where(mine).values(rating=rating))

    @guarded
    def set_contact(
        self, *, conversation_id: str, visitor_id: str, kind: str, value: str, note: str, now: datetime
    ) -> Contact:
        """Keep how a patient who waits or talks with a person can be reached, in the place of an earlier one.

        Raises:
            FloorError: ``not_waiting``: no person was asked for, so nobody would use it.
        """
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id, lock=True)
            require_open(row)
            values = {"value": value, "consented_at": now}
            insert = insert_or_keep(connection, CONTACTS).values(
                id=new_id(), conversation_id=conversation_id, kind=kind, **values
            )
            connection.execute(insert.on_conflict_do_update(index_elements=["conversation_id", "kind"], set_=values))
            noted(connection, row, note=note, now=now)
            queue_changed(connection, row, now=now)
        return Contact(kind=kind, value=value, consented_at=now)

    @guarded
    def clear_contacts(self, *, conversation_id: str, visitor_id: str, note: str, now: datetime) -> bool:
        """Delete the contacts of a conversation; False where there were none."""
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id, lock=True)
            mine = CONTACTS.c.conversation_id == conversation_id
            if connection.execute(CONTACTS.delete().where(mine)).rowcount == 0:
                return False
            noted(connection, row, note=note, now=now)
            queue_changed(connection, row, now=now)
            return True

    @guarded
    def type_as_patient(self, *, conversation_id: str, visitor_id: str, now: datetime) -> None:
        """Let the person who owns the conversation see that the patient writes."""
        with self._writing() as connection:
            row = conversation_row(connection, conversation_id=conversation_id, visitor_id=visitor_id)
            if row.state == Speaker.HUMAN:
                detail = {"who": "patient"}
                add_event(connection, conversation_id=conversation_id, kind="typing", detail=detail, now=now)
