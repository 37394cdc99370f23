"""What happened lately, in figures and charts: by day, for all partners or one."""

from __future__ import annotations

import csv
import io
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.db.figures import Figures, FigureStore
from bot.domain import Outcome, Role
from bot.web.staff.charts import Series, line, stacked_bars
from bot.web.staff.shell import Shell, SignedIn
from bot.web.staff.words import span

SPANS = (7, 30, 90)


class _Part(NamedTuple):
    title: str
    tone: str
    outcomes: tuple[Outcome, ...]


_PARTS = (
    _Part("Answered", "tone-1", (Outcome.ANSWERED,)),
    _Part("Not in the guide", "tone-2", (Outcome.ABSTAINED, Outcome.OUT_OF_SCOPE)),
    _Part("Personal", "tone-3", (Outcome.PERSONAL,)),
    _Part("Talk and handoff", "tone-4", (Outcome.CONVERSATION, Outcome.HANDOFF)),
    _Part("Emergency or crisis", "tone-alarm", (Outcome.EMERGENCY, Outcome.CRISIS)),
)


def overview_router(shell: Shell, *, figures: FigureStore) -> APIRouter:
    """Make the routes of the overview."""
    router = APIRouter()
    reader = Depends(shell.require(Role.REVIEWER))

    @router.get("/overview")
    def overview(request: Request, days: int = 30, partner: str = "", staff: SignedIn = reader) -> Response:
        found = _read(figures, shell.now(), days, partner)
        return shell.page(
            request,
            "overview.html",
            staff=staff,
            title="Overview",
            nav="overview",
            figures=found,
            cards=cards_of(found),
            charts=charts_of(found),
            days=_known(days),
            spans=SPANS,
            partner=partner,
            partners=figures.partners(),
        )

    @router.get("/overview.csv")
    def table(days: int = 30, partner: str = "", staff: SignedIn = reader) -> Response:
        """Return the figures of each day as CSV."""
        text = csv_of(_read(figures, shell.now(), days, partner))
        headers = {"content-disposition": f'attachment; filename="overview-{_known(days)}-days.csv"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def cards_of(figures: Figures) -> list[tuple[str, str, str]]:
    """Return the large numbers: title, value, and what it means."""
    middle, most = figures.wait_s(0.5), figures.wait_s(0.9)
    return [
        ("Conversations", str(figures.conversations), f"{figures.replies} replies"),
        ("Answered", _percent(figures.answered_share), "of questions to the guide"),
        ("Helpful", _percent(figures.helpful_share), "of all thumbs"),
        ("Asked for a person", str(sum(day.asked_for_person for day in figures.days)), f"{figures.untaken} not taken"),
        ("Waited", "–" if middle is None else span(middle), "–" if most is None else f"9 of 10 under {span(most)}"),
    ]


def charts_of(figures: Figures) -> list[dict[str, Any]]:
    """Return the charts, each with the rows of its table."""
    labels = [f"{day.on.day} {day.on:%b}" for day in figures.days]
    outcomes = [
        Series(part.title, part.tone, tuple(sum(day.outcomes.get(o, 0) for o in part.outcomes) for day in figures.days))
        for part in _PARTS
    ]
    talks = Series("Conversations", "tone-1", tuple(day.conversations for day in figures.days))
    thumbs = [
        Series("Helpful", "tone-1", tuple(day.helpful for day in figures.days)),
        Series("Not helpful", "tone-2", tuple(day.unhelpful for day in figures.days)),
    ]
    asked = Series("Requests for a person", "tone-4", tuple(day.asked_for_person for day in figures.days))
    return [
        _chart(
            "Replies by outcome",
            labels,
            outcomes,
            stacked_bars(title="Replies by outcome and day", labels=labels, series=outcomes),
        ),
        _chart("Conversations", labels, [talks], line(title="Conversations by day", labels=labels, series=talks)),
        _chart("Requests for a person", labels, [asked], line(title="Requests by day", labels=labels, series=asked)),
        _chart("Feedback", labels, thumbs, stacked_bars(title="Thumbs by day", labels=labels, series=thumbs)),
    ]


def csv_of(figures: Figures) -> str:
    """Write one line for each day."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    codes = [outcome.value for outcome in Outcome]
    writer.writerow(["day", "conversations", *codes, "asked_for_person", "helpful", "unhelpful"])
    for day in figures.days:
        counts = [day.outcomes.get(code, 0) for code in codes]
        writer.writerow(
            [day.on.isoformat(), day.conversations, *counts, day.asked_for_person, day.helpful, day.unhelpful]
        )
    return file.getvalue()


def _chart(title: str, labels: list[str], series: list[Series], svg: Any) -> dict[str, Any]:
    rows = [(label, [each.values[column] for each in series]) for column, label in enumerate(labels)]
    return {"title": title, "svg": svg, "series": series, "rows": rows, "total": sum(sum(s.values) for s in series)}


def _read(store: FigureStore, now: datetime, days: int, partner: str) -> Figures:
    until = datetime.combine(now.date(), time(), tzinfo=now.tzinfo) + timedelta(days=1)
    return store.figures(since=until - timedelta(days=_known(days)), until=until, partner_id=partner or None)


def _known(days: int) -> int:
    return days if days in SPANS else 30


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"
