from __future__ import annotations

from bot.web.rates import Rates


def test_an_address_is_counted_by_kind_and_by_itself() -> None:
    rates = Rates()
    assert [rates.hit("2/minute", kind="ticket", caller="10.0.0.1") for _ in range(3)] == [True, True, False]
    assert not rates.has_room("2/minute", kind="ticket", caller="10.0.0.1")
    assert rates.has_room("3/minute", kind="other", caller="10.0.0.1")
    assert rates.hit("2/minute", kind="ticket", caller="10.0.0.2")


def test_looking_counts_nothing() -> None:
    rates = Rates()
    assert [rates.has_room("1/minute", kind="ticket", caller="a") for _ in range(3)] == [True] * 3


def test_no_address_is_kept_as_it_is() -> None:
    rates = Rates()
    rates.hit("2/minute", kind="ticket", caller="10.0.0.1")
    rates.hit("2/minute", kind="ticket", caller="\ud800")
    kept = str(vars(rates._window.storage))
    assert "10.0.0.1" not in kept
