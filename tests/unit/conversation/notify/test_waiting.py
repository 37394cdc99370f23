from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from bot.conversation.notify.waiting import next_try
from tests.fakes.notices import WRITTEN

_MIDDLE = 0.5


@pytest.mark.parametrize(
    ("attempts", "draw", "wait_s"),
    [
        pytest.param(1, _MIDDLE, 5, id="first"),
        pytest.param(2, _MIDDLE, 10, id="second"),
        pytest.param(1, 0.0, 3.75, id="a-quarter-less"),
        pytest.param(1, 1.0, 6.25, id="a-quarter-more"),
        pytest.param(12, _MIDDLE, 7200, id="never-longer-than-two-hours"),
        pytest.param(10_000, _MIDDLE, 7200, id="any-number-of-tries"),
    ],
)
def test_waits_twice_as_long_each_time(attempts: int, draw: float, wait_s: float) -> None:
    at = next_try(created_at=WRITTEN, attempts=attempts, now=WRITTEN, asked=None, draw=lambda: draw)
    assert at == WRITTEN + timedelta(seconds=wait_s)


@pytest.mark.parametrize(
    ("asked_s", "wait_s"),
    [
        pytest.param(1, 5, id="not-sooner"),
        pytest.param(60, 60, id="as-asked"),
        pytest.param(999_999, 7200, id="not-for-days"),
    ],
)
def test_waits_as_long_as_the_receiver_asks_within_reason(asked_s: int, wait_s: int) -> None:
    asked = timedelta(seconds=asked_s)
    at = next_try(created_at=WRITTEN, attempts=1, now=WRITTEN, asked=asked, draw=lambda: _MIDDLE)
    assert at == WRITTEN + timedelta(seconds=wait_s)


def test_tries_some_twenty_times_within_a_day_and_then_gives_up() -> None:
    now = WRITTEN
    for attempts in itertools.count(1):
        at = next_try(created_at=WRITTEN, attempts=attempts, now=now, asked=None, draw=lambda: _MIDDLE)
        if at is None:
            break
        now = at
    assert (attempts, now - WRITTEN > timedelta(hours=21), now - WRITTEN <= timedelta(hours=24)) == (22, True, True)
