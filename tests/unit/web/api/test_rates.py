from __future__ import annotations

import pytest

from bot.web.api.rates import Rates


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_counts_down_and_then_says_so() -> None:
    rates = Rates(requests_per_minute=2)
    windows = [rates.request("k1", is_message=True) for _ in range(3)]
    assert [(each.limit, each.remaining, each.is_over, each.is_flood) for each in windows] == [
        (2, 1, False, False),
        (2, 0, False, False),
        (2, 0, True, False),
    ]
    assert all(0 < each.reset_s <= 60 for each in windows)


def test_each_key_has_its_own_limit() -> None:
    rates = Rates(requests_per_minute=1)
    rates.request("k1")
    assert not rates.request("k2").is_over


def test_a_request_is_forgotten_after_a_minute_and_who_sends_none_with_it(seconds: Seconds) -> None:
    rates = Rates(requests_per_minute=2, clock=seconds)
    rates.request("k1")
    seconds.now += 50.5
    assert (rates.request("k1").reset_s, rates.request("k1").is_over) == (10, True)
    seconds.now += 9.5
    assert [rates.request("k1").is_over for _ in range(2)] == [False, True]
    rates.request("k2", talk_id="t")
    assert rates.known() == 3
    seconds.now += 60
    rates.request("k3")
    assert rates.known() == 1


def test_a_flood_is_ten_times_the_limit_beyond_it() -> None:
    rates = Rates(requests_per_minute=2)
    floods = [rates.request("k1", is_message=True).is_flood for _ in range(2 + 20 + 1)]
    assert floods == [False] * 22 + [True]


def test_only_messages_make_a_flood() -> None:
    rates = Rates(requests_per_minute=2)
    assert not any(rates.request("k1").is_flood for _ in range(100))
    message = rates.request("k1", is_message=True)
    assert (message.is_over, message.is_flood) == (True, False)


def test_a_token_over_its_limit_takes_nothing_from_the_key() -> None:
    rates = Rates(requests_per_minute=10, requests_per_token=3)
    windows = [rates.request("k1", talk_id="t1") for _ in range(50)]
    assert [each.is_over for each in windows] == [False] * 3 + [True] * 47
    assert (windows[-1].limit, windows[-1].remaining) == (3, 0)
    other = rates.request("k1", talk_id="t2")
    assert (other.limit, other.remaining, other.is_over) == (3, 2, False)
    whole = rates.request("k1")
    assert (whole.limit, whole.remaining) == (10, 5)


def test_a_tokens_flood_is_its_own_and_as_much_again() -> None:
    rates = Rates(requests_per_minute=4, requests_per_token=3)
    floods = [rates.request("k1", talk_id="t1", is_message=True).is_flood for _ in range(1000)]
    assert floods == [False] * 6 + [True] * 994
    assert not rates.request("k1", talk_id="t2", is_message=True).is_over
    assert not any(rates.request("k1", talk_id="t2", is_message=True).is_flood for _ in range(5))


def test_a_token_is_told_what_is_left_of_its_key_where_that_is_less() -> None:
    rates = Rates(requests_per_minute=4, requests_per_token=3)
    for _ in range(2):
        rates.request("k1")
    window = rates.request("k1", talk_id="t1")
    assert (window.limit, window.remaining) == (4, 1)
    assert [rates.request("k1", talk_id="t1").is_over for _ in range(2)] == [False, True]


def test_the_headers_are_numbers() -> None:
    window = Rates(requests_per_minute=5).request("k1")
    assert window.headers() == {
        "ratelimit-limit": "5",
        "ratelimit-remaining": "4",
        "ratelimit-reset": str(window.reset_s),
    }


def test_an_address_may_be_wrong_so_often() -> None:
    rates = Rates(requests_per_minute=1, failures_per_minute=2)
    rates.failure("192.0.2.1")
    assert rates.may_fail("192.0.2.1")
    rates.failure("192.0.2.1")
    assert (rates.may_fail("192.0.2.1"), rates.may_fail("192.0.2.2")) == (False, True)
