"""What staff put beside a conversation: private notes, labels, and up to where they have read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bot.db.door import guarded, new_id
from bot.db.events import add_event
from bot.db.kept import KeptStore, bounded, log_change, one_line, require_one
from bot.db.rows import conversation_row, insert_or_keep
from bot.db.staff import By
from bot.db.staff_tables import CONVERSATION_LABELS, LABELS, NOTES, READS, STAFF
from bot.errors import LimitError, NotFoundError

_MAX_NOTE_CHARS = 4000
_MAX_LABELS = 200


@dataclass(frozen=True, slots=True)
class Note:
    """A private note; patients never see it."""

    id: str
    staff_id: str
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """A word that conversations are sorted by; `conversations` is how many have it, where that was asked."""

    id: str
    name: str
    conversations: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who has read a conversation up to which message, and when last."""

    staff_id: str
    name: str
    seq: int
    read_at: datetime


class BesideStore(KeptStore):
    """Each change stands in the audit log, written in the same transaction; the log holds no note's words.

    Every method raises `NotFoundError` for a conversation that is not there.
    """

    @guarded
    def add_note(self, *, conversation_id: str, text: str, by: By, now: datetime) -> Note:
        """Write a note.

        Raises:
            LimitError: It is empty or too long, or nobody of the staff writes it.
        """
        staff_id, words = _member(by), bounded(text, what="A note", most=_MAX_NOTE_CHARS)
        note_id = new_id()
        with self._writing() as connection:
            conversation_row(connection, conversation_id=conversation_id)
            values = {"id": note_id, "conversation_id": conversation_id, "staff_id": staff_id}
            connection.execute(NOTES.insert().values(**values, text=words, created_at=now))
            log_change(
                connection,
                by=by,
                action="note.added",
                kind="conversation",
                subject_id=conversation_id,
                now=now,
                detail={"note_id": note_id},
            )
            return next(each for each in _notes(connection, conversation_id) if each.id == note_id)

    @guarded
    def notes(self, *, conversation_id: str) -> list[Note]:
        """List the notes, the oldest first."""
        with self._reading() as connection:
            conversation_row(connection, conversation_id=conversation_id)
            return _notes(connection, conversation_id)

    @guarded
    def delete_note(
        self, *, note_id: str, conversation_id: str, by: By, now: datetime, of_others: bool = False
    ) -> None:
        """Delete a note: one's own, with `of_others` (for leads) anybody's.

        Raises:
            NotFoundError: There is none in this conversation, or it is another's.
        """
        mine = (NOTES.c.id == note_id) & (NOTES.c.conversation_id == conversation_id)
        if not of_others:
            mine &= NOTES.c.staff_id == by.staff_id
        with self._writing() as connection:
            require_one(connection.execute(NOTES.delete().where(mine)).rowcount)
            log_change(
                connection,
                by=by,
                action="note.deleted",
                kind="conversation",
                subject_id=conversation_id,
                now=now,
                detail={"note_id": note_id},
            )

    @guarded
    def labels(self) -> list[Label]:
        """List all labels by name, with how many conversations have each."""
        count = func.count(CONVERSATION_LABELS.c.conversation_id).label("conversations")
        query = select(LABELS.c.id, LABELS.c.name, count).outerjoin(CONVERSATION_LABELS).group_by(LABELS.c.id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(func.lower(LABELS.c.name)))
            return [Label(row.id, row.name, row.conversations) for row in rows]

    @guarded
    def labels_of(self, *, conversation_id: str) -> list[Label]:
        """List the labels of a conversation by name."""
        query = select(LABELS.c.id, LABELS.c.name).join(CONVERSATION_LABELS)
        query = query.where(CONVERSATION_LABELS.c.conversation_id == conversation_id)
        with self._reading() as connection:
            conversation_row(connection, conversation_id=conversation_id)
            return [Label(row.id, row.name) for row in connection.execute(query.order_by(func.lower(LABELS.c.name)))]

    @guarded
    def add_label(self, *, name: str, by: By, now: datetime) -> Label:
        """Make a label, or return the one that has this name, whatever its case.

        Raises:
            LimitError: The name is empty or too long, or there are too many labels.
        """
        with self._writing() as connection:
            return _label(connection, name, by, now)

    @guarded
    def delete_label(self, *, label_id: str, by: By, now: datetime) -> None:
        """Delete a label and take it off all conversations.

        Raises:
            NotFoundError: There is no such label.
        """
        mine = CONVERSATION_LABELS.c.label_id == label_id
        with self._writing() as connection:
            count = connection.execute(CONVERSATION_LABELS.delete().where(mine)).rowcount
            require_one(connection.execute(LABELS.delete().where(LABELS.c.id == label_id)).rowcount)
            log_change(
                connection,
                by=by,
                action="label.deleted",
                kind="label",
                subject_id=label_id,
                now=now,
                detail={"conversations": count},
            )

    @guarded
    def put_label(self, *, conversation_id: str, name: str, by: By, now: datetime) -> Label:
        """Put a label on a conversation, making it if there is none of this name; twice is once.

        Raises:
            LimitError: As `add_label`.
        """
        values = {"conversation_id": conversation_id, "staff_id": _member(by), "created_at": now}
        with self._writing() as connection:
            conversation_row(connection, conversation_id=conversation_id)
            label = _label(connection, name, by, now)
            insert = insert_or_keep(connection, CONVERSATION_LABELS).values(label_id=label.id, **values)
            fresh = insert.on_conflict_do_nothing().returning(CONVERSATION_LABELS.c.label_id)
            if connection.execute(fresh).first() is not None:
                log_change(
                    connection,
                    by=by,
                    action="label.put",
                    kind="conversation",
                    subject_id=conversation_id,
                    now=now,
                    detail={"label_id": label.id},
                )
        return label

    @guarded
    def take_label(self, *, conversation_id: str, label_id: str, by: By, now: datetime) -> None:
        """Take a label off a conversation.

        Raises:
            NotFoundError: The conversation has no such label.
        """
        mine = CONVERSATION_LABELS.c.conversation_id == conversation_id
        mine &= CONVERSATION_LABELS.c.label_id == label_id
        with self._writing() as connection:
            require_one(connection.execute(CONVERSATION_LABELS.delete().where(mine)).rowcount)
            log_change(
                connection,
                by=by,
                action="label.taken",
                kind="conversation",
                subject_id=conversation_id,
                now=now,
                detail={"label_id": label_id},
            )

    @guarded
    def mark_read(self, *, conversation_id: str, by: By, now: datetime, is_opening: bool = True) -> int:
        """Say that somebody has read a conversation to its end; return the position of its last message.

        `is_opening` writes it into the audit log; an open page that goes on reading leaves it out. Pages
        hear of it by a ``read`` event when there was anything new.

        Raises:
            LimitError: Nobody of the staff reads.
        """
        staff_id = _member(by)
        with self._writing() as connection:
            seq = int(conversation_row(connection, conversation_id=conversation_id).last_seq)
            mine = (READS.c.conversation_id == conversation_id) & (READS.c.staff_id == staff_id)
            before = connection.execute(select(READS.c.seq).where(mine)).scalar()
            values = {"conversation_id": conversation_id, "staff_id": staff_id, "seq": seq, "read_at": now}
            insert = insert_or_keep(connection, READS).values(values)
            changed = {"seq": seq, "read_at": now}
            connection.execute(
                insert.on_conflict_do_update(index_elements=["conversation_id", "staff_id"], set_=changed)
            )
            if before is None or before < seq:
                add_event(connection, conversation_id=conversation_id, kind="read", detail={}, now=now)
            if is_opening:
                log_change(
                    connection,
                    by=by,
                    action="conversation.read",
                    kind="conversation",
                    subject_id=conversation_id,
                    now=now,
                    detail={"seq": seq},
                )
        return seq

    @guarded
    def readers(self, *, conversation_id: str) -> list[Reader]:
        """List who has read a conversation, the latest first."""
        query = (
            select(READS.c.staff_id, STAFF.c.display_name, READS.c.seq, READS.c.read_at)
            .join(STAFF, STAFF.c.id == READS.c.staff_id)
            .where(READS.c.conversation_id == conversation_id)
            .order_by(READS.c.read_at.desc(), READS.c.staff_id)
        )
        with self._reading() as connection:
            conversation_row(connection, conversation_id=conversation_id)
            return [Reader(row.staff_id, row.display_name, row.seq, row.read_at) for row in connection.execute(query)]


