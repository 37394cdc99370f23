"""The live side of a conversation: what persons and the system write, who speaks, and where the patient stands.

A stream reads what it tells from the record; events only say that there is something to read. A burst of them is one
reading, and a reader that is slow misses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Header, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from bot.conversation.record import code_of
from bot.domain import Author, Message, Speaker
from bot.errors import BotError, NotFoundError
from bot.web.api.access import Access, Caller, Whose
from bot.web.api.entrance import caller_of, require_whose
from bot.web.api.messages import HEARTBEAT, STREAM, STREAM_HEADERS
from bot.web.api.openapi import ConversationId, problems, stream_of
from bot.web.api.problems import Problem, problem_of, retry_after
from bot.web.api.schemas import MAX_SEQ
from bot.web.api.shown import shown_message, shown_waiting, written_event
from bot.web.chat_live import Heard

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.service import Service
    from bot.db.events import Event

logger = logging.getLogger(__name__)

_OF_OTHERS = frozenset({Author.STAFF, Author.SYSTEM})
_TOLD: dict[str, str] = {
    "state": "data: where the patient stands, as GET …/handoff; at the beginning and at each change",
    "message": "data: a line of a person or the system, as in the transcript; its id is its seq",
    "typing": 'data: {"name": "Grace"}',
    "erased": "data: {}",
    "over": "data: {}",
    "error": "data: a problem document",
}


class Events:
    """The route of live events.

    Args:
        access: Says whose conversation it is.
        service: Reads lines.
        desk: Says where the patient stands.
        live: Tells of events.
        most_streams: Open streams of one key and its tokens.
        most_of_token: Open streams of one token.
        beat_s: How often a quiet stream says that it lives, and looks whether its reader may still read.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        access: Access,
        service: Service,
        desk: Desk,
        live: Heard,
        most_streams: int,
        most_of_token: int,
        beat_s: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._access = access
        self._service = service
        self._desk = desk
        self._live = live
        self._open = _Open(most_streams, most_of_token)
        self._beat_s = beat_s
        self._clock = clock

    def add_to(self, app: FastAPI) -> None:
        """Register the route."""
        app.add_api_route(
            "/conversations/{conversation_id}/events",
            self.follow_conversation,
            methods=["GET"],
            summary="Follow it live",
            tags=["messages"],
            response_class=StreamingResponse,
            responses={200: stream_of(_TOLD), **problems(401, 403, 404, 422, 429, 503)},
        )

    async def follow_conversation(
        self,
        request: Request,
        conversation_id: ConversationId,
        last_event_id: Annotated[
            int | None,
            Header(
                alias="Last-Event-ID",
                ge=0,
                le=MAX_SEQ,
                description="The last id that was seen: lines after this position are told first.",
            ),
        ] = None,
    ) -> Response:
        """Follow what others write and who speaks, as server-sent events with comments in between.

        Lines of the patient and of the guide are not told: they are the answers to your own calls. `over` ends a
        stream whose key or signed user id no longer works; open another one. Read the transcript after a break, or
        send Last-Event-ID.
        """
        whose = await require_whose(self._access, request, conversation_id)
        caller = caller_of(request)
        follower = _Follower(conversation_id, asyncio.get_running_loop())
        if not self._open.enter(caller):
            raise Problem("too_many_streams", headers=retry_after(30))
        unsubscribe = self._live.subscribe(follower.hear)

        def leave() -> None:
            unsubscribe()
            self._open.leave(caller)

        try:
            follower.seq = await self._begin_at(whose, last_event_id)
        except BaseException:
            leave()
            raise
        return _Streaming(self._stream(follower, whose, caller), leave=leave)

    async def _begin_at(self, whose: Whose, last_event_id: int | None) -> int:
        lines = await run_in_threadpool(self._lines, whose, last_event_id or 0)
        if last_event_id is not None:
            return last_event_id
        return lines[-1].seq if lines else 0

    async def _stream(self, follower: _Follower, whose: Whose, caller: Caller) -> AsyncIterator[str]:
        try:
            while True:
                news = follower.take()
                async for written in self._told(follower, whose, news):
                    yield written
                if "erased" in news:
                    return
                if not await follower.wait(self._beat_s):
                    if not await run_in_threadpool(self._may_read, whose, caller):
                        yield written_event("over", {})
                        return
                    yield HEARTBEAT
        except BotError as error:
            gone = isinstance(error, NotFoundError)
            yield written_event("erased", {}) if gone else written_event("error", problem_of(error).document())
        except Exception as error:  # noqa: BLE001  # the stream has begun: its reader is told there, and comes back
            logger.error("stream broken", extra={"code": code_of(error)})
            yield written_event("error", Problem("internal").document())

    async def _told(self, follower: _Follower, whose: Whose, news: dict[str, Any]) -> AsyncIterator[str]:
        """Read and write down what is new."""
        if "erased" in news:
            yield written_event("erased", {})
            return
        if "message" in news:
            for line in await run_in_threadpool(self._lines, whose, follower.seq):
                follower.seq = line.seq
                if line.author in _OF_OTHERS:
                    yield written_event("message", shown_message(line), event_id=line.seq)
        if "state" in news:
            view = await run_in_threadpool(self._desk.waiting_view, **_of(whose))
            shown = shown_waiting(view)
            follower.is_waiting = view.state is Speaker.WAITING
            if shown != follower.shown:
                follower.shown = shown
                yield written_event("state", shown)
        if "typing" in news:
            yield written_event("typing", {"name": news["typing"]})

    def _lines(self, whose: Whose, after_seq: int) -> list[Message]:
        return self._service.history(after_seq=after_seq, **_of(whose))

    def _may_read(self, whose: Whose, caller: Caller) -> bool:
        is_signed = whose.signed_until is None or self._clock() < whose.signed_until
        return is_signed and self._access.still_works(caller)


