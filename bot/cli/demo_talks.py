"""The made-up talks of ``lupus-bot demo``, and when each is held."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).with_name("demo.yaml")
_DAYS = 30
# The same talks at the same distances from today at every run.
_SEED = 20_261_122
# Those in which somebody is waiting or talking are of this hour.
_OPEN = frozenset({"waiting", "human"})
_OPEN_MINUTES = (3, 8, 14, 21, 27, 34, 41)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One talk; the file says what each field means."""

    say: tuple[str, ...]
    times: int = 1
    thumbs: tuple[int, ...] = ()
    comment: str | None = None
    person: str | None = None
    answers: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()
    rating: int | None = None
    contact: tuple[str, str] | None = None
    note: str | None = None
    labels: tuple[str, ...] = ()
    partner: str | None = None
    thumb: int = 0


@dataclass(frozen=True, slots=True)
class Colleague:
    """A made-up member of staff."""

    name: str
    display_name: str
    role: str


@dataclass(frozen=True, slots=True)
class Demo:
    """All that is played.

    Attributes:
        canned: Title and text.
    """

    staff: tuple[Colleague, ...]
    canned: tuple[tuple[str, str], ...]
    talks: tuple[Talk, ...]


def load_demo(path: Path = _FILE) -> Demo:
    """Read the file."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Demo(
        staff=tuple(Colleague(**person) for person in given["staff"]),
        canned=tuple((reply["title"], reply["text"]) for reply in given["canned"]),
        talks=tuple(_talk(talk) for talk in given["talks"]),
    )


def timetable(talks: tuple[Talk, ...], *, now: datetime) -> list[tuple[datetime, Talk]]:
    """Return when each talk begins, the earliest first: over thirty days, by day, and the open ones just now."""
    draw = random.Random(_SEED)  # noqa: S311  # nothing here is secret
    minutes = iter(_OPEN_MINUTES)
    held = []
    for talk in talks:
        for number in range(talk.times):
            one = replace(talk, thumb=talk.thumbs[number % len(talk.thumbs)] if talk.thumbs else 0)
            is_open = talk.person in _OPEN
            begins = now - timedelta(minutes=next(minutes)) if is_open else _some_time(draw, now)
            held.append((begins, one))
    return sorted(held, key=lambda each: each[0])


def _some_time(draw: random.Random, now: datetime) -> datetime:
    # More of late than a month ago, and between 7 and 22 o'clock.
    days = int(_DAYS * draw.random() ** 1.4)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
    moment = day + timedelta(minutes=draw.randrange(7 * 60, 22 * 60))
    return moment if moment < now - timedelta(hours=1) else moment - timedelta(days=1)


def _talk(given: dict[str, Any]) -> Talk:
    contact = given.get("contact")
    lists = {name: tuple(given.get(name, ())) for name in ("say", "thumbs", "answers", "adds", "labels")}
    return Talk(**{**given, **lists, "contact": (contact["kind"], contact["value"]) if contact else None})
