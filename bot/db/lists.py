"""The list of transcripts: filtered, searched, page by page from the newest on.

A page costs little however many conversations there are. Where one of the filters fits few of them,
those few are looked at; where all fit many, a walk from the newest on soon has its page full.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text, tuple_

from bot.db.door import Door, guarded
from bot.db.list_filters import Part, parts_of, span_of
from bot.db.list_rows import listed_rows
from bot.db.list_values import Choices, Count, Filters, Page
from bot.db.search_words import terms_of
from bot.db.staff_tables import LABELS
from bot.db.tables import CONVERSATIONS
from bot.errors import LimitError

# Of so few conversations it is quicker to look at each than to walk: `benchmarks.transcripts`.
FEW = 5000
# Up to here conversations are counted one by one.
COUNTED = 1000
_RECENT = 5000

# Each value once, by jumping from one to the next in the index instead of reading all rows.
_DISTINCT = (
    "WITH RECURSIVE found(value) AS (SELECT min({column}) FROM {table} UNION ALL "
    "SELECT (SELECT min({column}) FROM {table} WHERE {column} > found.value) FROM found "
    "WHERE found.value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL"
)

_BEGUN, _ID = CONVERSATIONS.c.created_at, CONVERSATIONS.c.id
_ORDER = tuple_(_BEGUN, _ID)


class ListStore(Door):
    """Reads only; `viewer_id` is the member of staff who asks, `now` what relative dates count from."""

    @guarded
    def page(
        self, *, filters: Filters, viewer_id: str, now: datetime, limit: int = 50, older_than: str | None = None
    ) -> Page:
        """Read one page, the newest conversation first.

        Conversations that begin while somebody pages do not move those that are listed.

        Args:
            older_than: `Page.older` of the page before.

        Raises:
            LimitError: `older_than` is none of ours.
        """
        with self._reading() as connection:
            rows = rows_of(
                connection, filters=filters, viewer_id=viewer_id, now=now, limit=limit + 1, older_than=older_than
            )
            shown = rows[:limit]
            listed = listed_rows(connection, shown, viewer_id=viewer_id, terms=terms_of(filters.text))
        return Page(rows=listed, older=place_of_row(shown[-1]) if len(rows) > limit else None)

    @guarded
    def count(self, *, filters: Filters, viewer_id: str, now: datetime) -> Count:
        """Count the conversations of a list; beyond a thousand, estimate from how dense the newest thousand lie."""
        with self._reading() as connection:
            query = _query(connection, filters=filters, viewer_id=viewer_id, now=now)
            if query is None:
                return Count(0, is_exact=True)
            found = connection.execute(_newest_first(query.with_only_columns(_BEGUN, _ID)).limit(COUNTED + 1)).all()
            if len(found) <= COUNTED:
                return Count(len(found), is_exact=True)
            everything = select(func.count()).select_from(CONVERSATIONS).where(*span_of(filters, now=now))
            total = connection.execute(everything).scalar_one()
            walked = connection.execute(
                everything.where(_at(found[-1].created_at, found[-1].id) <= _ORDER)
            ).scalar_one()
        return Count(max(len(found), round(len(found) * total / max(walked, 1))), is_exact=False)

    @guarded
    def choices(self) -> Choices:
        """Read what the filters can be set to; languages and channels are those of the newest conversations."""
        with self._reading() as connection:
            labels = connection.execute(select(LABELS.c.id, LABELS.c.name).order_by(func.lower(LABELS.c.name))).all()
            return Choices(
                reasons=_distinct(connection, "replies", "reason"),
                partners=_distinct(connection, "conversations", "partner_id"),
                channels=_recent(connection, CONVERSATIONS.c.channel),
                languages=_recent(connection, CONVERSATIONS.c.language),
                labels=tuple((row.id, row.name) for row in labels),
            )


def rows_of(
    connection: Connection,
    *,
    filters: Filters,
    viewer_id: str,
    now: datetime,
    limit: int,
    older_than: str | None = None,
) -> list[Row[Any]]:
    """Read rows of conversations that pass the filters, the newest first, from `older_than` on."""
    query = _query(connection, filters=filters, viewer_id=viewer_id, now=now)
    if query is None:
        return []
    if older_than is not None:
        query = query.where(_at(*_read_place(older_than)) > _ORDER)
    return list(connection.execute(_newest_first(query).limit(limit)))


def place_of_row(row: Row[Any]) -> str:
    """Name a place in the list, which stays there even when the conversation is erased."""
    return f"{row.created_at.isoformat()}~{row.id}"


def _query(connection: Connection, *, filters: Filters, viewer_id: str, now: datetime) -> Select[Any] | None:
    """Select the conversations that pass; None: there are none."""
    parts = parts_of(filters, viewer_id=viewer_id, dialect=connection.dialect.name)
    query = select(CONVERSATIONS).where(*span_of(filters, now=now))
    few = _smallest(connection, parts)
    if few is None:
        return query.where(*(part.condition for part in parts))
    driver, ids = few
    if not ids:
        return None
    return query.where(_ID.in_(ids), *(part.condition for part in parts if part is not driver))


def _smallest(connection: Connection, parts: list[Part]) -> tuple[Part, list[str]] | None:
    """Find the filter that fits the fewest conversations, if they are few."""
    best: tuple[Part, list[str]] | None = None
    bound = FEW + 1
    for part in parts:
        if part.source is None:
            continue
        found = connection.execute(part.source.limit(bound)).scalars().all()
        if len(found) < bound:
            best, bound = (part, list(set(found))), max(len(found), 1)
    return best


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(_BEGUN.desc(), _ID.desc())


def _at(created_at: datetime, conversation_id: str) -> Any:
    return tuple_(created_at, conversation_id, types=[column.type for column in _ORDER.clauses])


def _read_place(place: str) -> tuple[datetime, str]:
    moment, _, conversation_id = place.partition("~")
    try:
        created_at = datetime.fromisoformat(moment)
    except ValueError:
        created_at = None
    if created_at is None or created_at.tzinfo is None or not conversation_id:
        raise LimitError("That is no place in the list. Begin at its start.")
    return created_at, conversation_id


def _distinct(connection: Connection, table: str, column: str) -> tuple[str, ...]:
    return tuple(connection.execute(text(_DISTINCT.format(table=table, column=column))).scalars())


def _recent(connection: Connection, column: Any) -> tuple[str, ...]:
    newest = _newest_first(select(column.label("value"))).limit(_RECENT).subquery()
    return tuple(sorted(connection.execute(select(newest.c.value).distinct()).scalars()))
