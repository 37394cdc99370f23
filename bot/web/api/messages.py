"""Messages: what the patient wrote and what came of it, as one answer or as a stream, and the transcript."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from bot.conversation.record import code_of
from bot.conversation.wire import reply_to_json
from bot.domain import Reply
from bot.errors import BotError
from bot.web.api.access import Access
from bot.web.api.answers import Answers, Underway
from bot.web.api.entrance import ANSWERS_EMERGENCIES, find_whose, over_limit, require_whose
from bot.web.api.openapi import ConversationId, problems, stream_of
from bot.web.api.problems import Problem, invalid, problem_of
from bot.web.api.schemas import CLIENT_ID, MAX_SEQ, MessagesOut, MessageWish, ReplyOut
from bot.web.api.shown import shown_message, written_event

if TYPE_CHECKING:
    from bot.conversation.service import Service

logger = logging.getLogger(__name__)

STREAM = "text/event-stream"
STREAM_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
HEARTBEAT = ": still here\n\n"
# What is refused is mostly refused within milliseconds: as an answer with its own status, then.
_FIRST_S = 1.0
_MOST_LISTED = 200

_KEY_HEADER = "Idempotency-Key"
IdempotencyKey = Annotated[
    # Its shape is described here and looked at by the route: no header keeps an emergency from its reply.
    Annotated[str, WithJsonSchema({"type": "string", "pattern": CLIENT_ID})] | None,
    Header(
        alias=_KEY_HEADER,
        description="Your own id of this message. Sent again with the same text it gets the same reply; with another "
        "text, 409.",
    ),
]


class Messages:
    """The routes of messages.

    Args:
        access: Says whose conversation it is.
        answers: Has messages answered.
        service: Reads the transcript.
        beat_s: How often a quiet stream says that it lives.
    """

    def __init__(self, *, access: Access, answers: Answers, service: Service, beat_s: float) -> None:
        self._access = access
        self._answers = answers
        self._service = service
        self._beat_s = beat_s

    def add_to(self, app: FastAPI) -> None:
        """Register the routes."""
        path = "/conversations/{conversation_id}/messages"
        app.add_api_route(
            path,
            self.send_message,
            methods=["POST"],
            name=ANSWERS_EMERGENCIES,
            summary="Send a message, get the reply",
            tags=["messages"],
            response_model=ReplyOut,
            responses={200: stream_of(_STREAMED), **problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
        )
        app.add_api_route(
            path,
            self.list_messages,
            methods=["GET"],
            summary="Read the transcript",
            tags=["messages"],
            response_model=MessagesOut,
            responses=problems(401, 403, 404, 422, 429, 503),
        )

    async def send_message(
        self,
        request: Request,
        conversation_id: ConversationId,
        wish: MessageWish,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        """Send what the patient wrote.

        The reply is the whole object. Emergencies and crises are answered with 200 whatever limit is reached, but for
        a flood of messages, and whatever is wrong beside the text; show `text` at once. With
        `Accept: text/event-stream` it comes as a stream: `progress` (the text so far, all of it verified, only while
        a language model writes), `reply` (the whole object, which counts) or `error` (a problem), with comments in
        between so that no proxy loses patience. A reply is kept even if nobody waits for it any more: send the
        message again with the same Idempotency-Key to get it.
        """
        whose = await find_whose(self._access, request, conversation_id)
        wrong = [*_wrong_with(idempotency_key), *wish.wrong]
        hindrance = whose.hindrance or over_limit(request) or (invalid(wrong) if wrong else None)
        key = idempotency_key or wish.client_message_id
        underway = self._answers.begin(whose, wish.text, key=key, hindrance=hindrance)
        if STREAM not in request.headers.get("accept", ""):
            return JSONResponse(reply_to_json(await _reply_of(underway)))
        await underway.growth.wait(_FIRST_S)
        if underway.task.done():
            await _reply_of(underway)  # raises where there is none
        return StreamingResponse(self._stream(underway), media_type=STREAM, headers=STREAM_HEADERS)

    async def list_messages(
        self,
        request: Request,
        conversation_id: ConversationId,
        after_seq: Annotated[int, Query(ge=0, le=MAX_SEQ, description="Only what came after this position.")] = 0,
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED)] = 100,
    ) -> Response:
        """Read the transcript in order, as the patient sees it: masked, each reply as it was given."""
        whose = await require_whose(self._access, request, conversation_id)
        found = await run_in_threadpool(
            self._service.history,
            conversation_id=conversation_id,
            visitor_id=whose.visitor_id,
            after_seq=after_seq,
        )
        page = found[:limit]
        more = page[-1].seq if len(found) > limit else None
        return JSONResponse({"messages": [shown_message(each) for each in page], "next_after_seq": more})

    async def _stream(self, underway: Underway) -> AsyncIterator[str]:
        sent = ""
        while not underway.task.done():
            if underway.growth.text != sent:
                sent = underway.growth.text
                yield written_event("progress", {"text": sent})
            elif not await underway.growth.wait(self._beat_s):
                yield HEARTBEAT
        yield await _ending(underway)


def _wrong_with(key: str | None) -> list[dict[str, Any]]:
    """Say what is wrong with an Idempotency-Key, as Pydantic does."""
    if key is None or re.fullmatch(CLIENT_ID, key):
        return []
    what = f"String should match pattern '{CLIENT_ID}'"
    return [{"loc": ("header", _KEY_HEADER), "type": "string_pattern_mismatch", "msg": what}]


async def _reply_of(underway: Underway) -> Reply:
    """Wait for the reply; a caller that goes away does not end it.

    Raises:
        Problem: There is none.
        NotFoundError: The conversation is gone.
    """
    return await asyncio.shield(underway.task)


async def _ending(underway: Underway) -> str:
    try:
        return written_event("reply", reply_to_json(underway.task.result()))
    except Problem as problem:
        document = problem.document()
    except BotError as error:
        document = problem_of(error).document()
    except Exception as error:  # noqa: BLE001  # the stream has begun: its reader is told there
        logger.error("message not answered", extra={"code": code_of(error)})
        document = Problem("internal").document()
    return written_event("error", document)


_STREAMED: dict[str, Any] = {
    "progress": 'data: {"text": "CAR-T therapy uses your own"}',
    "reply": "data: the whole object, as without a stream",
    "error": "data: a problem document",
}
