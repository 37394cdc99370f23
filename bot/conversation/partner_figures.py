"""What happened on a partner's pages, day by day: numbers only, for the console, the command line and files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from bot.db.figures import Figures
from bot.db.partner_values import PartnerDay

_COLUMNS = (
    "partner", "day", "opens", "conversations", "questions", "handoffs", "helpful", "unhelpful", "refused",
)  # fmt: skip


class FigureSource(Protocol):
    """Counts conversations; see `bot.db.figures.FigureStore`."""

    def figures(self, *, since: datetime, until: datetime, partner_id: str | None = None) -> Figures:
        """Count what happened from `since` to before `until`."""


class CountSource(Protocol):
    """Counts of partners' pages; see `bot.db.partner_counts.PartnerCountStore`."""

    def days(self, *, partner_id: str, since: date, until: date) -> list[PartnerDay]:
        """Return the days that have any."""


@dataclass(frozen=True, slots=True)
class FigureDay:
    """One day of a partner, in UTC.

    Attributes:
        opens: How often the chat was opened.
        conversations: Conversations begun.
        questions: Messages of patients, answered or not.
        handoffs: Requests for a person.
        helpful: Thumbs up.
        unhelpful: Thumbs down.
        refused: Pages and tickets turned away.
    """

    on: date
    opens: int = 0
    conversations: int = 0
    questions: int = 0
    handoffs: int = 0
    helpful: int = 0
    unhelpful: int = 0
    refused: int = 0


def days_of(
    *, partner_id: str, days: int, now: datetime, figures: FigureSource, counts: CountSource
) -> tuple[FigureDay, ...]:
    """Return the last days of a partner, today's among them, the oldest first and without gaps.

    Args:
        days: How many, 1 or more.
        now: The time, UTC.
    """
    until = datetime.combine(now.date(), time(), tzinfo=now.tzinfo) + timedelta(days=1)
    since = until - timedelta(days=days)
    counted = {day.on: day for day in counts.days(partner_id=partner_id, since=since.date(), until=until.date())}
    found = figures.figures(since=since, until=until, partner_id=partner_id)
    return tuple(
        FigureDay(
            on=day.on,
            opens=counted[day.on].opens if day.on in counted else 0,
            conversations=day.conversations,
            questions=counted[day.on].messages if day.on in counted else 0,
            handoffs=day.asked_for_person,
            helpful=day.helpful,
            unhelpful=day.unhelpful,
            refused=counted[day.on].refused if day.on in counted else 0,
        )
        for day in found.days
    )


def messages_today(counts: CountSource, *, partner_id: str, now: datetime) -> int:
    """Return how many messages of a partner's visitors were counted today, UTC."""
    days = counts.days(partner_id=partner_id, since=now.date(), until=now.date() + timedelta(days=1))
    return sum(day.messages for day in days)


def csv_of(days: Sequence[FigureDay], *, partner_id: str) -> str:
    """Write one line for each day, as spreadsheets read it: a mark at the beginning, lines ending in CR LF.

    A cell is a partner's id, a date or a number, and none of them can be taken for a formula.
    """
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(_COLUMNS)
    for day in days:
        writer.writerow(
            [
                partner_id,
                day.on.isoformat(),
                day.opens,
                day.conversations,
                day.questions,
                day.handoffs,
                day.helpful,
                day.unhelpful,
                day.refused,
            ]
        )
    return "\ufeff" + file.getvalue()
