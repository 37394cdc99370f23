from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.conversation.hours import Hours
from bot.conversation.partners import MAX_AGE_S, Nobody, Partners, hours_of
from bot.db.partner_values import Partner
from bot.db.partners import blank_partner
from bot.errors import StoreError

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ST_MARY = blank_partner(partner_id="st-mary", name="St Mary", now=NOW)


class Source:
    """Partners that can be changed and broken; counts how often it is asked."""

    def __init__(self, *partners: Partner) -> None:
        self.partners = list(partners)
        self.asked = 0
        self.is_broken = False

    def everyone(self) -> list[Partner]:
        self.asked += 1
        if self.is_broken:
            raise StoreError("gone")
        return list(self.partners)


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_partners_are_remembered_for_some_seconds(clock: Clock) -> None:
    source = Source(ST_MARY)
    partners = Partners(source, clock=clock)
    assert not partners.is_fresh()
    assert [partners.find("st-mary") for _ in range(3)] == [ST_MARY] * 3
    assert partners.is_fresh()
    assert source.asked == 1
    source.partners = [replace(ST_MARY, is_active=False)]
    clock.now_s += MAX_AGE_S - 0.1
    assert partners.active("st-mary") == ST_MARY
    clock.now_s += 0.1
    assert (partners.active("st-mary"), partners.find("st-mary")) == (None, source.partners[0])
    assert source.asked == 2


def test_no_id_and_an_unknown_one_are_nobody(clock: Clock) -> None:
    partners = Partners(Source(ST_MARY), clock=clock)
    assert [partners.find(partner_id) for partner_id in (None, "", "other")] == [None] * 3
    assert Partners(Nobody()).find("st-mary") is None


def test_while_the_database_is_away_what_was_known_counts(clock: Clock) -> None:
    source = Source(ST_MARY)
    partners = Partners(source, clock=clock)
    assert partners.find("st-mary") == ST_MARY
    source.is_broken = True
    clock.now_s += MAX_AGE_S
    assert partners.find("st-mary") == ST_MARY
    assert partners.is_fresh()  # it is not asked again for each message


def test_own_hours_are_those_of_partners_that_have_some(clock: Clock) -> None:
    own = replace(ST_MARY, id="own", support_schedule="Mon-Fri 09:00-17:00", support_timezone="Europe/London")
    worded = replace(ST_MARY, id="worded", support_hours="on weekdays")
    broken = replace(ST_MARY, id="broken", support_schedule="sometimes")
    assert Partners(Source(ST_MARY, own, worded, broken), clock=clock).with_own_hours() == {
        "own": Hours(schedule="Mon-Fri 09:00-17:00", timezone="Europe/London"),
        "worded": Hours(words="on weekdays"),
    }
    assert hours_of(None) is None


def test_addresses_are_the_partners_own(clock: Clock) -> None:
    partners = Partners(Source(replace(ST_MARY, notify_to=("desk@example.org",))), clock=clock)
    assert partners.addresses("st-mary") == ("desk@example.org",)
    assert partners.addresses(None) == ()
