from __future__ import annotations

from bot.web.api.rates import Rates


def test_counts_down_and_then_says_so() -> None:
    rates = Rates(requests_per_minute=2)
    windows = [rates.request("k1") for _ in range(3)]
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


def test_a_flood_is_ten_times_the_limit_beyond_it() -> None:
    rates = Rates(requests_per_minute=2)
    floods = [rates.request("k1").is_flood for _ in range(2 + 20 + 1)]
    assert floods == [False] * 22 + [True]


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
