"""The days of a partner: numbers of two sources joined, without gaps, and as a file."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bot.conversation.partner_figures import FigureDay, csv_of, days_of, messages_today
from bot.db.figures import Day, Figures
from bot.db.partner_values import PartnerDay

NOW = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


class _Source:
    """Two days of numbers; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def figures(self, *, since: datetime, until: datetime, partner_id: str | None = None) -> Figures:
        self.asked.append((since, until, partner_id))
        days = (
            Day(on=date(2026, 2, 28), conversations=4, asked_for_person=2, helpful=3, unhelpful=1),
            Day(on=date(2026, 3, 1)),
        )
        return Figures(days=days, waits_s=(), untaken=0, most_asked=())

    def days(self, *, partner_id: str, since: date, until: date) -> list[PartnerDay]:
        self.asked.append((since, until, partner_id))
        return [PartnerDay(date(2026, 3, 1), opens=9, messages=7, refused=5)]


def test_days_hold_what_was_talked_and_what_was_counted_and_zero_elsewhere() -> None:
    source = _Source()
    found = days_of(partner_id="st-mary", days=2, now=NOW, figures=source, counts=source)
    assert found == (
        FigureDay(on=date(2026, 2, 28), conversations=4, handoffs=2, helpful=3, unhelpful=1),
        FigureDay(on=date(2026, 3, 1), opens=9, questions=7, refused=5),
    )
    assert source.asked == [
        (date(2026, 2, 28), date(2026, 3, 2), "st-mary"),
        (datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), "st-mary"),
    ]


def test_todays_messages_are_those_of_the_day_in_utc() -> None:
    source = _Source()
    assert messages_today(source, partner_id="st-mary", now=NOW) == 7
    assert source.asked == [(date(2026, 3, 1), date(2026, 3, 2), "st-mary")]


def test_a_file_begins_with_a_mark_and_has_one_line_for_each_day() -> None:
    days = [
        FigureDay(date(2026, 2, 28), 1, 2, 3, 4, 5, 6, 7),
        FigureDay(on=date(2026, 3, 1)),
    ]
    assert csv_of(days, partner_id="st-mary") == (
        "\ufeffpartner,day,opens,conversations,questions,handoffs,helpful,unhelpful,refused\r\n"
        "st-mary,2026-02-28,1,2,3,4,5,6,7\r\n"
        "st-mary,2026-03-01,0,0,0,0,0,0,0\r\n"
    )
