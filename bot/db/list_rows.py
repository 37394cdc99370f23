"""What the list shows beside each conversation, read for a whole page at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from bot.db.list_values import Listed
from bot.db.review_tables import REVIEWS
from bot.db.search_words import Piece, Term, holds, snippet_of
from bot.db.staff_tables import CONVERSATION_LABELS, LABELS, NOTES, READS
from bot.db.tables import FEEDBACK, HANDOFF_REQUESTS, MESSAGES, REPLIES
from bot.domain import Author, Outcome, Speaker

_OPENING_CHARS = 200
# So many messages of a page are looked through for what was searched; more only where conversations are very long.
_MESSAGES = 3000


def listed_rows(
    connection: Connection, rows: Sequence[Row[Any]], *, viewer_id: str, terms: Sequence[Term]
) -> tuple[Listed, ...]:
    """Read what the list shows of these conversations."""
    ids = [row.id for row in rows]
    if not ids:
        return ()
    beside = _Beside(connection, ids, viewer_id, terms)
    return tuple(beside.listed(row) for row in rows)


class _Beside:
    def __init__(self, connection: Connection, ids: list[str], viewer_id: str, terms: Sequence[Term]) -> None:
        self._openings = _openings(connection, ids)
        self._outcomes = _outcomes(connection, ids)
        self._thumbs = _thumbs(connection, ids)
        self._labels = _labels(connection, ids)
        self._notes = _counts(connection, NOTES, ids)
        self._reviewed = _counts(connection, REVIEWS, ids, REVIEWS.c.state == "done")
        self._handed_over = _counts(connection, HANDOFF_REQUESTS, ids)
        self._read = _read(connection, ids, viewer_id)
        self._snippets = _snippets(connection, ids, terms)

    def listed(self, row: Row[Any]) -> Listed:
        up, down, comments = self._thumbs.get(row.id, (0, 0, 0))
        seq, snippet = self._snippets.get(row.id, (None, ()))
        return Listed(
            id=row.id,
            state=Speaker(row.state),
            channel=row.channel,
            language=row.language,
            created_at=row.created_at,
            updated_at=row.updated_at,
            messages=row.last_seq,
            partner_id=row.partner_id,
            opening=self._openings.get(row.id, ""),
            outcomes=tuple(outcome for outcome in Outcome if outcome in self._outcomes[row.id]),
            thumbs_up=up,
            thumbs_down=down,
            has_comment=comments > 0,
            labels=tuple(self._labels[row.id]),
            notes=self._notes.get(row.id, 0),
            is_reviewed=row.id in self._reviewed,
            is_handed_over=row.id in self._handed_over,
            is_unread=self._read.get(row.id, 0) < row.last_seq,
            snippet=snippet,
            snippet_seq=seq,
        )


def _openings(connection: Connection, ids: list[str]) -> dict[str, str]:
    first = (
        select(func.min(MESSAGES.c.seq).label("seq"), MESSAGES.c.conversation_id)
        .where(MESSAGES.c.conversation_id.in_(ids), MESSAGES.c.author == Author.PATIENT)
        .group_by(MESSAGES.c.conversation_id)
        .subquery()
    )
    query = select(MESSAGES.c.conversation_id, func.substr(MESSAGES.c.text, 1, _OPENING_CHARS + 1).label("text"))
    query = query.join(first, (first.c.conversation_id == MESSAGES.c.conversation_id) & (first.c.seq == MESSAGES.c.seq))
    return {row.conversation_id: _cut(row.text) for row in connection.execute(query)}


def _cut(opening: str) -> str:
    line = " ".join(opening.split())
    return line if len(opening) <= _OPENING_CHARS else line[:_OPENING_CHARS] + "…"


def _outcomes(connection: Connection, ids: list[str]) -> dict[str, set[str]]:
    query = select(REPLIES.c.conversation_id, REPLIES.c.outcome).where(REPLIES.c.conversation_id.in_(ids)).distinct()
    found: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.conversation_id].add(row.outcome)
    return found


def _thumbs(connection: Connection, ids: list[str]) -> dict[str, tuple[int, int, int]]:
    query = (
        select(
            REPLIES.c.conversation_id,
            func.sum(case((FEEDBACK.c.value == 1, 1), else_=0)).label("up"),
            func.sum(case((FEEDBACK.c.value == -1, 1), else_=0)).label("down"),
            func.count(FEEDBACK.c.comment).label("comments"),
        )
        .join(FEEDBACK, FEEDBACK.c.reply_id == REPLIES.c.id)
        .where(REPLIES.c.conversation_id.in_(ids))
        .group_by(REPLIES.c.conversation_id)
    )
    return {row.conversation_id: (int(row.up), int(row.down), row.comments) for row in connection.execute(query)}


def _labels(connection: Connection, ids: list[str]) -> dict[str, list[str]]:
    query = (
        select(CONVERSATION_LABELS.c.conversation_id, LABELS.c.name)
        .join(LABELS, LABELS.c.id == CONVERSATION_LABELS.c.label_id)
        .where(CONVERSATION_LABELS.c.conversation_id.in_(ids))
        .order_by(func.lower(LABELS.c.name))
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.conversation_id].append(row.name)
    return found


def _counts(connection: Connection, table: Any, ids: list[str], *conditions: Any) -> dict[str, int]:
    mine = table.c.conversation_id
    query = select(mine, func.count().label("rows")).where(mine.in_(ids), *conditions).group_by(mine)
    return {row.conversation_id: row.rows for row in connection.execute(query)}


def _read(connection: Connection, ids: list[str], viewer_id: str) -> dict[str, int]:
    query = select(READS.c.conversation_id, READS.c.seq).where(
        READS.c.conversation_id.in_(ids), READS.c.staff_id == viewer_id
    )
    return {row.conversation_id: row.seq for row in connection.execute(query)}


def _snippets(
    connection: Connection, ids: list[str], terms: Sequence[Term]
) -> dict[str, tuple[int | None, tuple[Piece, ...]]]:
    """Cut a snippet out of the message of each conversation that holds the most of the terms."""
    wanted = [term for term in terms if not term.is_excluded]
    if not wanted:
        return {}
    query = select(MESSAGES.c.conversation_id, MESSAGES.c.seq, MESSAGES.c.text)
    query = query.where(MESSAGES.c.conversation_id.in_(ids)).order_by(MESSAGES.c.conversation_id, MESSAGES.c.seq)
    best: dict[str, tuple[int, Row[Any]]] = {}
    rows: Iterable[Row[Any]] = connection.execute(query.limit(_MESSAGES))
    for row in rows:
        most = best.get(row.conversation_id, (0, row))[0]
        # Nothing beats a message that holds all of them.
        count = 0 if most == len(wanted) else sum(holds(row.text, term) for term in wanted)
        if count > most:
            best[row.conversation_id] = (count, row)
    return dict(_cut_out(best.values(), wanted))


def _cut_out(
    found: Iterable[tuple[int, Row[Any]]], terms: Sequence[Term]
) -> Iterable[tuple[str, tuple[int | None, tuple[Piece, ...]]]]:
    for _, row in found:
        yield row.conversation_id, (row.seq, snippet_of(row.text, terms) or ())
