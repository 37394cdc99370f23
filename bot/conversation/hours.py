"""When people answer: opening hours in words for patients, and as times that the desk can count with."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import SettingsError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = {day[:3].lower(): number for number, day in enumerate(_DAYS)}
_PART = re.compile(
    r"(?P<days>[A-Za-z]{3}(?:\s*[-,]\s*[A-Za-z]{3})*)\s+(?P<open>\d{1,2}:\d{2})\s*-\s*(?P<close>\d{1,2}:\d{2})"
)
_WEEK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class _Span:
    """Open on these weekdays, 0 is Monday, from one time of day to another."""

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True)
class Hours:
    """The opening hours of the support team; without a schedule nobody knows whether somebody is there.

    Attributes:
        words: When people answer, in an operator's own words; None: the schedule is put into words.
        schedule: Such as ``Mon-Fri 09:00-17:00; Sat 10:00-12:00``; None: not told.
        timezone: Of the schedule, such as ``Europe/Berlin``.
    """

    words: str | None = None
    schedule: str | None = None
    timezone: str = "UTC"
    _spans: tuple[_Span, ...] = field(init=False, default=(), repr=False)

    def __post_init__(self) -> None:
        """Read the schedule.

        Raises:
            SettingsError: The schedule or the time zone cannot be read; the detail says how to write it.
        """
        if self.schedule is not None:
            object.__setattr__(self, "_spans", _spans_of(self.schedule))
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(
                f"BOT_SUPPORT_TIMEZONE: {self.timezone!r} is no time zone this machine knows; write one such as "
                "Europe/Berlin."
            ) from error

    @cached_property
    def in_words(self) -> str | None:
        """Return when people answer, in words; None where nothing is known."""
        if self.words is not None or not self._spans:
            return self.words
        spans = [f"{_days_in_words(span.days)}, {span.opens:%H:%M} to {span.closes:%H:%M}" for span in self._spans]
        return f"{'; '.join(spans)} ({self._zone_in_words})"

    def is_open(self, now: datetime) -> bool:
        """Tell whether somebody should be there; without a schedule always, for nobody can say otherwise."""
        return not self._spans or self.open_since(now) is not None

    def open_since(self, now: datetime) -> datetime | None:
        """Return when the desk opened today; None: it is closed, or has no schedule."""
        begun = [opens for opens, closes in self._openings(now) if opens <= now < closes]
        return min(begun, default=None)

    def next_opening(self, now: datetime) -> datetime | None:
        """Return when somebody will be there again; None: somebody is, or there is no schedule."""
        if self.is_open(now):
            return None
        return min((opens for opens, _ in self._openings(now) if opens > now), default=None)

    def next_in_words(self, now: datetime) -> str | None:
        """Return when somebody will be there again, such as ``on Monday from 09:00 (Berlin time)``."""
        opens = self.next_opening(now)
        if opens is None:
            return None
        today = now.astimezone(self._zone).date()
        away = (opens.date() - today).days
        day = {0: "today", 1: "tomorrow"}.get(away, f"on {_DAYS[opens.weekday()]}")
        return f"{day} from {opens:%H:%M} ({self._zone_in_words})"

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def _zone_in_words(self) -> str:
        return "UTC" if self.timezone == "UTC" else f"{self.timezone.rpartition('/')[2].replace('_', ' ')} time"

    def _openings(self, now: datetime) -> list[tuple[datetime, datetime]]:
        """Return the openings from yesterday to a week from now, as times of the zone."""
        first = (now - timedelta(days=1)).astimezone(self._zone).date()
        days = [first + timedelta(days=count) for count in range(_WEEK.days + 1)]
        return [
            (
                datetime.combine(day, span.opens, tzinfo=self._zone),
                datetime.combine(day, span.closes, tzinfo=self._zone),
            )
            for day in days
            for span in self._spans
            if day.weekday() in span.days
        ]


def _spans_of(schedule: str) -> tuple[_Span, ...]:
    try:
        spans = tuple(_span_of(part.strip()) for part in schedule.split(";") if part.strip())
    except (KeyError, ValueError) as error:
        raise _unreadable(schedule) from error
    if not spans:
        raise _unreadable(schedule)
    return spans


def _span_of(part: str) -> _Span:
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError("no days and times")
    opens, closes = (time.fromisoformat(match[name].zfill(5)) for name in ("open", "close"))
    if not opens < closes:
        raise ValueError("closes before it opens")
    return _Span(_days_of(match["days"]), opens, closes)


def _days_of(text: str) -> tuple[int, ...]:
    """Read ``Mon-Fri`` or ``Mon,Wed``; a range may run over the end of the week."""
    days: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        start = _SHORT[first.strip().lower()]
        end = _SHORT[last.strip().lower()] if last else start
        days += [(start + count) % 7 for count in range((end - start) % 7 + 1)]
    return tuple(dict.fromkeys(days))


def _unreadable(schedule: str) -> SettingsError:
    return SettingsError(
        f"BOT_SUPPORT_SCHEDULE: {schedule!r} cannot be read; write it like “Mon-Fri 09:00-17:00; Sat 10:00-12:00”."
    )


def _days_in_words(days: tuple[int, ...]) -> str:
    run = all(later - earlier == 1 for earlier, later in itertools.pairwise(days))
    if len(days) > 2 and run:
        return f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    names = [_DAYS[day] for day in days]
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
