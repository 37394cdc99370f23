"""The chat's own HTTP routes: the page, pressed buttons, sources.

They stand before Chainlit's routes of the same path; whose a conversation is, is asked of the service each time.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Match

from bot.domain import Message, Reference
from bot.errors import BotError
from bot.web.chat_screen import Press
from bot.web.chat_sources import describe_source, find_citation
from bot.web.chat_texts import ChatTexts
from bot.web.visitor import VisitorCookie

if TYPE_CHECKING:
    from bot.conversation.service import Service

logger = logging.getLogger(__name__)
Id = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class Presser(Protocol):
    """Carries out a pressed button on an open page; False if there is no such page of this visitor."""

    def __call__(self, *, session_id: str, visitor_id: str, pressed: Press) -> Awaitable[bool]:
        """Carry it out."""
        ...


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore")
    reply_id: Id
    index: int | None = None
    reason: Annotated[str, Field(max_length=40)] | None = None


class _Action(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: Annotated[str, Field(max_length=40)]
    payload: _Payload


class PressRequest(BaseModel):
    """A pressed button as the page sends it; of what it claims only ids and small codes are read."""

    model_config = ConfigDict(extra="ignore")
    sessionId: Id  # noqa: N815  # the page's spelling
    action: _Action


class ChatRoutes:
    """Holds the router and what its routes need."""

    def __init__(
        self,
        *,
        app: FastAPI,
        service: Service,
        texts: ChatTexts,
        cookie: VisitorCookie,
        page: str,
        references: Mapping[str, Reference],
        press: Presser,
    ) -> None:
        """Register the routes."""
        self._app = app
        self._service = service
        self._texts = texts
        self._cookie = cookie
        self._page = page
        self._references = references
        self._press = press
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("", self.to_page, methods=["GET", "HEAD"])
        self.router.add_api_route("/", self.show_page, methods=["GET", "HEAD"])
        self.router.add_api_route("/login", self.show_page, methods=["GET", "HEAD"])
        self.router.add_api_route("/login/callback", self.to_page, methods=["GET", "HEAD"])
        self.router.add_api_route("/thread/{conversation_id}", self.show_conversation, methods=["GET", "HEAD"])
        self.router.add_api_route("/sources/{conversation_id}/{reply_id}/{marker}", self.show_source, methods=["GET"])
        self.router.add_api_route("/project/action", self.press_button, methods=["POST"])
        self.router.add_api_route("/set-session-cookie", self.keep_no_session_cookie, methods=["POST"])

    async def to_page(self) -> Response:
        """Send a visitor to the page."""
        return RedirectResponse("/chat/", status_code=307)

    async def show_page(self, request: Request) -> Response:
        """Serve the page, and a visitor cookie to whoever has none."""
        response = HTMLResponse(self._page)
        if self._visitor(request) is None:
            response.headers.append("set-cookie", self._cookie.issue()[1])
        return response

    async def show_conversation(self, request: Request, conversation_id: str) -> Response:
        """Serve the page for the visitor's own conversation; anybody else starts at an empty one."""
        messages = await self._history(request, conversation_id)
        return await self.to_page() if messages is None else await self.show_page(request)

    async def show_source(self, request: Request, conversation_id: str, reply_id: str, marker: int) -> Response:
        """Serve what stands behind a citation of the visitor's own conversation."""
        messages = await self._history(request, conversation_id)
        citation = find_citation(messages or [], reply_id=reply_id, marker=marker)
        if citation is None:
            return JSONResponse({"code": "not_found"}, status_code=404)
        source = describe_source(
            citation,
            texts=self._texts,
            references=self._references,
            is_served=self._is_served,
            today=datetime.now(UTC).date(),
        )
        return JSONResponse(source)

    async def press_button(self, request: Request, pressed: PressRequest) -> Response:
        """Carry out a pressed button; one that fits nothing of this visitor's does nothing."""
        visitor_id = self._visitor(request)
        if visitor_id is not None:
            payload = pressed.action.payload
            press = Press(
                name=pressed.action.name, reply_id=payload.reply_id, index=payload.index, reason=payload.reason
            )
            if await self._press(session_id=pressed.sessionId, visitor_id=visitor_id, pressed=press):
                return JSONResponse({"success": True, "response": None})
        return JSONResponse({"success": False, "detail": self._texts.status.not_found}, status_code=404)

    async def keep_no_session_cookie(self) -> Response:
        """Answer as Chainlit's page expects, and set nothing: the session id belongs in no cookie of ours."""
        return JSONResponse({"message": "not needed"})

    def _visitor(self, request: Request) -> str | None:
        return self._cookie.read(request.headers.get("cookie"))

    async def _history(self, request: Request, conversation_id: str) -> list[Message] | None:
        visitor_id = self._visitor(request)
        if visitor_id is None:
            return None
        try:
            return await run_in_threadpool(
                self._service.history, conversation_id=conversation_id, visitor_id=visitor_id
            )
        except BotError as error:
            logger.info("conversation not shown", extra={"code": error.code})
            return None

    def _is_served(self, path: str) -> bool:
        """Say whether a route of this app answers the path."""
        if not path.startswith("/") or path.startswith("//"):
            return False
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        return any(route.matches(scope)[0] is Match.FULL for route in self._app.router.routes)
