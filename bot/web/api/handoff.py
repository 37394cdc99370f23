"""The way to a person: ask for one, see the place in line, leave a contact, end the talk, rate it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from bot.conversation.wire import reply_to_json
from bot.errors import LimitError
from bot.web.api.access import Access
from bot.web.api.entrance import require_whose
from bot.web.api.openapi import ConversationId, problems
from bot.web.api.problems import Problem
from bot.web.api.schemas import ContactWish, RatingWish, ReplyOut, WaitingOut
from bot.web.api.shown import shown_waiting

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.service import Service

_PATH = "/conversations/{conversation_id}/handoff"


class HandoffRoutes:
    """The routes of the handoff.

    Args:
        access: Says whose conversation it is.
        service: Asks for a person.
        desk: Does the rest.
    """

    def __init__(self, *, access: Access, service: Service, desk: Desk) -> None:
        self._access = access
        self._service = service
        self._desk = desk

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        usual = problems(401, 403, 404, 429, 503)
        written = problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
        for path, endpoint, method, summary, model, responses in (
            ("", self.ask_for_person, "POST", "Ask for a person", ReplyOut, usual),
            ("", self.show_handoff, "GET", "See the place in line", WaitingOut, usual),
            ("", self.end_handoff, "DELETE", "Leave the line or end the talk", WaitingOut, usual),
            ("/contact", self.leave_contact, "PUT", "Leave a contact", WaitingOut, written),
            ("/contact", self.withdraw_contacts, "DELETE", "Withdraw all contacts", WaitingOut, usual),
            ("/rating", self.rate_handoff, "PUT", "Rate the talk", WaitingOut, written),
        ):
            app.add_api_route(
                f"{_PATH}{path}",
                endpoint,
                methods=[method],
                summary=summary,
                tags=["handoff"],
                response_model=model,
                responses=responses,
            )

    async def ask_for_person(self, request: Request, conversation_id: ConversationId) -> Response:
        """Ask for a person, as a button does: stored, told to staff, and answered at once with what happens next.

        What the person writes then comes with the conversation's events, and stands in the transcript.
        """
        whose = await require_whose(self._access, request, conversation_id)
        reply = await run_in_threadpool(
            self._service.request_person, conversation_id=conversation_id, visitor_id=whose.visitor_id
        )
        return JSONResponse(reply_to_json(reply))

    async def show_handoff(self, request: Request, conversation_id: ConversationId) -> Response:
        """See who speaks, the place in line, and what happens next in words for the patient."""
        return await self._do(request, conversation_id, lambda whose: None)

    async def end_handoff(self, request: Request, conversation_id: ConversationId) -> Response:
        """Leave the line, or end the talk with the person: the guide answers again. Twice does no harm."""
        return await self._do(request, conversation_id, lambda whose: self._desk.end_talk(**whose))

    async def leave_contact(self, request: Request, conversation_id: ConversationId, wish: ContactWish) -> Response:
        """Leave how the patient can be reached, in the place of an earlier one of the same kind.

        Only while a person is asked for, and with the patient's consent; the value is shown to staff alone.
        """
        try:
            return await self._do(
                request,
                conversation_id,
                lambda whose: self._desk.leave_contact(kind=wish.kind, value=wish.value, consent=wish.consent, **whose),
            )
        except LimitError as error:
            raise Problem(error.code, extra={"text": self._desk.contact_problem(error.code)}) from error

    async def withdraw_contacts(self, request: Request, conversation_id: ConversationId) -> Response:
        """Delete all contacts of the conversation. Twice does no harm."""
        return await self._do(request, conversation_id, lambda whose: self._desk.withdraw_contact(**whose))

    async def rate_handoff(self, request: Request, conversation_id: ConversationId, wish: RatingWish) -> Response:
        """Keep what the patient thought of the newest talk with a person; the newest mark counts."""
        return await self._do(request, conversation_id, lambda whose: self._desk.rate(rating=wish.rating, **whose))

    async def _do(self, request: Request, conversation_id: str, act: Callable[[dict[str, str]], Any]) -> Response:
        """Do it, and answer with where the conversation stands then."""
        found = await require_whose(self._access, request, conversation_id)
        whose = {"conversation_id": conversation_id, "visitor_id": found.visitor_id}

        def do() -> dict[str, Any]:
            act(whose)
            return shown_waiting(self._desk.waiting_view(**whose))

        return JSONResponse(await run_in_threadpool(do))
