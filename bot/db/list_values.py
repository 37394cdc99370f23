"""What the list of transcripts is asked for, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from bot.db.search_words import Piece
from bot.domain import Outcome, Speaker

_MAX_CHARS = 400
_MAX_DAYS = 3650


class Thumbs(StrEnum):
    """What patients thought of the replies of a conversation."""

    UP = "up"
    DOWN = "down"
    NONE = "none"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which conversations are listed: those for which all of it holds; None and the empty text ask for nothing.

    Attributes:
        text: What staff typed into the search box, as `bot.db.search_words` reads it.
        since: Begun on this day (UTC) or later.
        until: Begun on this day (UTC) or earlier.
        days: Begun within so many days before now; for views that are kept.
        outcome: With `reason` and `answerer`: one reply has all of them.
        label: Id of a label.
        partner: Id of a partner; ``-`` for conversations without one.
        reviewed: A review of one of its replies is done.
        handed_over: A person was asked for.
        unread: The one who asks has not read it to its end.
    """

    text: str = ""
    since: date | None = None
    until: date | None = None
    days: int | None = None
    state: Speaker | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    answerer: str | None = None
    label: str | None = None
    partner: str | None = None
    channel: str | None = None
    language: str | None = None
    feedback: Thumbs | None = None
    reviewed: bool | None = None
    handed_over: bool | None = None
    noted: bool | None = None
    unread: bool | None = None

    @classmethod
    def of(cls, pairs: Mapping[str, str]) -> Filters:
        """Read filters from the words of an address or of a saved view; what is no value of a filter asks nothing."""
        values = {name: _read(name, pairs[name][:_MAX_CHARS].strip()) for name in FILTER_NAMES if pairs.get(name)}
        return cls(**{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]

    def pairs(self) -> dict[str, str]:
        """Write the filters that ask for something as words, in the order of their names here."""
        values = {name: getattr(self, name) for name in FILTER_NAMES}
        return {name: _written(value) for name, value in values.items() if value not in (None, "")}


FILTER_NAMES = tuple(field.name for field in fields(Filters))
NO_PARTNER = "-"
_YES_NO = ("reviewed", "handed_over", "noted", "unread")


@dataclass(frozen=True, slots=True)
class Listed:
    """One conversation of the list.

    Attributes:
        messages: How many lines the transcript has.
        opening: Beginning of the first thing the patient said.
        outcomes: Of its replies, each once, in the order of `Outcome`.
        labels: Names.
        notes: How many.
        snippet: Where it holds what was looked for.
        snippet_seq: Position of that message.
    """

    id: str
    state: Speaker
    channel: str
    language: str
    created_at: datetime
    updated_at: datetime
    messages: int
    partner_id: str | None = None
    opening: str = ""
    outcomes: tuple[Outcome, ...] = ()
    thumbs_up: int = 0
    thumbs_down: int = 0
    has_comment: bool = False
    labels: tuple[str, ...] = ()
    notes: int = 0
    is_reviewed: bool = False
    is_handed_over: bool = False
    is_unread: bool = False
    snippet: tuple[Piece, ...] = ()
    snippet_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list, the newest conversation first; `older` asks for the page after it, None at the end."""

    rows: tuple[Listed, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many conversations there are; above a bound the number is an estimate."""

    number: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters can be set to, as far as the record knows it; `labels` are ids and names."""

    reasons: tuple[str, ...]
    partners: tuple[str, ...]
    channels: tuple[str, ...]
    languages: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


def _read(name: str, word: str) -> object:
    if name in _YES_NO:
        return {"yes": True, "no": False}.get(word)
    readers = {
        "since": date.fromisoformat,
        "until": date.fromisoformat,
        "days": _days,
        "state": Speaker,
        "outcome": Outcome,
        "feedback": Thumbs,
    }
    try:
        return readers.get(name, str)(word) or None
    except ValueError:
        return None


def _days(word: str) -> int | None:
    days = int(word) if word.isascii() and len(word) < 6 else 0
    return days if 0 < days <= _MAX_DAYS else None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)
