from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.web.embed.tickets import LIFETIME, TicketError, Tickets

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SECRET = "a-secret-for-tests-of-more-than-32-characters"
ORIGIN = "https://portal.example.org"


class Spender:
    """Remembers in memory."""

    def __init__(self) -> None:
        self.spent: dict[str, datetime] = {}

    def spend_ticket(self, *, nonce: str, expires_at: datetime, now: datetime) -> bool:
        if nonce in self.spent:
            return False
        self.spent[nonce] = expires_at
        return True


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spender() -> Spender:
    return Spender()


@pytest.fixture
def tickets(clock: Clock, spender: Spender) -> Tickets:
    return Tickets(secret=SECRET, spender=spender, clock=clock)


def _refusal(tickets: Tickets, ticket: str, *, partner_id: str = "st-mary", origin: str = ORIGIN) -> str:
    with pytest.raises(TicketError) as caught:
        tickets.take(ticket, partner_id=partner_id, origin=origin)
    return caught.value.code


def test_a_ticket_lets_in_once(tickets: Tickets) -> None:
    ticket = tickets.give(partner_id="st-mary", origin=ORIGIN)
    tickets.take(ticket, partner_id="st-mary", origin=ORIGIN)
    assert _refusal(tickets, ticket) == "ticket_replayed"


def test_a_ticket_is_good_for_a_minute(tickets: Tickets, clock: Clock) -> None:
    ticket, other = (tickets.give(partner_id="st-mary", origin=ORIGIN) for _ in range(2))
    clock.now = NOW + LIFETIME - timedelta(seconds=1)
    tickets.take(ticket, partner_id="st-mary", origin=ORIGIN)
    clock.now = NOW + LIFETIME
    assert _refusal(tickets, other) == "ticket_expired"


def test_a_ticket_of_the_future_is_none(tickets: Tickets, clock: Clock) -> None:
    ticket = tickets.give(partner_id="st-mary", origin=ORIGIN)
    clock.now = NOW - timedelta(seconds=5)
    assert _refusal(tickets, ticket) == "ticket_expired"


def test_a_spent_ticket_is_remembered_for_longer_than_it_is_good(tickets: Tickets, spender: Spender) -> None:
    tickets.take(tickets.give(partner_id="st-mary", origin=ORIGIN), partner_id="st-mary", origin=ORIGIN)
    assert [expires_at > NOW + LIFETIME for expires_at in spender.spent.values()] == [True]


@pytest.mark.parametrize(
    ("partner_id", "origin"),
    [
        pytest.param("other", ORIGIN, id="another_partner"),
        pytest.param("st-mary", "https://evil.example", id="another_page"),
        pytest.param("st-mary", "", id="no_page"),
    ],
)
def test_a_ticket_for_somebody_else_is_refused_and_not_used_up(
    tickets: Tickets, spender: Spender, partner_id: str, origin: str
) -> None:
    ticket = tickets.give(partner_id="st-mary", origin=ORIGIN)
    assert _refusal(tickets, ticket, partner_id=partner_id, origin=origin) == "ticket_foreign"
    assert spender.spent == {}


def test_what_is_forged_is_refused(tickets: Tickets, spender: Spender) -> None:
    ticket = tickets.give(partner_id="st-mary", origin=ORIGIN)
    elsewhere = Tickets(secret=SECRET + "x", spender=spender).give(partner_id="st-mary", origin=ORIGIN)
    body, _, signature = ticket.rpartition(".")
    forgeries = (
        "", "x", ticket[:-1], ticket + "x", elsewhere, f"{body}x.{signature}", f".{signature}", ticket * 50, "\ud800"
    )  # fmt: skip
    assert {_refusal(tickets, forged) for forged in forgeries} == {"ticket_forged"}
    assert spender.spent == {}
