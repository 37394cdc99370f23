from __future__ import annotations

import pytest

from bot.web.staff.tries import Tries


def test_an_address_that_failed_too_often_has_to_wait() -> None:
    tries = Tries(rates=("2/minute",))
    for _ in range(2):
        assert tries.may_try("192.0.2.7")
        tries.count("192.0.2.7")
    assert not tries.may_try("192.0.2.7")
    assert tries.may_try("192.0.2.8")


def test_every_rate_counts() -> None:
    tries = Tries(rates=("100/minute", "1/hour"))
    tries.count("192.0.2.7")
    assert not tries.may_try("192.0.2.7")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param("2001:db8::1", "2001:db8::ffff", True, id="one-subscriber"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="two-subscribers"),
        pytest.param("192.0.2.7", "::ffff:192.0.2.7", True, id="mapped"),
        pytest.param("", "", True, id="unknown"),
    ],
)
def test_an_address_is_what_its_owner_cannot_change(one: str, other: str, is_same: bool) -> None:
    tries = Tries(rates=("1/minute",))
    tries.count(one)
    assert tries.may_try(other) is not is_same
