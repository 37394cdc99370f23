from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from bot.db.partner_counts import PartnerCountStore
from bot.db.partner_tables import SPENT_TICKETS
from bot.db.partner_values import PartnerDay, Refused
from bot.db.partners import PartnerStore, blank_partner
from bot.db.staff import By

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
TODAY = date(2026, 11, 29)


@pytest.fixture
def store(engine: Engine) -> PartnerCountStore:
    for name in ("st-mary", "other"):
        PartnerStore(engine).add(blank_partner(partner_id=name, name=name, now=NOW), by=By(name="test"), now=NOW)
    return PartnerCountStore(engine)


def test_of_many_who_use_a_ticket_at_once_one_gets_in(store: PartnerCountStore) -> None:
    def spend(_: int) -> bool:
        return store.spend_ticket(nonce="n", expires_at=NOW + timedelta(seconds=60), now=NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(spend, range(8))) == [False] * 7 + [True]


def test_spent_tickets_are_forgotten_when_they_are_too_old_anyway(store: PartnerCountStore, engine: Engine) -> None:
    store.spend_ticket(nonce="old", expires_at=NOW + timedelta(seconds=60), now=NOW)
    store.spend_ticket(nonce="new", expires_at=NOW + timedelta(seconds=200), now=NOW + timedelta(seconds=90))
    store.prune_tickets(now=NOW + timedelta(seconds=100))
    with engine.connect() as connection:
        assert connection.execute(select(SPENT_TICKETS.c.nonce)).scalars().all() == ["new"]


def test_messages_are_counted_up_to_the_most_of_a_day(store: PartnerCountStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        counted = list(pool.map(lambda _: store.count_message(partner_id="st-mary", most=3, now=NOW), range(8)))
    assert sorted(counted) == [False] * 5 + [True] * 3
    assert store.count_message(partner_id="other", most=3, now=NOW)
    assert store.count_message(partner_id="st-mary", most=3, now=NOW + timedelta(days=1))


def test_the_counts_of_a_day_are_read_back(store: PartnerCountStore) -> None:
    store.count_open(partner_id="st-mary", now=NOW)
    store.count_open(partner_id="st-mary", now=NOW)
    store.count_message(partner_id="st-mary", most=9, now=NOW)
    store.count_refused(partner_id="st-mary", origin="https://evil.example", reason="origin_not_listed", now=NOW)
    store.count_open(partner_id="st-mary", now=NOW + timedelta(days=1))
    store.count_open(partner_id="other", now=NOW)
    first = PartnerDay(TODAY, opens=2, messages=1, refused=1)
    assert store.days(partner_id="st-mary", since=TODAY, until=TODAY + timedelta(days=1)) == [first]
    both = store.days(partner_id="st-mary", since=TODAY, until=TODAY + timedelta(days=2))
    assert both == [first, PartnerDay(TODAY + timedelta(days=1), opens=1)]


def test_what_is_turned_away_is_counted_by_origin_and_reason(store: PartnerCountStore) -> None:
    later = NOW + timedelta(minutes=1)
    for moment in (NOW, later):
        store.count_refused(partner_id="st-mary", origin="https://evil.example", reason="origin_not_listed", now=moment)
    store.count_refused(partner_id="st-mary", origin="", reason="ticket_forged", now=NOW)
    assert store.refused(partner_id="st-mary") == [
        Refused("https://evil.example", "origin_not_listed", 2, later),
        Refused("", "ticket_forged", 1, NOW),
    ]
    assert store.refused(partner_id="other") == []


def test_ever_new_origins_fill_no_table(store: PartnerCountStore, engine: Engine) -> None:
    for number in range(130):
        origin = f"https://{number}.example/{'x' * 5000}"
        store.count_refused(partner_id="st-mary", origin=origin, reason="origin_not_listed", now=NOW)
    rows = store.refused(partner_id="st-mary")
    assert len(rows) == 101
    assert max(len(row.origin) for row in rows) == 200
    assert {row.origin: row.times for row in rows}["(others)"] == 30
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(SPENT_TICKETS)).scalar_one() == 0


def test_what_was_turned_away_a_month_ago_makes_room(store: PartnerCountStore) -> None:
    for number in range(101):
        store.count_refused(
            partner_id="st-mary", origin=f"https://{number}.example", reason="origin_not_listed", now=NOW
        )
    later = NOW + timedelta(days=31)
    store.count_refused(partner_id="st-mary", origin="https://new.example", reason="origin_not_listed", now=later)
    assert store.refused(partner_id="st-mary") == [Refused("https://new.example", "origin_not_listed", 1, later)]