class _Streaming(StreamingResponse):
    """A stream that is tidied up after, whether or not a line of it was ever read."""

    def __init__(self, lines: AsyncIterator[str], *, leave: Callable[[], None]) -> None:
        super().__init__(lines, media_type=STREAM, headers=STREAM_HEADERS)
        self._leave = leave

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


@dataclass(eq=False)
class _Follower:
    """What one stream has told and has still to look at; `news` holds each kind once, so it cannot grow."""

    conversation_id: str
    loop: asyncio.AbstractEventLoop
    seq: int = 0
    shown: dict[str, Any] | None = None
    is_waiting: bool = False
    news: dict[str, Any] = field(default_factory=lambda: {"message": None, "state": None})
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, event: Event) -> None:
        """Hear of an event, in the thread that tells of them."""
        if event.conversation_id == self.conversation_id or event.kind in ("queue", "state"):
            self.loop.call_soon_threadsafe(self._note, event)

    def take(self) -> dict[str, Any]:
        """Return what is to be looked at, and begin anew."""
        news, self.news = self.news, {}
        self.bell.clear()
        return news

    async def wait(self, timeout_s: float) -> bool:
        """Wait for news; False: there was none in this time."""
        try:
            await asyncio.wait_for(self.bell.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def _note(self, event: Event) -> None:
        if event.conversation_id != self.conversation_id:
            if not self.is_waiting:  # whoever joins or leaves the line moves the places of all who wait
                return
            self.news["state"] = None
        elif event.kind == "typing":
            if event.detail.get("who") != "staff":
                return
            self.news["typing"] = event.detail.get("name")
        elif event.kind in ("message", "erased"):
            self.news[event.kind] = None
        elif event.kind in ("state", "queue"):
            self.news["state"] = None
        else:
            return
        self.bell.set()


class _Open:
    """How many streams each key and each token has open; safe to use from many threads."""

    def __init__(self, most: int, most_of_token: int) -> None:
        self._most = most
        self._most_of_token = most_of_token
        self._lock = threading.Lock()
        self._count: Counter[str] = Counter()

    def enter(self, caller: Caller) -> bool:
        bounds = self._bounds(caller)
        with self._lock:
            if any(self._count[whose] >= most for whose, most in bounds.items()):
                return False
            self._count.update(bounds.keys())
            return True

    def leave(self, caller: Caller) -> None:
        with self._lock:
            for whose in self._bounds(caller):
                self._count[whose] -= 1
                if self._count[whose] <= 0:
                    del self._count[whose]

    def _bounds(self, caller: Caller) -> dict[str, int]:
        bounds = {f"key {caller.key_id}": self._most}
        if caller.talk_id is not None:
            bounds[f"token {caller.talk_id}"] = self._most_of_token
        return bounds


def _of(whose: Whose) -> dict[str, Any]:
    return {"conversation_id": whose.conversation_id, "visitor_id": whose.visitor_id}
