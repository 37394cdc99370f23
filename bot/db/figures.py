"""Counts for the overview: what happened on which day, and how long people waited. Nobody's words are in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal, select
from sqlalchemy.sql import ColumnElement

from bot.db.door import Door, guarded
from bot.db.tables import CITATIONS, CONVERSATIONS, FEEDBACK, HANDOFF_REQUESTS, REPLIES
from bot.domain import Outcome

# Sections named among the most asked.
_MOST_ASKED = 10
# Requests whose waiting times are looked at; the newest ones.
_MOST_WAITS = 20_000


@dataclass(frozen=True, slots=True)
class Day:
    """One day, in UTC.

    Attributes:
        outcomes: Replies by the code of their outcome.
        asked_for_person: Requests for a person.
        helpful: Thumbs up.
        unhelpful: Thumbs down.
    """

    on: date
    conversations: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    asked_for_person: int = 0
    helpful: int = 0
    unhelpful: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What the overview shows of a span of days.

    Attributes:
        days: One for each day, the oldest first, without gaps.
        waits_s: Seconds from asking for a person to being taken, sorted.
        untaken: Requests that ended, or are open, without a person.
        most_asked: Sections that led an answer: id, heading, how often.
    """

    days: tuple[Day, ...]
    waits_s: tuple[float, ...]
    untaken: int
    most_asked: tuple[tuple[str, str, int], ...]

    @property
    def replies(self) -> int:
        """Return how many replies were given."""
        return sum(sum(day.outcomes.values()) for day in self.days)

    @property
    def conversations(self) -> int:
        """Return how many conversations began."""
        return sum(day.conversations for day in self.days)

    def outcome(self, code: str) -> int:
        """Return how many replies had an outcome."""
        return sum(day.outcomes.get(code, 0) for day in self.days)

    @property
    def answered_share(self) -> float | None:
        """Return the share of answers among answers and abstentions, 0..1; None where there was neither."""
        answered, abstained = self.outcome(Outcome.ANSWERED), self.outcome(Outcome.ABSTAINED)
        return answered / (answered + abstained) if answered + abstained else None

    @property
    def helpful_share(self) -> float | None:
        """Return the share of thumbs that went up, 0..1; None where there was none."""
        up, down = sum(day.helpful for day in self.days), sum(day.unhelpful for day in self.days)
        return up / (up + down) if up + down else None

    def wait_s(self, share: float) -> float | None:
        """Return within how many seconds this share of those taken was taken; None where nobody was."""
        if not self.waits_s:
            return None
        return self.waits_s[min(len(self.waits_s) - 1, int(share * len(self.waits_s)))]


class FigureStore(Door):
    """Reads figures; keeps none."""

    @guarded
    def figures(self, *, since: datetime, until: datetime, partner_id: str | None = None) -> Figures:
        """Count what happened from `since` to before `until`, of all partners or of one."""
        with self._reading() as connection:
            reader = _Reader(connection, since, until, partner_id)
            return Figures(
                days=reader.days(),
                waits_s=reader.waits_s(),
                untaken=reader.untaken(),
                most_asked=reader.most_asked(),
            )

    @guarded
    def partners(self) -> list[str]:
        """List the partners that conversations came from."""
        query = select(CONVERSATIONS.c.partner_id).where(CONVERSATIONS.c.partner_id.is_not(None)).distinct()
        with self._reading() as connection:
            return sorted(connection.execute(query).scalars())


