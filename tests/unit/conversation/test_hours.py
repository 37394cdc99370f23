"""Opening hours: what patients read, and when somebody is there again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.conversation.hours import Hours
from bot.errors import SettingsError

WEEK = Hours(schedule="Mon-Fri 09:00-17:00; Sat 10:00-12:00", timezone="Europe/Berlin")
SPLIT = Hours(schedule="Mon,Wed 9:00-12:00; Mon,Wed 13:00-15:30")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026, UTC; the 23rd is a Monday, and Berlin is one hour ahead."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (Hours(), None),
        (Hours(words="weekdays"), "weekdays"),
        (Hours(words="weekdays", schedule="Mon 09:00-10:00"), "weekdays"),
        (WEEK, "Monday to Friday, 09:00 to 17:00; Saturday, 10:00 to 12:00 (Berlin time)"),
        (SPLIT, "Monday and Wednesday, 09:00 to 12:00; Monday and Wednesday, 13:00 to 15:30 (UTC)"),
        (Hours(schedule="Sat-Mon 10:00-12:00"), "Saturday, Sunday and Monday, 10:00 to 12:00 (UTC)"),
    ],
)
def test_hours_are_told_in_an_operators_words_or_in_those_of_the_schedule(hours: Hours, words: str | None) -> None:
    assert hours.in_words == words


@pytest.mark.parametrize(
    ("now", "opened", "following"),
    [
        (at(23, 7, 59), None, "today from 09:00 (Berlin time)"),
        (at(23, 8), at(23, 8), None),
        (at(23, 15, 59), at(23, 8), None),
        (at(23, 16), None, "tomorrow from 09:00 (Berlin time)"),
        (at(27, 16), None, "tomorrow from 10:00 (Berlin time)"),
        (at(28, 11), None, "on Monday from 09:00 (Berlin time)"),
        (at(22, 23, 30), None, "today from 09:00 (Berlin time)"),
    ],
    ids=["before", "opens", "last-minute", "closes", "friday", "weekend", "after-midnight-there"],
)
def test_open_and_closed_are_counted_in_the_zone_of_the_schedule(
    now: datetime, opened: datetime | None, following: str | None
) -> None:
    assert (WEEK.open_since(now), WEEK.next_in_words(now)) == (opened, following)
    assert WEEK.is_open(now) is (opened is not None)


def test_the_break_at_noon_is_closed() -> None:
    assert [SPLIT.is_open(at(23, 11, 59)), SPLIT.is_open(at(23, 12)), SPLIT.is_open(at(23, 13))] == [True, False, True]
    assert SPLIT.next_opening(at(23, 12)) == at(23, 13)
    assert SPLIT.next_opening(at(26, 12)) == at(30, 9)


def test_the_day_the_clocks_change_opens_by_the_clock_on_the_wall() -> None:
    sunday = Hours(schedule="Sun 09:00-17:00", timezone="Europe/Berlin")
    assert sunday.next_opening(datetime(2026, 10, 25, 0, tzinfo=UTC)) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_without_a_schedule_nobody_can_say_that_it_is_closed() -> None:
    hours = Hours(words="weekdays")
    assert (hours.is_open(at(22, 3)), hours.open_since(at(22, 3)), hours.next_in_words(at(22, 3))) == (True, None, None)


@pytest.mark.parametrize(
    "schedule",
    ["", " ; ", "always", "Mon 09:00", "Mon 17:00-09:00", "Mon 09:00-09:00", "Mom 09:00-17:00", "Mon 25:00-26:00",
     "Mon-Tue-Wed 09:00-17:00", "Mon 09:00-17:00, Tue 09:00-17:00"],
)  # fmt: skip
def test_a_schedule_that_cannot_be_read_is_refused_with_an_example(schedule: str) -> None:
    with pytest.raises(SettingsError, match=r"BOT_SUPPORT_SCHEDULE.*Mon-Fri 09:00-17:00"):
        Hours(schedule=schedule)


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_time_zone_that_nobody_knows_is_refused(timezone: str) -> None:
    with pytest.raises(SettingsError, match="BOT_SUPPORT_TIMEZONE"):
        Hours(schedule="Mon 09:00-17:00", timezone=timezone)
