"""What happened on a partner's pages: by day, as charts, a table and a file; the admins' page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.conversation.partner_figures import FigureDay, csv_of, days_of
from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.charts import Series, line, stacked_bars
from bot.web.staff.shell import Shell, SignedIn

SPANS = (7, 30, 90)
_USUAL = 30


def partner_figures_router(shell: Shell, *, stores: Stores) -> APIRouter:
    """Make the routes of a partner's figures."""
    router = APIRouter()
    admin = Depends(shell.require(Role.ADMIN))

    @router.get("/partners/{partner_id}/figures")
    def figures(request: Request, partner_id: str, days: int = _USUAL, staff: SignedIn = admin) -> Response:
        partner = stores.partners.get(partner_id=partner_id)
        found = _read(shell, stores, partner_id, days)
        return shell.page(
            request,
            "partner_figures.html",
            staff=staff,
            title=f"{partner.name}: figures",
            nav="settings",
            partner=partner,
            cards=cards_of(found),
            charts=charts_of(found),
            rows=found[::-1],
            days=_known(days),
            spans=SPANS,
        )

    @router.get("/partners/{partner_id}/figures.csv")
    def table(partner_id: str, days: int = _USUAL, staff: SignedIn = admin) -> Response:
        """Return the figures of each day as CSV; no patient's words are in it."""
        partner = stores.partners.get(partner_id=partner_id)
        text = csv_of(_read(shell, stores, partner_id, days), partner_id=partner.id)
        headers = {
            "content-disposition": f'attachment; filename="{partner.id}-{_known(days)}-days.csv"',
            "cache-control": "no-store",
        }
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def cards_of(days: Sequence[FigureDay]) -> list[tuple[str, str, str]]:
    """Return the large numbers: title, value, and what it means."""
    thumbs = sum(day.helpful + day.unhelpful for day in days)
    helpful = sum(day.helpful for day in days)
    return [
        ("Opened", str(sum(day.opens for day in days)), "times"),
        ("Conversations", str(sum(day.conversations for day in days)), "begun"),
        ("Questions", str(sum(day.questions for day in days)), "answered or not"),
        ("Asked for a person", str(sum(day.handoffs for day in days)), "requests"),
        ("Helpful", f"{helpful / thumbs:.0%}" if thumbs else "–", f"of {thumbs} thumbs"),
        ("Turned away", str(sum(day.refused for day in days)), "pages and tickets"),
    ]


def charts_of(days: Sequence[FigureDay]) -> list[dict[str, Any]]:
    """Return the charts; the page's table holds their numbers."""
    labels = [f"{day.on.day} {day.on:%b}" for day in days]

    def series(title: str, tone: str, value: Callable[[FigureDay], int]) -> Series:
        return Series(title, tone, tuple(value(day) for day in days))

    thumbs = [
        series("Helpful", "tone-1", lambda day: day.helpful),
        series("Not helpful", "tone-2", lambda day: day.unhelpful),
    ]
    lines = [
        series("Opened", "tone-3", lambda day: day.opens),
        series("Questions", "tone-1", lambda day: day.questions),
        series("Requests for a person", "tone-4", lambda day: day.handoffs),
    ]
    drawn = [
        *((each.title, [each], line(title=f"{each.title} by day", labels=labels, series=each)) for each in lines),
        ("Feedback", thumbs, stacked_bars(title="Thumbs by day", labels=labels, series=thumbs)),
    ]
    return [
        {"title": title, "series": parts, "svg": svg, "total": sum(sum(each.values) for each in parts)}
        for title, parts, svg in drawn
    ]


def _read(shell: Shell, stores: Stores, partner_id: str, days: int) -> tuple[FigureDay, ...]:
    return days_of(
        partner_id=partner_id,
        days=_known(days),
        now=shell.now(),
        figures=stores.figures,
        counts=stores.partner_counts,
    )


def _known(days: int) -> int:
    return days if days in SPANS else _USUAL
