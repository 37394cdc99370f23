"""What is drawn on a page, and how: replies with their chips and buttons, notes, lines of a transcript."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from bot.domain import Author, Message, Reply
from bot.web import chat_steps
from bot.web.chat_growth import Growth
from bot.web.chat_screen import Screen
from bot.web.chat_steps import Wire
from bot.web.chat_texts import ChatTexts


class Pen:
    """Draws on screens.

    Args:
        texts: The page's sentences.
        pause: The clock between two batches of streamed text.
    """

    def __init__(self, *, texts: ChatTexts, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._texts = texts
        self._pause = pause

    async def draw_message(self, screen: Screen, message: Message) -> None:
        """Draw a line of the transcript as a whole; one that is there already stays where it is."""
        if message.author in (Author.PATIENT, Author.BOT):
            await self.remove(screen, screen.offered)
            screen.offered = []
        if message.reply is None:
            await screen.send("new_message", chat_steps.person_step(message, texts=self._texts))
            return
        step = chat_steps.reply_step(message.reply, texts=self._texts, seq=message.seq)
        await self.draw_reply(screen, message.reply, step, with_follow_ups=True)

    async def draw_reply(
        self, screen: Screen, reply: Reply, step: Wire, *, with_follow_ups: bool, instead: Growth | None = None
    ) -> None:
        """Draw a finished reply: chips, text, buttons; `instead` of what has grown in its place."""
        for element in chat_steps.chip_elements(reply):
            await screen.send("element", element)
        if instead is not None:
            await instead.take_away()
        await screen.send("new_message", step)
        actions = chat_steps.reply_actions(reply, texts=self._texts, with_follow_ups=with_follow_ups)
        screen.offered += [action for action in actions if action["name"] == "ask"]
        await self.add(screen, actions)

    async def stream(self, screen: Screen, step: Wire) -> None:
        """Let a text flow in, until it is all there or the patient wants all of it."""
        await screen.send("stream_start", {**step, "output": "", "streaming": True})
        for batch in chat_steps.batches(step["output"]):
            if screen.wants_all:
                return
            await screen.send("stream_token", {"id": step["id"], "token": batch, "isSequence": False, "isInput": False})
            await self._pause(chat_steps.BATCH_S)

    async def add(self, screen: Screen, actions: list[Wire]) -> None:
        """Show buttons."""
        for action in actions:
            # The page appends without looking; drawn again, each button would stand there twice.
            await screen.send("remove_action", action)
            await screen.send("action", action)

    async def remove(self, screen: Screen, actions: list[Wire], *, keep: str | None = None) -> None:
        """Take buttons away, but those of the name `keep`."""
        for action in actions:
            if action["name"] != keep:
                await screen.send("remove_action", action)

    async def toast(self, screen: Screen, text: str, *, kind: str = "success") -> None:
        """Show a sentence for a moment."""
        await screen.send("toast", {"message": text, "type": kind})

    async def note(self, screen: Screen, text: str) -> None:
        """Write a note of the page itself; it is in no transcript."""
        step = chat_steps.note_step(step_id=f"note.{uuid4()}", conversation_id=screen.conversation_id or "", text=text)
        await screen.send("new_message", step)
