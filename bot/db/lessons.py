"""What reviews teach: cases of the question set, and notes for the author of the guide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from bot.db.door import Door, guarded, new_id
from bot.db.kept import log_change, one_line, require_one
from bot.db.review_tables import LESSONS
from bot.db.review_values import Lesson
from bot.db.staff import By
from bot.db.staff_tables import STAFF
from bot.db.tables import REPLIES
from bot.domain import Outcome
from bot.errors import LimitError, NotFoundError

KINDS = ("case", "note")
MAX_TEXT_CHARS = 4000
_MAX_TURNS = 20
_MAX_SECTIONS = 20
_LISTED = 500


class LessonStore(Door):
    """Each change and each export stands in the audit log, written in the same transaction.

    Lessons hold (masked) words of patients and go with their conversations.
    """

    @guarded
    def add(
        self,
        *,
        kind: str,
        reply_id: str,
        turns: Sequence[str],
        text: str,
        by: By,
        now: datetime,
        expect: Sequence[str] = (),
        section_ids: Sequence[str] = (),
    ) -> str:
        """Keep a lesson and return its id.

        Raises:
            LimitError: It has no turns, a case no outcome, a note no text, something is too long, or nobody of the
                staff writes it.
            NotFoundError: There is no such reply.
        """
        if by.staff_id is None or kind not in KINDS:
            raise LimitError("Members of staff keep cases and notes.")
        values = _values(kind, turns, text, expect, section_ids)
        lesson_id = new_id()
        with self._writing() as connection:
            found = connection.execute(select(REPLIES.c.conversation_id).where(REPLIES.c.id == reply_id)).scalar()
            if found is None:
                raise NotFoundError("There is no such reply.")
            of = {"conversation_id": found, "reply_id": reply_id, "staff_id": by.staff_id, "created_at": now}
            connection.execute(LESSONS.insert().values(id=lesson_id, kind=kind, **of, **values))
            detail = {"kind": kind, "conversation_id": found, "reply_id": reply_id}
            log_change(
                connection, by=by, action="lesson.added", kind="lesson", subject_id=lesson_id, now=now, detail=detail
            )
        return lesson_id

    @guarded
    def lessons(self, *, kind: str, reply_id: str | None = None) -> list[Lesson]:
        """List the newest lessons of a kind, the newest first; `reply_id`: only those of this reply."""
        query = _lessons().where(LESSONS.c.kind == kind)
        if reply_id is not None:
            query = query.where(LESSONS.c.reply_id == reply_id)
        newest = query.order_by(LESSONS.c.created_at.desc(), LESSONS.c.id.desc()).limit(_LISTED)
        with self._reading() as connection:
            return [_lesson(row) for row in connection.execute(newest)]

    @guarded
    def lesson_counts(self) -> dict[str, int]:
        """Count the lessons of each kind."""
        query = select(LESSONS.c.kind, func.count().label("number")).group_by(LESSONS.c.kind)
        with self._reading() as connection:
            found = {row.kind: row.number for row in connection.execute(query)}
        return {kind: found.get(kind, 0) for kind in KINDS}

    @guarded
    def export(self, *, kind: str, by: By, now: datetime) -> list[Lesson]:
        """Read all lessons of a kind to hand them out, the oldest first, and write that into the audit log."""
        query = _lessons().where(LESSONS.c.kind == kind).order_by(LESSONS.c.created_at, LESSONS.c.id)
        with self._writing() as connection:
            found = [_lesson(row) for row in connection.execute(query)]
            detail = {"kind": kind, "count": len(found)}
            log_change(
                connection, by=by, action="lessons.exported", kind="lessons", subject_id=kind, now=now, detail=detail
            )
        return found

    @guarded
    def delete(self, *, lesson_id: str, by: By, now: datetime, of_others: bool = False) -> None:
        """Delete a lesson: one's own, with `of_others` (for leads) anybody's.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        mine = LESSONS.c.id == lesson_id
        if not of_others:
            mine &= LESSONS.c.staff_id == by.staff_id
        with self._writing() as connection:
            require_one(connection.execute(LESSONS.delete().where(mine)).rowcount)
            log_change(connection, by=by, action="lesson.deleted", kind="lesson", subject_id=lesson_id, now=now)


def _values(
    kind: str, turns: Sequence[str], text: str, expect: Sequence[str], section_ids: Sequence[str]
) -> dict[str, Any]:
    said = [" ".join(turn.split()) for turn in turns if turn.strip()]
    words = text.strip()
    sections = [one_line(each, what="A section's id") for each in section_ids if each.strip()]
    if not 0 < len(said) <= _MAX_TURNS or max(map(len, [*said, words])) > MAX_TEXT_CHARS:
        raise LimitError(f"1 to {_MAX_TURNS} messages are needed, of at most {MAX_TEXT_CHARS} characters each.")
    if kind == "note" and not words:
        raise LimitError("Say what the author of the guide should know.")
    if kind == "case" and (not expect or not set(expect) <= set(Outcome)):
        raise LimitError("Choose what kind of reply is right.")
    if len(sections) > _MAX_SECTIONS:
        raise LimitError(f"At most {_MAX_SECTIONS} sections can be named.")
    outcomes = list(expect) if kind == "case" else []
    return {"question": said[-1], "turns": said, "text": words, "expect": outcomes, "section_ids": sections}


def _lessons() -> Select[Any]:
    return select(LESSONS, STAFF.c.display_name).join(STAFF, STAFF.c.id == LESSONS.c.staff_id)


def _lesson(row: Row[Any]) -> Lesson:
    return Lesson(
        id=row.id,
        reply_id=row.reply_id,
        staff_id=row.staff_id,
        author=row.display_name,
        kind=row.kind,
        turns=tuple(row.turns),
        text=row.text,
        expect=tuple(row.expect),
        section_ids=tuple(row.section_ids),
        created_at=row.created_at,
    )
