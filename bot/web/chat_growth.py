"""An answer on its way: verified sentences of a language model, drawn one by one as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from starlette.concurrency import run_in_threadpool

from bot.domain import Reply
from bot.web.chat_steps import Wire

OnProgress = Callable[[str], None]
# Asks the service something in a conversation, off the event loop.
Ask = Callable[[str, OnProgress | None], Reply]


class Growth:
    """What stands on the page while an answer is made: first the dots, then verified sentences as they come.

    Args:
        send: Sends one event to the page.
        step: The dots, already drawn.

    Attributes:
        has_text: Sentences have come.
    """

    def __init__(self, send: Callable[[str, Any], Awaitable[Any]], step: Wire) -> None:
        self.has_text = False
        self._send = send
        self._step = step
        self._text = ""

    async def follow(self, ask: Ask, conversation_id: str) -> Reply:
        """Ask, and draw what comes until the reply is there."""
        loop = asyncio.get_running_loop()
        texts: asyncio.Queue[str | None] = asyncio.Queue()

        def on_progress(text: str) -> None:
            loop.call_soon_threadsafe(texts.put_nowait, text)

        drawing = asyncio.create_task(self._draw_all(texts))
        try:
            return await run_in_threadpool(ask, conversation_id, on_progress)
        finally:
            texts.put_nowait(None)
            await drawing

    async def take_away(self) -> None:
        """Remove what stands there: the finished reply takes its place, or nothing does."""
        await self._send("delete_message", self._step)

    async def _draw_all(self, texts: asyncio.Queue[str | None]) -> None:
        while (text := await texts.get()) is not None:
            if not self.has_text:
                await self._begin()
            token = {"id": self._step["id"], "token": text[len(self._text) :], "isSequence": False, "isInput": False}
            await self._send("stream_token", token)
            self._text = text

    async def _begin(self) -> None:
        """Put an empty bubble in the place of the dots."""
        await self.take_away()
        self.has_text = True
        self._step = {**self._step, "id": f"growing.{uuid4()}"}
        await self._send("stream_start", {**self._step, "streaming": True})
