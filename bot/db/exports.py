"""Handing out whole lists of transcripts: read piece by piece, so that the longest needs no more memory than a short.

The line in the audit log is on disk before the first row is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.db.door import Door, guarded
from bot.db.kept import log_change
from bot.db.list_values import Filters
from bot.db.lists import place_of_row, rows_of
from bot.db.staff import By
from bot.db.staff_tables import CONVERSATION_LABELS, LABELS
from bot.db.tables import CITATIONS, FEEDBACK, HANDOFF_REQUESTS, MESSAGES, REPLIES

# Conversations whose rows are looked up at once, and whose messages are.
_PAGE, _PIECE = 2000, 50


@dataclass(frozen=True, slots=True)
class ExportedMessage:
    """One line of a transcript; what belongs to a reply is None for the others.

    Attributes:
        text: None where the export goes without words; so is `comment`.
        feedback: 1 or -1.
        section_ids: Cited, in the order of their markers.
    """

    seq: int
    author: str
    created_at: datetime
    text: str | None
    outcome: str | None = None
    reason: str | None = None
    answerer: str | None = None
    confidence: float | None = None
    section_ids: tuple[str, ...] = ()
    feedback: int | None = None
    feedback_reason: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedTalk:
    """One conversation with its transcript."""

    id: str
    state: str
    channel: str
    language: str
    partner_id: str | None
    created_at: datetime
    updated_at: datetime
    is_handed_over: bool
    labels: tuple[str, ...]
    messages: tuple[ExportedMessage, ...]


class ExportStore(Door):
    """Reads lists of any length."""

    @guarded
    def begin(
        self, *, filters: Filters, with_text: bool, file_format: str, by: By, now: datetime
    ) -> Iterator[ExportedTalk]:
        """Write into the audit log what is about to leave, and return the conversations, the newest first.

        Each is as it is when its turn comes; those that begin later are not among them.

        Args:
            with_text: With the (masked) words of patients, of staff and of the bot.
            file_format: For the log, such as ``csv``.
        """
        # What was searched for may be a patient's words.
        asked = {name: word for name, word in filters.pairs().items() if name != "text"}
        detail = {"filters": asked, "searched": bool(filters.text), "with_text": with_text, "format": file_format}
        with self._writing() as connection:
            log_change(
                connection,
                by=by,
                action="transcripts.exported",
                kind="transcripts",
                subject_id="list",
                now=now,
                detail=detail,
            )
        return self._talks(filters, viewer_id=by.staff_id or "", with_text=with_text, now=now)

    def _talks(self, filters: Filters, *, viewer_id: str, with_text: bool, now: datetime) -> Iterator[ExportedTalk]:
        place: str | None = None
        while True:
            rows = self._rows(filters=filters, viewer_id=viewer_id, now=now, older_than=place)
            for start in range(0, len(rows), _PIECE):
                yield from self._piece(rows=rows[start : start + _PIECE], with_text=with_text)
            if len(rows) < _PAGE:
                return
            place = place_of_row(rows[-1])

    @guarded
    def _rows(self, *, filters: Filters, viewer_id: str, now: datetime, older_than: str | None) -> list[Row[Any]]:
        with self._reading() as connection:
            return rows_of(
                connection, filters=filters, viewer_id=viewer_id, now=now, limit=_PAGE, older_than=older_than
            )

    @guarded
    def _piece(self, *, rows: Sequence[Row[Any]], with_text: bool) -> list[ExportedTalk]:
        ids = [row.id for row in rows]
        with self._reading() as connection:
            messages = _messages(connection, ids, with_text=with_text)
            labels = _labels(connection, ids)
            mine = HANDOFF_REQUESTS.c.conversation_id
            handed_over = set(connection.execute(select(mine).where(mine.in_(ids))).scalars())
        # One that was erased since the page was read has no messages left, and is left out.
        return [
            ExportedTalk(
                id=row.id,
                state=row.state,
                channel=row.channel,
                language=row.language,
                partner_id=row.partner_id,
                created_at=row.created_at,
                updated_at=row.updated_at,
                is_handed_over=row.id in handed_over,
                labels=tuple(labels[row.id]),
                messages=messages[row.id],
            )
            for row in rows
            if row.id in messages
        ]


def _messages(connection: Connection, ids: Sequence[str], *, with_text: bool) -> dict[str, tuple[ExportedMessage, ...]]:
    of_message = [MESSAGES.c.id, MESSAGES.c.conversation_id, MESSAGES.c.seq, MESSAGES.c.author, MESSAGES.c.created_at]
    of_reply = [REPLIES.c.outcome, REPLIES.c.reason, REPLIES.c.answerer, REPLIES.c.confidence]
    of_thumb = [FEEDBACK.c.value, FEEDBACK.c.reason.label("why")]
    words = [MESSAGES.c.text, FEEDBACK.c.comment] if with_text else []
    query = (
        select(*of_message, *of_reply, *of_thumb, *words)
        .outerjoin(REPLIES, REPLIES.c.id == MESSAGES.c.id)
        .outerjoin(FEEDBACK, FEEDBACK.c.reply_id == MESSAGES.c.id)
        .where(MESSAGES.c.conversation_id.in_(ids))
        .order_by(MESSAGES.c.conversation_id, MESSAGES.c.seq)
    )
    sections = _sections(connection, ids)
    rows = connection.execute(query).all()
    return {
        conversation_id: tuple(_message(row, sections, with_text=with_text) for row in group)
        for conversation_id, group in groupby(rows, key=attrgetter("conversation_id"))
    }


def _message(row: Row[Any], sections: dict[str, list[str]], *, with_text: bool) -> ExportedMessage:
    return ExportedMessage(
        seq=row.seq,
        author=row.author,
        created_at=row.created_at,
        text=row.text if with_text else None,
        outcome=row.outcome,
        reason=row.reason,
        answerer=row.answerer,
        confidence=row.confidence,
        section_ids=tuple(sections.get(row.id, ())),
        feedback=row.value,
        feedback_reason=row.why,
        comment=row.comment if with_text else None,
    )


def _sections(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    query = (
        select(CITATIONS.c.reply_id, CITATIONS.c.section_id)
        .join(REPLIES, REPLIES.c.id == CITATIONS.c.reply_id)
        .where(REPLIES.c.conversation_id.in_(ids))
        .order_by(CITATIONS.c.reply_id, CITATIONS.c.marker)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query):
        if row.section_id not in found[row.reply_id]:
            found[row.reply_id].append(row.section_id)
    return found


def _labels(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    query = (
        select(CONVERSATION_LABELS.c.conversation_id, LABELS.c.name)
        .join(LABELS, LABELS.c.id == CONVERSATION_LABELS.c.label_id)
        .where(CONVERSATION_LABELS.c.conversation_id.in_(ids))
        .order_by(LABELS.c.name)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.conversation_id].append(row.name)
    return found
