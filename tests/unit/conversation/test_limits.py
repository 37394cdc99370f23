"""Length, rates and one message at a time: what is refused, with which code, and what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import limits.storage.memory
import pytest

from bot.conversation.limits import Limits
from bot.errors import LimitError

DAY_S = 24 * 60 * 60


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(limits.storage.memory, "time", clock)
    timer = SimpleNamespace(start=int, is_alive=bool)
    monkeypatch.setattr(threading, "Timer", lambda *_: timer)
    return clock


def made(**changes: Any) -> Limits:
    values = {
        "max_chars": 20,
        "per_visitor": ("3/minute", "5/day"),
        "per_address": ("4/minute",),
        "key": b"k" * 32,
    }
    return Limits(**{**values, **changes})


def code_of(call: Callable[[], object]) -> str | None:
    try:
        call()
    except LimitError as error:
        return error.code
    return None


def test_a_message_at_the_limit_passes_and_one_character_more_does_not(clock: Clock) -> None:
    limited = made()
    assert code_of(lambda: limited.check(text="x" * 20, visitor_id="v")) is None
    assert code_of(lambda: limited.check(text="x" * 21, visitor_id="v")) == "too_long"


def test_a_visitor_is_slowed_within_the_minute_and_free_after_it(clock: Clock) -> None:
    limited = made()
    codes = [code_of(lambda: limited.check(text="a", visitor_id="v")) for _ in range(4)]
    assert codes == [None, None, None, "too_fast"]
    clock.now += 61
    assert code_of(lambda: limited.check(text="a", visitor_id="v")) is None


def test_the_window_moves_instead_of_starting_anew_each_minute(clock: Clock) -> None:
    limited = made()
    limited.check(text="a", visitor_id="v")
    clock.now += 50
    limited.check(text="a", visitor_id="v")
    limited.check(text="a", visitor_id="v")
    clock.now += 15
    assert code_of(lambda: limited.check(text="a", visitor_id="v")) is None
    assert code_of(lambda: limited.check(text="a", visitor_id="v")) == "too_fast"


def test_a_visitor_is_stopped_after_the_day_s_share(clock: Clock) -> None:
    limited = made()
    for _ in range(5):
        limited.check(text="a", visitor_id="v")
        clock.now += 60.5
    assert code_of(lambda: limited.check(text="a", visitor_id="v")) == "too_many"
    clock.now += DAY_S
    assert code_of(lambda: limited.check(text="a", visitor_id="v")) is None


def test_without_rates_only_the_length_counts(clock: Clock) -> None:
    limited = made(per_visitor=(), per_address=())
    codes = {code_of(lambda: limited.check(text="a", visitor_id="v", address="192.0.2.1")) for _ in range(500)}
    assert codes == {None}
    assert code_of(lambda: limited.check(text="x" * 21, visitor_id="v")) == "too_long"


def test_one_visitor_does_not_slow_another(clock: Clock) -> None:
    limited = made()
    for _ in range(3):
        limited.check(text="a", visitor_id="v")
    assert code_of(lambda: limited.check(text="a", visitor_id="w")) is None


def test_visitors_of_one_address_share_its_rate(clock: Clock) -> None:
    limited = made()
    codes = [
        code_of(lambda visitor=visitor: limited.check(text="a", visitor_id=visitor, address="192.0.2.1"))  # type: ignore[misc]
        for visitor in "abcde"
    ]
    assert codes == [None, None, None, None, "too_fast"]
    assert code_of(lambda: limited.check(text="a", visitor_id="f", address="192.0.2.2")) is None


def test_what_is_said_to_a_person_has_a_rate_of_its_own(clock: Clock) -> None:
    limits = made(per_visitor=("1/day",), per_address=("1/day",), to_person=("2/minute",))
    limits.check(text="a", visitor_id="v", address="a")
    for _ in range(2):
        limits.check(text="a", visitor_id="v", address="a", is_to_person=True)
    with pytest.raises(LimitError) as caught:
        limits.check(text="a", visitor_id="v", is_to_person=True)
    assert caught.value.code == "too_fast"
    with pytest.raises(LimitError) as caught:
        limits.check(text="a" * 21, visitor_id="w", is_to_person=True)
    assert caught.value.code == "too_long"


def test_a_refused_message_uses_up_nothing(clock: Clock) -> None:
    limited = made()
    for visitor in "abcd":
        limited.check(text="a", visitor_id=visitor, address="192.0.2.1")
    for _ in range(9):
        assert code_of(lambda: limited.check(text="a", visitor_id="z", address="192.0.2.1")) == "too_fast"
        assert code_of(lambda: limited.check(text="x" * 99, visitor_id="z")) == "too_long"
    codes = [code_of(lambda: limited.check(text="a", visitor_id="z")) for _ in range(4)]
    assert codes == [None, None, None, "too_fast"]


def test_addresses_are_kept_only_as_a_keyed_hash(clock: Clock) -> None:
    first, second = made(key=b"a" * 32), made(key=b"b" * 32)
    for limited in (first, second):
        limited.check(text="a", visitor_id="v", address="192.0.2.77")
    kept = [sorted(limited._window.storage.events) for limited in (first, second)]  # type: ignore[attr-defined]
    assert "192.0.2.77" not in str(kept)
    assert kept[0] != kept[1]


def test_the_default_key_is_new_for_each_process(clock: Clock) -> None:
    assert made(key=b"")._hashed("192.0.2.1") != made(key=b"")._hashed("192.0.2.1")


def test_an_error_names_the_limit_and_holds_no_text(clock: Clock) -> None:
    with pytest.raises(LimitError) as caught:
        made().check(text="my name is Oona Halvorsen", visitor_id="v")
    assert caught.value.detail == "A message has more than 20 characters."
    assert caught.value.retryable


def test_a_second_message_waits_for_the_first() -> None:
    limited = made()
    inside, done = threading.Event(), threading.Event()

    def first() -> None:
        with limited.one_at_a_time("c"):
            inside.set()
            done.wait(timeout=5)

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(timeout=5)
    with pytest.raises(LimitError) as caught, limited.one_at_a_time("c"):
        pytest.fail("two at a time")
    with limited.one_at_a_time("another"):
        pass
    done.set()
    thread.join(timeout=5)
    assert caught.value.code == "busy"
    with limited.one_at_a_time("c"):
        pass


def test_a_conversation_is_free_again_after_a_failure() -> None:
    limited = made()
    with pytest.raises(RuntimeError, match="broken"), limited.one_at_a_time("c"):
        raise RuntimeError("broken")
    with limited.one_at_a_time("c"):
        pass
