"""What is counted of partners, and which tickets are spent; numbers and codes only."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from bot.db.door import Door, guarded
from bot.db.partner_tables import PARTNER_DAYS, PARTNER_REFUSALS, SPENT_TICKETS
from bot.db.partner_values import PartnerDay, Refused
from bot.db.rows import insert_or_keep

# Whoever tries from ever new addresses fills no table: beyond so many, they are counted together.
_MOST_REFUSED_ORIGINS = 100
_MOST_ORIGIN_CHARS = 200
# A flood of strangers must not keep the next new portal's mistake from being seen for ever.
_KEPT_FOR = timedelta(days=30)
_OTHERS = "(others)"


class PartnerCountStore(Door):
    """Counts by partner and day, UTC."""

    @guarded
    def spend_ticket(self, *, nonce: str, expires_at: datetime, now: datetime) -> bool:
        """Use up a ticket; False: it was used before. Of several tries at once one succeeds.

        Args:
            expires_at: After which it need not be remembered.
        """
        values = {"nonce": nonce, "expires_at": expires_at}
        with self._writing() as connection:
            connection.execute(SPENT_TICKETS.delete().where(SPENT_TICKETS.c.expires_at < now))
            spent = insert_or_keep(connection, SPENT_TICKETS).values(values).on_conflict_do_nothing()
            return connection.execute(spent.returning(SPENT_TICKETS.c.nonce)).first() is not None

    @guarded
    def count_open(self, *, partner_id: str, now: datetime) -> None:
        """Count that the chat was opened."""
        with self._writing() as connection:
            _add(connection, partner_id, now.date(), "opens")

    @guarded
    def count_message(self, *, partner_id: str, most: int, now: datetime) -> bool:
        """Count a message; False: `most` of the day were counted before, and this one was not."""
        with self._writing() as connection:
            return _add(connection, partner_id, now.date(), "messages", most=most)

    @guarded
    def count_refused(self, *, partner_id: str, origin: str, reason: str, now: datetime) -> None:
        """Count a page or ticket that was turned away.

        Args:
            origin: What the page said of itself, cut to a bound; it is data, to be shown escaped.
            reason: Fixed code.
        """
        origin = origin[:_MOST_ORIGIN_CHARS]
        with self._writing() as connection:
            _add(connection, partner_id, now.date(), "refused")
            old = (PARTNER_REFUSALS.c.partner_id == partner_id) & (PARTNER_REFUSALS.c.last_at < now - _KEPT_FOR)
            connection.execute(PARTNER_REFUSALS.delete().where(old))
            known = _refusals(partner_id).where(PARTNER_REFUSALS.c.origin == origin).limit(1)
            if connection.execute(known).first() is None and _count(connection, partner_id) >= _MOST_REFUSED_ORIGINS:
                origin = _OTHERS
            values = {"partner_id": partner_id, "origin": origin, "reason": reason, "times": 1, "last_at": now}
            added = insert_or_keep(connection, PARTNER_REFUSALS).values(values)
            more = {"times": PARTNER_REFUSALS.c.times + 1, "last_at": now}
            keys = list(PARTNER_REFUSALS.primary_key)
            connection.execute(added.on_conflict_do_update(index_elements=keys, set_=more))

    @guarded
    def refused(self, *, partner_id: str) -> list[Refused]:
        """Return what was turned away, the newest first."""
        query = _refusals(partner_id).order_by(PARTNER_REFUSALS.c.last_at.desc())
        with self._reading() as connection:
            return [Refused(row.origin, row.reason, row.times, row.last_at) for row in connection.execute(query)]

    @guarded
    def days(self, *, partner_id: str, since: date, until: date) -> list[PartnerDay]:
        """Return the counts of the days from `since` to before `until` that have any, the oldest first."""
        mine = PARTNER_DAYS.c.partner_id == partner_id
        query = select(PARTNER_DAYS).where(mine, PARTNER_DAYS.c.on_day >= since, PARTNER_DAYS.c.on_day < until)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(PARTNER_DAYS.c.on_day))
            return [PartnerDay(row.on_day, row.opens, row.messages, row.refused) for row in rows]

    @guarded
    def prune_tickets(self, *, now: datetime) -> None:
        """Forget spent tickets that would be too old by now."""
        with self._writing() as connection:
            connection.execute(SPENT_TICKETS.delete().where(SPENT_TICKETS.c.expires_at < now))


def _add(connection: Connection, partner_id: str, on: date, column: str, *, most: int | None = None) -> bool:
    """Count one more; False: there are `most` already."""
    values: dict[str, Any] = {"partner_id": partner_id, "on_day": on, "opens": 0, "messages": 0, "refused": 0}
    counted = PARTNER_DAYS.c[column]
    added = insert_or_keep(connection, PARTNER_DAYS).values({**values, column: 1})
    added = added.on_conflict_do_update(
        index_elements=list(PARTNER_DAYS.primary_key),
        set_={column: counted + 1},
        where=None if most is None else counted < most,
    )
    return connection.execute(added.returning(counted)).first() is not None


def _refusals(partner_id: str) -> Any:
    return select(PARTNER_REFUSALS).where(PARTNER_REFUSALS.c.partner_id == partner_id)


def _count(connection: Connection, partner_id: str) -> int:
    query = select(func.count()).select_from(PARTNER_REFUSALS).where(PARTNER_REFUSALS.c.partner_id == partner_id)
    return connection.execute(query).scalar_one()
