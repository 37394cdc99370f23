"""What patients can do with their own conversation: download it, delete it, be reached, end a talk, rate it.

Whose conversation it is, the desk is asked each time with the visitor of the cookie; for anybody else there is none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import BotError, FloorError, LimitError, NotFoundError
from bot.web.chat_presence import presence_of
from bot.web.chat_texts import ChatTexts
from bot.web.visitor import VisitorCookie

if TYPE_CHECKING:
    from bot.conversation.desk import Desk

logger = logging.getLogger(__name__)


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ContactWish(_Wish):
    """How the patient wants to be reached."""

    kind: Literal["email", "phone"]
    value: Annotated[str, Field(max_length=400)]
    consent: bool = False


class RateWish(_Wish):
    """What the patient thought of the talk with a person."""

    rating: int


class ChatMy:
    """Holds the router of a patient's own controls.

    Args:
        desk: Carries them out.
        texts: The page's sentences.
        cookie: Says whose request it is.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        desk: Desk,
        texts: ChatTexts,
        cookie: VisitorCookie,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._desk = desk
        self._texts = texts
        self._cookie = cookie
        self._clock = clock
        self.router = APIRouter(include_in_schema=False, prefix="/my/{conversation_id}")
        add = self.router.add_api_route
        add("", self.show, methods=["GET"])
        add("/download", self.download, methods=["GET"])
        add("/contact", self.leave_contact, methods=["POST"])
        add("/contact/withdraw", self.withdraw_contact, methods=["POST"])
        add("/end", self.end, methods=["POST"])
        add("/rate", self.rate, methods=["POST"])
        add("/erase", self.erase, methods=["POST"])

    async def show(self, request: Request, conversation_id: str) -> Response:
        """Say where the conversation stands, and which contacts were left."""
        return await self._answer(request, conversation_id, dict)

    async def download(self, request: Request, conversation_id: str) -> Response:
        """Serve the conversation as a text file."""
        visitor_id = self._visitor(request)
        try:
            file = await run_in_threadpool(self._desk.download, conversation_id=conversation_id, visitor_id=visitor_id)
        except BotError as error:
            return self._refusal(error)
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
        # The mark at the beginning tells old editors that this is UTF-8.
        return Response("\ufeff" + file.text, media_type="text/plain; charset=utf-8", headers=headers)

    async def leave_contact(self, request: Request, conversation_id: str, wish: ContactWish) -> Response:
        """Keep how the patient can be reached."""
        whose = self._whose(request, conversation_id)
        return await self._answer(
            request,
            conversation_id,
            lambda: self._desk.leave_contact(kind=wish.kind, value=wish.value, consent=wish.consent, **whose),
        )

    async def withdraw_contact(self, request: Request, conversation_id: str) -> Response:
        """Delete the contacts."""
        whose = self._whose(request, conversation_id)
        return await self._answer(request, conversation_id, lambda: self._desk.withdraw_contact(**whose))

    async def end(self, request: Request, conversation_id: str) -> Response:
        """Leave the line, or end the talk with a person."""
        whose = self._whose(request, conversation_id)
        return await self._answer(request, conversation_id, lambda: self._desk.end_talk(**whose))

    async def rate(self, request: Request, conversation_id: str, wish: RateWish) -> Response:
        """Keep what the patient thought of the talk."""
        whose = self._whose(request, conversation_id)
        return await self._answer(request, conversation_id, lambda: self._desk.rate(rating=wish.rating, **whose))

    async def erase(self, request: Request, conversation_id: str) -> Response:
        """Delete the conversation, and say that it is gone."""
        whose = self._whose(request, conversation_id)
        try:
            await run_in_threadpool(lambda: self._desk.erase(**whose))
        except BotError as error:
            return self._refusal(error)
        now = self._clock()
        moment = f"{self._texts.format_date(now.date())}, {now:%H:%M} UTC"
        return JSONResponse({"proof": self._texts.my.erased.format(moment=moment)})

    async def _answer(self, request: Request, conversation_id: str, act: Callable[[], Any]) -> Response:
        """Do it, and answer with where the conversation stands then."""
        whose = self._whose(request, conversation_id)

        def do() -> Any:
            act()
            return self._desk.waiting_view(**whose)

        try:
            view = await run_in_threadpool(do)
        except BotError as error:
            return self._refusal(error)
        return JSONResponse(presence_of(view, texts=self._texts))

    def _refusal(self, error: BotError) -> Response:
        if isinstance(error, NotFoundError):
            return JSONResponse({"code": "not_found", "detail": self._texts.status.not_found}, status_code=404)
        if isinstance(error, FloorError):
            return JSONResponse({"code": error.code, "detail": self._texts.my.too_late}, status_code=409)
        if isinstance(error, LimitError):
            return JSONResponse({"code": error.code, "detail": self._problem(error.code)}, status_code=422)
        logger.error("own control failed", extra={"code": error.code})
        return JSONResponse({"code": error.code, "detail": self._texts.my.failed}, status_code=503)

    def _problem(self, code: str) -> str:
        if code == "consent" or code.startswith("contact_"):
            return self._desk.contact_problem(code)
        return self._texts.my.failed

    def _whose(self, request: Request, conversation_id: str) -> dict[str, str]:
        return {"conversation_id": conversation_id, "visitor_id": self._visitor(request)}

    def _visitor(self, request: Request) -> str:
        """Return the visitor; nobody is somebody who has no conversation."""
        return self._cookie.read(request.headers.get("cookie")) or ""
