"""Live pages of the console: one stream of server-sent events for each open page.

An event names what happened and holds nothing that was said: the page then asks for what it shows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from bot.conversation.live import Live
    from bot.db.events import Event

# How often a quiet stream says that it lives, and looks whether its reader is still signed in.
_BEAT_S = 20.0
# A page that takes nothing for so long has gone; it comes back by itself and reads everything again.
_MOST_WAITING = 200
_OF_THE_QUEUE = frozenset({"queue", "state", "erased"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page wants to hear of.

    Attributes:
        queue: Who waits.
        conversation_id: All that happens in this conversation.
    """

    queue: bool
    conversation_id: str | None = None

    def news(self, event: Event) -> list[tuple[str, Mapping[str, Any]]]:
        """Return what the page is told of an event, as names and values."""
        news: list[tuple[str, Mapping[str, Any]]] = []
        if self.queue and event.kind in _OF_THE_QUEUE:
            news.append(("queue", {}))
        if self.conversation_id == event.conversation_id and event.kind != "queue":
            news.append((event.kind, event.detail))
        return news


def event_stream(
    live: Live, wanted: Wanted, *, is_allowed: Callable[[], bool], beat_s: float = _BEAT_S
) -> StreamingResponse:
    """Answer with a stream that ends when its reader goes or may no longer read.

    Args:
        is_allowed: Asked again and again, off the event loop: sessions end while pages stay open.
    """
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    stream = _stream(live, wanted, is_allowed, beat_s)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(live: Live, wanted: Wanted, is_allowed: Callable[[], bool], beat_s: float) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[str, Mapping[str, Any]]] = asyncio.Queue(_MOST_WAITING)

    def put(news: list[tuple[str, Mapping[str, Any]]]) -> None:
        for item in news:
            if not queue.full():
                queue.put_nowait(item)

    def hear(event: Event) -> None:
        news = wanted.news(event)
        if news:
            loop.call_soon_threadsafe(put, news)

    unsubscribe = live.subscribe(hear)
    try:
        # Whatever was missed before the subscription, the page reads now.
        yield _written("ready", {})
        while True:
            try:
                name, values = await asyncio.wait_for(queue.get(), beat_s)
            except TimeoutError:
                if not await run_in_threadpool(is_allowed):
                    yield _written("over", {})
                    return
                yield ": still here\n\n"
            else:
                yield _written(name, values)
    finally:
        unsubscribe()


def _written(name: str, values: Mapping[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(dict(values))}\n\n"
