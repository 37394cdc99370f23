"""Each filter of the transcript list as SQL, in two forms.

The condition is asked of one conversation after the other in a walk from the newest on: quick where
many conversations fulfil it. The source lists the conversations that fulfil it: quick where few do.
`bot.db.lists` looks which of both is the case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, select

from bot.db.list_values import NO_PARTNER, Filters, Thumbs
from bot.db.review_tables import REVIEWS
from bot.db.search import conversations_with, found_where, has_term
from bot.db.search_words import terms_of
from bot.db.staff_tables import CONVERSATION_LABELS, NOTES, READS
from bot.db.tables import CONVERSATIONS, FEEDBACK, HANDOFF_REQUESTS, REPLIES

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Part:
    """One filter: its condition, and its source of ids where there is a quick one."""

    condition: Condition
    source: Select[Any] | None = None


def span_of(filters: Filters, *, now: datetime) -> list[Condition]:
    """Return the conditions on when a conversation began; they bound the walk itself."""
    begun = CONVERSATIONS.c.created_at
    found: list[Condition] = []
    if filters.since is not None:
        found.append(begun >= _midnight(filters.since))
    if filters.days is not None:
        found.append(begun >= now - timedelta(days=filters.days))
    if filters.until is not None and filters.until < date.max:
        found.append(begun < _midnight(filters.until + timedelta(days=1)))
    return found


def parts_of(filters: Filters, *, viewer_id: str, dialect: str) -> list[Part]:
    """Return all filters but those on when it began; `viewer_id` is the one whose reading `unread` means."""
    return [
        *_of_row(filters),
        *_of_replies(filters),
        *_of_feedback(filters.feedback),
        *_of_staff(filters, viewer_id),
        *_of_text(filters.text, dialect),
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _of_row(filters: Filters) -> Iterator[Part]:
    columns = CONVERSATIONS.c
    if filters.state is not None:
        condition: Condition = columns.state == filters.state
        yield Part(condition, select(columns.id).where(condition))
    if filters.partner is not None:
        condition = (
            columns.partner_id.is_(None) if filters.partner == NO_PARTNER else columns.partner_id == filters.partner
        )
        yield Part(condition, select(columns.id).where(condition))
    if filters.channel is not None:
        yield Part(columns.channel == filters.channel)
    if filters.language is not None:
        yield Part(columns.language == filters.language)


def _of_replies(filters: Filters) -> Iterator[Part]:
    wanted = {
        REPLIES.c.outcome: filters.outcome,
        REPLIES.c.reason: filters.reason,
        REPLIES.c.answerer: filters.answerer,
    }
    conditions = [column == value for column, value in wanted.items() if value is not None]
    if conditions:
        is_listed = filters.outcome is not None or filters.reason is not None
        source = select(REPLIES.c.conversation_id).where(*conditions) if is_listed else None
        yield Part(found_where(_mine(REPLIES), *conditions), source)


def _of_feedback(thumbs: Thumbs | None) -> Iterator[Part]:
    if thumbs is None:
        return
    given = {Thumbs.UP: FEEDBACK.c.value == 1, Thumbs.DOWN: FEEDBACK.c.value == -1}
    kind = given.get(thumbs, FEEDBACK.c.comment.is_not(None) if thumbs == Thumbs.COMMENT else FEEDBACK.c.value != 0)
    on_reply = and_(FEEDBACK.c.reply_id == REPLIES.c.id, kind)
    found = found_where(_mine(REPLIES), on_reply)
    if thumbs == Thumbs.NONE:
        yield Part(not_(found))
    else:
        yield Part(found, select(REPLIES.c.conversation_id).where(on_reply))


def _of_staff(filters: Filters, viewer_id: str) -> Iterator[Part]:
    if filters.label is not None:
        labelled = CONVERSATION_LABELS.c.label_id == filters.label
        yield _told(CONVERSATION_LABELS, True, labelled)
    if filters.reviewed is not None:
        yield _told(REVIEWS, filters.reviewed, REVIEWS.c.state == "done")
    if filters.handed_over is not None:
        yield _told(HANDOFF_REQUESTS, filters.handed_over)
    if filters.noted is not None:
        yield _told(NOTES, filters.noted)
    if filters.unread is not None:
        read = and_(READS.c.staff_id == viewer_id, READS.c.seq >= CONVERSATIONS.c.last_seq)
        has_read = found_where(_mine(READS), read)
        yield Part(not_(has_read) if filters.unread else has_read)


def _of_text(typed: str, dialect: str) -> Iterator[Part]:
    for term in terms_of(typed):
        condition = has_term(term, dialect=dialect)
        if term.is_excluded:
            yield Part(not_(condition))
        else:
            yield Part(condition, conversations_with(term, dialect=dialect))


def _told(table: Any, wanted: bool, *conditions: Condition) -> Part:
    """Ask for conversations with a row in a table that refers to them, or without one."""
    found = found_where(_mine(table), *conditions)
    return Part(found, select(table.c.conversation_id).where(*conditions)) if wanted else Part(not_(found))


def _mine(table: Any) -> Condition:
    mine: Condition = table.c.conversation_id == CONVERSATIONS.c.id
    return mine
