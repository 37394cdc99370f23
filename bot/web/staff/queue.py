"""Who waits for a person, who is with one, and which talks with the guide somebody should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from bot.domain import Role
from bot.web.staff.shell import Shell, SignedIn
from bot.web.staff.streams import Wanted, event_stream

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.live import Live


def queue_router(shell: Shell, *, desk: Desk, live: Live) -> APIRouter:
    """Make the routes of the queue, and of the stream that keeps all pages of the console live."""
    router = APIRouter()
    reader = Depends(shell.require(Role.REVIEWER))
    agent = Depends(shell.require(Role.AGENT))

    @router.get("/queue")
    def queue(request: Request, staff: SignedIn = agent) -> Response:
        return shell.page(request, "queue.html", staff=staff, title="Queue", nav="queue", queue=desk.queue())

    @router.get("/queue/table")
    def table(request: Request, staff: SignedIn = agent) -> Response:
        """Return the lists alone, for a page that is open."""
        return shell.page(request, "_queue.html", staff=staff, title="Queue", queue=desk.queue())

    @router.get("/queue/count")
    def count(staff: SignedIn = agent) -> JSONResponse:
        return JSONResponse({"waiting": len(desk.queue().waiting)})

    @router.get("/live")
    def stream(request: Request, conversation: str | None = None, staff: SignedIn = reader) -> Response:
        """Tell an open page what happens."""
        wanted = Wanted(queue=staff.may(Role.AGENT), conversation_id=conversation)
        return event_stream(live, wanted, is_allowed=lambda: shell.who(request) is not None)

    return router