def _member(by: By) -> str:
    if by.staff_id is None:
        raise LimitError("Only a member of staff does that.")
    return by.staff_id


def _notes(connection: Connection, conversation_id: str) -> list[Note]:
    query = (
        select(NOTES, STAFF.c.display_name)
        .join(STAFF, STAFF.c.id == NOTES.c.staff_id)
        .where(NOTES.c.conversation_id == conversation_id)
        .order_by(NOTES.c.created_at, NOTES.c.id)
    )
    return [Note(row.id, row.staff_id, row.display_name, row.text, row.created_at) for row in connection.execute(query)]


def _label(connection: Connection, name: str, by: By, now: datetime) -> Label:
    line = one_line(name, what="A label")
    known = connection.execute(
        select(LABELS.c.id, LABELS.c.name).where(func.lower(LABELS.c.name) == func.lower(line))
    ).first()
    if known is not None:
        return Label(known.id, known.name)
    if connection.execute(select(func.count()).select_from(LABELS)).scalar_one() >= _MAX_LABELS:
        raise LimitError(f"There are {_MAX_LABELS} labels already. Delete some first.")
    label_id = new_id()
    insert = insert_or_keep(connection, LABELS).values(id=label_id, name=line, created_at=now)
    # Somebody else may make the same label at this very moment.
    connection.execute(insert.on_conflict_do_nothing())
    row = connection.execute(select(LABELS.c.id, LABELS.c.name).where(LABELS.c.name == line)).one_or_none()
    if row is None:
        raise NotFoundError("The label was deleted at this moment. Try again.")
    if row.id == label_id:
        log_change(connection, by=by, action="label.added", kind="label", subject_id=label_id, now=now)
    return Label(row.id, row.name)
