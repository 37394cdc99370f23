"""Whether staff are told of new requests: what was sent, what waits and what failed, for admins."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.shell import Shell, SignedIn

_SHOWN = 100
_PATH = "/staff/notices"


def notices_router(shell: Shell, *, stores: Stores, channels: Sequence[str]) -> APIRouter:
    """Make the routes of the notices' page; `channels` are the names of those that are set up."""
    router = APIRouter()
    admin = Depends(shell.require(Role.ADMIN))
    checked = Depends(shell.checked(Role.ADMIN))

    @router.get("/notices")
    def notices(request: Request, staff: SignedIn = admin) -> Response:
        return shell.page(
            request,
            "notices.html",
            staff=staff,
            title="Notices",
            nav="settings",
            channels=tuple(channels),
            counts=stores.outbox.counts(),
            troubled=stores.outbox.troubled(limit=_SHOWN),
        )

    @router.post("/notices/{notice_id}/again")
    def again(notice_id: str, staff: SignedIn = checked) -> Response:
        if not stores.outbox.send_again(notice_id=notice_id, now=shell.now()):
            raise shell.missing()
        stores.audit.record(
            staff_id=staff.id,
            actor=staff.name,
            action="notice.sent_again",
            subject_kind="notice",
            subject_id=notice_id,
            now=shell.now(),
        )
        return shell.redirect(_PATH, "The notice is on its way again.")

    return router
