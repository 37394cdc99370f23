"""Erasing a person: all conversations of one patient of a partner, where they have asked for it or left the portal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from bot.web.api.access import CHANNEL, Access, Caller
from bot.web.api.entrance import caller_of, identity_of
from bot.web.api.openapi import problems
from bot.web.api.problems import Problem
from bot.web.api.schemas import ErasureOut, ErasureWish
from bot.web.api.tokens import VisitorIds
from bot.web.embed.gate import CHANNEL as WIDGET_CHANNEL

if TYPE_CHECKING:
    from bot.conversation.desk import Desk


class ErasureRoutes:
    """The route that erases a person.

    Args:
        access: Reads signed user ids.
        desk: Erases.
        visitors: Turns partners' ids of visitors into ours.
        clock: The time, UTC.
    """

    def __init__(self, *, access: Access, desk: Desk, visitors: VisitorIds, clock: Callable[[], datetime]) -> None:
        self._access = access
        self._desk = desk
        self._visitors = visitors
        self._clock = clock

    def add_to(self, app: FastAPI) -> None:
        """Register the route."""
        app.add_api_route("/erasures", self.erase_person, methods=["POST"], summary="Erase a person, with proof",
            tags=["conversations"], response_model=ErasureOut,
            responses=problems(400, 401, 403, 413, 415, 422, 429, 503))  # fmt: skip

    async def erase_person(self, request: Request, wish: ErasureWish) -> Response:
        """Erase all conversations of one of your patients, for good; needs the partner's key.

        A signed user id names the person in the widget and here; `visitor` is the id that conversations were opened
        with here. Somebody who is unknown has nothing to erase: then all counts are zero.
        """
        caller = caller_of(request)
        if caller.claims is not None:
            raise Problem("key_needed", "A person is erased with the partner's key.")
        return JSONResponse(await run_in_threadpool(self._erase, caller, wish.visitor, identity_of(request)))

    def _erase(self, caller: Caller, visitor: str | None, identity: str | None) -> dict[str, Any]:
        rows: dict[str, int] = {}
        for visitor_id in self._named(caller, visitor, identity):
            for table, count in self._desk.erase_person(
                visitor_id=visitor_id, by=f"partner {caller.partner.id}"
            ).items():
                rows[table] = rows.get(table, 0) + count
        return {"erased_at": self._clock().isoformat(), "rows": rows, "total": sum(rows.values())}

    def _named(self, caller: Caller, visitor: str | None, identity: str | None) -> list[str]:
        """Return whom a request names, as the record knows them."""
        named = [] if visitor is None else [self._visitors.of(visitor, partner_id=caller.partner.id)]
        if identity is not None:
            both = (self._access.signed(caller, identity, channel=channel) for channel in (CHANNEL, WIDGET_CHANNEL))
            named += [signed.visitor_id for signed in both if signed is not None]
        if not named:
            raise Problem("nobody_named")
        return named
