"""The queues of the review: filled by rules, counted, listed, and worked through."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, select, tuple_

from bot.db.door import Door, guarded
from bot.db.review_rules import FILLED, fill_stretch, filled_until, has_turn
from bot.db.review_tables import REVIEW_VERDICTS, REVIEWS
from bot.db.review_values import QUEUES, QueueCount, Review, ReviewPage, ReviewRow, ReviewRules
from bot.db.tables import MESSAGES, REPLIES
from bot.domain import Outcome

# Nobody else waits longer for the database than one stretch takes.
_STRETCH = timedelta(days=1)
# What is written now may bear a moment that is a little past: an answer takes its time.
_LATE = timedelta(minutes=10)
_QUESTION_CHARS = 200
_ORDER = tuple_(REVIEWS.c.created_at, REVIEWS.c.id)


class ReviewQueues(Door):
    """The newest reply comes first: what the guide says today is what can be mended."""

    @guarded
    def fill(self, *, now: datetime, rules: ReviewRules | None = None, since: datetime | None = None) -> dict[str, int]:
        """Choose replies since the last time, and return how many came into each queue.

        Quick where little is new, and done twice it does nothing.

        Args:
            since: From when on replies are looked at; None: from where the last one ended.
        """
        rules = rules or ReviewRules()
        after = since or self._begin(now=now, rules=rules)
        counts: Counter[str] = Counter(dict.fromkeys(FILLED, 0))
        while after < now:
            until = min(after + _STRETCH, now)
            with self._writing() as connection:
                if not has_turn(connection):
                    break
                counts.update(fill_stretch(connection, after=after, until=until, rules=rules))
            after = until
        return dict(counts)

    @guarded
    def counts(self, *, staff_id: str) -> tuple[QueueCount, ...]:
        """Count each queue, the most pressing first."""
        number = func.count().label("number")
        by_state = select(REVIEWS.c.queue, REVIEWS.c.state, number).group_by(REVIEWS.c.queue, REVIEWS.c.state)
        judged = select(REVIEWS.c.queue, number).where(REVIEWS.c.state == "open", _judged_by(staff_id))
        with self._reading() as connection:
            found = {(row.queue, row.state): row.number for row in connection.execute(by_state)}
            mine = {row.queue: row.number for row in connection.execute(judged.group_by(REVIEWS.c.queue))}
        return tuple(
            QueueCount(
                queue,
                for_me=found.get((queue, "open"), 0) - mine.get(queue, 0),
                open=found.get((queue, "open"), 0),
                disputed=found.get((queue, "disputed"), 0),
                done=found.get((queue, "done"), 0),
            )
            for queue in QUEUES
        )

    @guarded
    def page(
        self, *, state: str, staff_id: str, queue: str | None = None, after: str | None = None, limit: int = 50
    ) -> ReviewPage:
        """Read a page of a queue, of all queues where none is named.

        Args:
            staff_id: Who asks.
            after: `ReviewPage.older` of the page before.
        """
        conditions = [REVIEWS.c.state == state, *([REVIEWS.c.queue == queue] if queue else [])]
        with self._reading() as connection:
            conditions += _beyond(connection, after)
            rows = connection.execute(_rows(staff_id).where(*conditions).limit(limit + 1)).all()
        shown = rows[:limit]
        older = shown[-1].id if len(rows) > limit else None
        return ReviewPage(rows=tuple(_row(row) for row in shown), older=older)

    @guarded
    def waiting_for_second(self, *, staff_id: str, limit: int = 20) -> tuple[ReviewRow, ...]:
        """List what somebody has judged and a second reviewer has not."""
        query = _rows(staff_id).where(REVIEWS.c.state == "open", _judged_by(staff_id))
        with self._reading() as connection:
            return tuple(_row(row) for row in connection.execute(query.limit(limit)))

    @guarded
    def next_for(self, *, staff_id: str, queue: str | None = None, after: str | None = None) -> str | None:
        """Return the id of the next review that waits for somebody; None: there is none.

        Args:
            queue: Only of this one; None: the most pressing queue first.
            after: The review to go on from, whether it was judged or passed over.
        """
        queues = list(QUEUES) if queue is None else [queue]
        with self._reading() as connection:
            begun = _queue_of(connection, after)
            # A passed over review of the third queue is no reason to go through the first two again.
            rest = queues[queues.index(begun) :] if begun in queues else queues
            for each in rest:
                place = _beyond(connection, after) if each == begun else []
                query = select(REVIEWS.c.id).where(REVIEWS.c.state == "open", REVIEWS.c.queue == each, *place)
                found = connection.execute(_newest(query.where(~_judged_by(staff_id))).limit(1)).scalar()
                if found is not None:
                    return str(found)
        return None

    def _begin(self, *, now: datetime, rules: ReviewRules) -> datetime:
        with self._reading() as connection:
            newest = filled_until(connection)
        earliest = now - rules.reach
        return earliest if newest is None else max(earliest, newest - _LATE)


def review_from(row: Row[Any]) -> Review:
    """Build a review from its row."""
    return Review(row.id, row.conversation_id, row.queue, row.state, row.wanted, row.created_at, row.done_at)


def _rows(staff_id: str) -> Select[Any]:
    verdicts = REVIEW_VERDICTS.c
    given = select(func.count()).where(verdicts.review_id == REVIEWS.c.id, verdicts.is_settlement.is_(False))
    query = (
        select(
            REVIEWS,
            REPLIES.c.outcome,
            func.substr(MESSAGES.c.text, 1, _QUESTION_CHARS).label("question"),
            given.scalar_subquery().label("given"),
            _judged_by(staff_id).label("is_mine"),
        )
        .join(REPLIES, REPLIES.c.id == REVIEWS.c.reply_id)
        .outerjoin(MESSAGES, MESSAGES.c.id == REPLIES.c.answers_message_id)
    )
    return _newest(query)


def _row(row: Row[Any]) -> ReviewRow:
    return ReviewRow(review_from(row), row.question or "", Outcome(row.outcome), row.given, bool(row.is_mine))


def _newest(query: Select[Any]) -> Select[Any]:
    return query.order_by(REVIEWS.c.created_at.desc(), REVIEWS.c.id.desc())


def _judged_by(staff_id: str) -> ColumnElement[bool]:
    verdicts = REVIEW_VERDICTS.c
    mine = and_(verdicts.review_id == REVIEWS.c.id, verdicts.staff_id == staff_id, verdicts.is_settlement.is_(False))
    return select(verdicts.id).where(mine).correlate(REVIEWS).exists()


def _queue_of(connection: Connection, review_id: str | None) -> str | None:
    if review_id is None:
        return None
    return connection.execute(select(REVIEWS.c.queue).where(REVIEWS.c.id == review_id)).scalar()


def _beyond(connection: Connection, review_id: str | None) -> list[ColumnElement[bool]]:
    """Ask for reviews after one in the list; from the beginning where it was erased meanwhile."""
    if review_id is None:
        return []
    row = connection.execute(select(REVIEWS.c.created_at).where(REVIEWS.c.id == review_id)).first()
    if row is None:
        return []
    place = tuple_(row.created_at, review_id, types=[column.type for column in _ORDER.clauses])
    return [place > _ORDER]
