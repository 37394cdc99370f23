"""What patients asked and the guide does not answer, by meaning: for whoever writes the guide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.conversation.gap_groups import GapGroup, GapGrouper
from bot.db.audit import AuditStore
from bot.db.transcripts import TranscriptStore
from bot.domain import Role
from bot.web.staff.shell import Shell, SignedIn

SPANS = (7, 30, 90)
# The newest ones; grouping 2,000 questions for the first time takes seconds, afterwards next to nothing.
MOST_GAPS = 2000
_SHOWN = 100


class Gaps:
    """Reads and groups the gaps.

    Args:
        store: Where they are written.
        grouper: Puts them together.
        title_of: The heading of a section; None: there is no such section any more.
    """

    def __init__(self, *, store: TranscriptStore, grouper: GapGrouper, title_of: Callable[[str], str | None]) -> None:
        self._store = store
        self._grouper = grouper
        self.title_of = title_of

    def groups(self, shell: Shell, days: int) -> list[GapGroup]:
        """Return the groups of the last days."""
        now = shell.now()
        span = timedelta(days=days)
        found = self._store.gaps(since=now - span, until=now + timedelta(minutes=1), limit=MOST_GAPS)
        return self._grouper.group(found, middle=now - span / 2)

    def nearest(self, group: GapGroup) -> list[tuple[str, str]]:
        """Return id and heading of the sections nearest to a group that are still there."""
        titled = [(section_id, self.title_of(section_id)) for section_id in group.section_ids]
        return [(section_id, title) for section_id, title in titled if title is not None]


def gaps_router(shell: Shell, *, gaps: Gaps, audit: AuditStore) -> APIRouter:
    """Make the routes of the gaps."""
    router = APIRouter()
    reader = Depends(shell.require(Role.REVIEWER))
    lead = Depends(shell.checked(Role.LEAD))

    @router.get("/gaps")
    def page(request: Request, days: int = 30, staff: SignedIn = reader) -> Response:
        groups = gaps.groups(shell, _known(days))
        return shell.page(
            request,
            "gaps.html",
            staff=staff,
            title="Gaps",
            nav="gaps",
            groups=[_shown(group, gaps) for group in groups[:_SHOWN]],
            total=sum(group.count for group in groups),
            different=len(groups),
            days=_known(days),
            spans=SPANS,
        )

    @router.post("/gaps/export")
    def export(days: int = 30, staff: SignedIn = lead) -> Response:
        """Return an outline for the guide's author."""
        groups = gaps.groups(shell, _known(days))
        audit.record(
            staff_id=staff.id,
            actor=staff.name,
            action="gaps.exported",
            subject_kind="gaps",
            subject_id=None,
            detail={"days": _known(days), "groups": len(groups)},
            now=shell.now(),
        )
        headers = {"content-disposition": f'attachment; filename="gaps-{_known(days)}-days.md"'}
        return Response(outline(groups, gaps, days=_known(days)), media_type="text/markdown", headers=headers)

    return router


def outline(groups: list[GapGroup], gaps: Gaps, *, days: int) -> str:
    """Write the groups as Markdown: a heading for each, its wordings as patients put them, the nearest sections."""
    parts = [f"# Questions without an answer, last {days} days\n"]
    for group in groups:
        wordings = "\n".join(f"- {_line(question)}" for question in group.questions)
        near = ", ".join(f"{title} (`{section_id}`)" for section_id, title in gaps.nearest(group)) or "none"
        parts.append(
            f"## {_line(group.question)}\n\nAsked {group.count} times. Nearest sections: {near}.\n\n{wordings}\n"
        )
    return "\n".join(parts)


def _line(question: str) -> str:
    """Write a patient's words on one line in which nothing is Markdown."""
    words = " ".join(question.split())
    return "".join(f"\\{char}" if char in "\\`*_{}[]()#+!|<>" else char for char in words)


def _shown(group: GapGroup, gaps: Gaps) -> dict[str, Any]:
    return {
        "question": group.question,
        "count": group.count,
        "recent": group.recent,
        "earlier": group.earlier,
        "others": [question for question in group.questions if question != group.question],
        "nearest": gaps.nearest(group),
        "talks": list(dict.fromkeys(gap.conversation_id for gap in group.gaps))[:5],
        "newest": group.gaps[0].created_at,
    }


def _known(days: int) -> int:
    return days if days in SPANS else 30
