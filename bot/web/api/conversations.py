"""Conversations: open one, look at it, take a copy, erase it; and thumbs on its replies."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from bot.domain import Conversation
from bot.errors import NotFoundError
from bot.web.api.access import CHANNEL, Access, Caller, Whose
from bot.web.api.entrance import caller_of, identity_of, require_whose
from bot.web.api.openapi import BASE_PATH, ConversationId, problems
from bot.web.api.problems import Problem
from bot.web.api.schemas import (
    ConversationOut,
    ConversationWish,
    ErasedOut,
    ExportOut,
    FeedbackOut,
    FeedbackWish,
    OpenedOut,
)
from bot.web.api.shown import shown_conversation, shown_message
from bot.web.api.tokens import Tokens, VisitorIds

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.service import Service
    from bot.db.transcripts import TranscriptStore

_VISITOR_BYTES = 16
_ONE = "/conversations/{conversation_id}"


class ConversationRoutes:
    """The routes of conversations.

    Args:
        access: Says who calls and whose conversation it is.
        service: Opens them, and keeps thumbs.
        desk: Exports and erases.
        transcripts: Holds language and times.
        tokens: Gives tokens.
        visitors: Turns partners' ids of visitors into ours.
        disclaimer: Told with each new conversation.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        access: Access,
        service: Service,
        desk: Desk,
        transcripts: TranscriptStore,
        tokens: Tokens,
        visitors: VisitorIds,
        disclaimer: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._access = access
        self._service = service
        self._desk = desk
        self._transcripts = transcripts
        self._tokens = tokens
        self._visitors = visitors
        self._disclaimer = disclaimer
        self._clock = clock

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        opened: dict[int | str, dict[str, Any]] = {201: {"headers": {"Location": {"schema": {"type": "string"}}}}}
        text = {"text/plain": {"schema": {"type": "string", "description": "As a file to read and keep."}}}
        usual = problems(401, 403, 404, 429, 503)
        written = problems(400, 401, 403, 404, 413, 415, 422, 429, 503)
        add = app.add_api_route
        tags: list[str | Enum] = ["conversations"]
        add(
            "/conversations",
            self.open_conversation,
            methods=["POST"],
            summary="Open a conversation",
            tags=tags,
            status_code=201,
            response_model=OpenedOut,
            responses={**opened, **problems(400, 401, 403, 413, 415, 422, 429, 503)},
        )
        add(_ONE, self.show_conversation, methods=["GET"], summary="See where it stands", tags=tags,
            response_model=ConversationOut, responses=usual)  # fmt: skip
        add(_ONE, self.erase_conversation, methods=["DELETE"], summary="Erase it, with proof", tags=tags,
            response_model=ErasedOut, responses=usual)  # fmt: skip
        add(f"{_ONE}/export", self.export_conversation, methods=["GET"], summary="Take a copy", tags=tags,
            response_model=ExportOut, responses={200: {"content": text}, **usual})  # fmt: skip
        add(f"{_ONE}/feedback", self.give_feedback, methods=["POST"], summary="Put a thumb on a reply", tags=tags,
            response_model=FeedbackOut, responses=written)  # fmt: skip

    async def open_conversation(self, request: Request, wish: ConversationWish) -> Response:
        """Open a conversation for one patient; needs the partner's key.

        `token` opens this conversation alone, for a part of your server that should not hold the key. Nothing here
        names the patient: `visitor` is an id that means something to you alone.
        """
        caller = caller_of(request)
        if caller.claims is not None:
            raise Problem("key_needed")
        opened = await run_in_threadpool(self._open, caller, wish, identity_of(request))
        place = f"{BASE_PATH}/conversations/{opened['conversation_id']}"
        return JSONResponse(opened, status_code=201, headers={"location": place})

    async def show_conversation(self, request: Request, conversation_id: ConversationId) -> Response:
        """See who speaks, the place in line, and what happens next."""
        whose = await require_whose(self._access, request, conversation_id)
        return JSONResponse(await run_in_threadpool(self._shown, whose))

    async def export_conversation(self, request: Request, conversation_id: ConversationId) -> Response:
        """Take a copy of everything: JSON, or with `Accept: text/plain` a file to read and keep."""
        whose = await require_whose(self._access, request, conversation_id)
        if "text/plain" in request.headers.get("accept", ""):
            file = await run_in_threadpool(self._desk.download, **_of(whose))
            headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
            return Response(file.text, media_type="text/plain; charset=utf-8", headers=headers)
        return JSONResponse(await run_in_threadpool(self._exported, whose))

    async def give_feedback(self, request: Request, conversation_id: ConversationId, wish: FeedbackWish) -> Response:
        """Put the patient's thumb on a reply of this conversation, in the place of an earlier one."""
        whose = await require_whose(self._access, request, conversation_id)
        return JSONResponse(await run_in_threadpool(self._with_thumb, whose, wish))

    async def erase_conversation(self, request: Request, conversation_id: ConversationId) -> Response:
        """Erase the conversation and all that hangs on it, for good; it does not exist from then on."""
        whose = await require_whose(self._access, request, conversation_id)
        rows = await run_in_threadpool(self._desk.erase, **_of(whose))
        proof = {
            "conversation_id": conversation_id,
            "erased_at": self._clock().isoformat(),
            "rows": rows,
            "total": sum(rows.values()),
        }
        return JSONResponse(proof)

    def _open(self, caller: Caller, wish: ConversationWish, identity: str | None) -> dict[str, Any]:
        signed = self._access.signed(caller, identity)
        visitor = None if signed is not None else wish.visitor or secrets.token_urlsafe(_VISITOR_BYTES)
        partner = caller.partner
        visitor_id = (
            signed.visitor_id if signed is not None else self._visitors.of(visitor or "", partner_id=partner.id)
        )
        conversation = self._service.open(
            visitor_id=visitor_id,
            channel=CHANNEL,
            language=wish.language if wish.language in partner.languages else partner.languages[0],
            partner_id=partner.id,
            region=wish.region,
        )
        self._access.remember(conversation.id, visitor_id=visitor_id, partner_id=partner.id)
        return self._opened(caller, conversation, visitor)

    def _opened(self, caller: Caller, conversation: Conversation, visitor: str | None) -> dict[str, Any]:
        token, claims = self._tokens.give(
            partner_id=caller.partner.id,
            key_id=caller.key_id,
            visitor_id=conversation.visitor_id,
            conversation_id=conversation.id,
        )
        return {
            "conversation_id": conversation.id,
            "token": token,
            "token_expires_at": claims.until.isoformat(),
            "visitor": visitor,
            "state": conversation.state.value,
            "language": conversation.language,
            "created_at": conversation.created_at.isoformat(),
            "disclaimer": self._disclaimer,
        }

    def _shown(self, whose: Whose) -> dict[str, Any]:
        conversation = self._transcripts.conversation(**_of(whose))
        return shown_conversation(conversation, self._desk.waiting_view(**_of(whose)))

    def _exported(self, whose: Whose) -> dict[str, Any]:
        messages = self._service.history(**_of(whose))
        return {"conversation": self._shown(whose), "messages": [shown_message(each) for each in messages]}

    def _with_thumb(self, whose: Whose, wish: FeedbackWish) -> dict[str, Any]:
        replies = [each.reply.reply_id for each in self._service.history(**_of(whose)) if each.reply is not None]
        if wish.reply_id not in replies:  # another one of the same patient's is not for this token
            raise NotFoundError("There is no such reply in this conversation.")
        kept = self._service.give_feedback(
            reply_id=wish.reply_id,
            visitor_id=whose.visitor_id,
            value=wish.value,
            reason=wish.reason,
            comment=wish.comment,
        )
        return {
            "reply_id": kept.reply_id,
            "value": kept.value,
            "reason": kept.reason,
            "created_at": kept.created_at.isoformat(),
        }


def _of(whose: Whose) -> dict[str, Any]:
    return {"conversation_id": whose.conversation_id, "visitor_id": whose.visitor_id}