class _Reader:
    """The queries of one span."""

    def __init__(self, connection: Connection, since: datetime, until: datetime, partner_id: str | None) -> None:
        self._connection = connection
        self._since = since
        self._until = until
        self._partner_id = partner_id

    def days(self) -> tuple[Day, ...]:
        """Return one value for each day, also where nothing happened."""
        talks = self._by_day(CONVERSATIONS.c.created_at, literal(""), joined=None)
        replies = self._by_day(REPLIES.c.created_at, REPLIES.c.outcome, joined=REPLIES)
        requests = self._by_day(HANDOFF_REQUESTS.c.created_at, literal(""), joined=HANDOFF_REQUESTS)
        thumbs = self._thumbs()
        return tuple(
            Day(
                on=on,
                conversations=talks[on].total(),
                outcomes=dict(sorted(replies[on].items())),
                asked_for_person=requests[on].total(),
                helpful=thumbs[on][1],
                unhelpful=thumbs[on][-1],
            )
            for on in self._dates()
        )

    def waits_s(self) -> tuple[float, ...]:
        """Return how long those waited who were taken."""
        taken = and_(self._asked(), HANDOFF_REQUESTS.c.taken_at.is_not(None))
        query: Select[Any] = select(HANDOFF_REQUESTS.c.created_at, HANDOFF_REQUESTS.c.taken_at).where(taken)
        query = self._of_partner(query, HANDOFF_REQUESTS)
        query = query.order_by(HANDOFF_REQUESTS.c.created_at.desc()).limit(_MOST_WAITS)
        return tuple(sorted((row.taken_at - row.created_at).total_seconds() for row in self._connection.execute(query)))

    def untaken(self) -> int:
        """Return how many asked and were not taken."""
        query: Select[Any] = select(func.count()).select_from(HANDOFF_REQUESTS)
        query = query.where(self._asked(), HANDOFF_REQUESTS.c.taken_at.is_(None))
        return int(self._connection.execute(self._of_partner(query, HANDOFF_REQUESTS)).scalar_one())

    def most_asked(self) -> tuple[tuple[str, str, int], ...]:
        """Return the sections that answers began with."""
        times = func.count().label("times")
        query = (
            select(CITATIONS.c.section_id, func.max(CITATIONS.c.title).label("title"), times)
            .join(REPLIES, REPLIES.c.id == CITATIONS.c.reply_id)
            .where(CITATIONS.c.marker == 1, REPLIES.c.outcome == Outcome.ANSWERED, self._within(REPLIES.c.created_at))
            .group_by(CITATIONS.c.section_id)
            .order_by(times.desc(), CITATIONS.c.section_id)
            .limit(_MOST_ASKED)
        )
        rows = self._connection.execute(self._of_partner(query, REPLIES))
        return tuple((row.section_id, row.title, row.times) for row in rows)

    def _by_day(self, at: Any, what: Any, *, joined: Any) -> dict[date, Counter[Any]]:
        on = self._day(at).label("on")
        kind = what.label("kind")
        query = select(on, kind, func.count().label("times")).where(self._within(at)).group_by(on, kind)
        if joined is REPLIES:
            # Named one by one, the outcomes let the index of outcome and time be used for the span.
            query = query.where(REPLIES.c.outcome.in_(list(Outcome)))
        return _counted(self._connection.execute(self._of_partner(query, joined)))

    def _thumbs(self) -> dict[date, Counter[Any]]:
        on = self._day(FEEDBACK.c.created_at).label("on")
        query = select(on, FEEDBACK.c.value.label("kind"), func.count().label("times"))
        query = query.where(self._within(FEEDBACK.c.created_at)).group_by(on, FEEDBACK.c.value)
        if self._partner_id is not None:
            query = query.join(REPLIES, REPLIES.c.id == FEEDBACK.c.reply_id)
        return _counted(self._connection.execute(self._of_partner(query, REPLIES)))

    def _asked(self) -> ColumnElement[bool]:
        return and_(HANDOFF_REQUESTS.c.state.in_(["open", "closed"]), self._within(HANDOFF_REQUESTS.c.created_at))

    def _of_partner(self, query: Select[Any], table: Any) -> Select[Any]:
        if self._partner_id is None:
            return query
        if table is not None:
            query = query.join(CONVERSATIONS, CONVERSATIONS.c.id == table.c.conversation_id)
        return query.where(CONVERSATIONS.c.partner_id == self._partner_id)

    def _within(self, at: Any) -> ColumnElement[bool]:
        return and_(at >= self._since, at < self._until)

    def _day(self, at: Any) -> ColumnElement[str]:
        if self._connection.dialect.name == "postgresql":
            return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD")
        # SQLite keeps moments as text in UTC, the day first.
        return func.substr(at, 1, 10, type_=CONVERSATIONS.c.id.type)

    def _dates(self) -> list[date]:
        first, last = self._since.date(), (self._until - timedelta(microseconds=1)).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _counted(rows: Any) -> dict[date, Counter[Any]]:
    counts: dict[date, Counter[Any]] = defaultdict(Counter)
    for row in rows:
        counts[date.fromisoformat(row.on)][row.kind] += row.times
    return counts
