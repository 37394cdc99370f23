"""What the transcript has and a page has not: drawn in order and once, whoever said it and wherever it was said.

The transcript is the truth, and a page is only ever behind it. Live events say that there is news, never what; a
page that comes back after a lost connection is drawn anew. The page knows a line by its id, so the same one drawn
twice stands there once.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from bot.domain import Message, Reply
from bot.errors import BotError
from bot.web import chat_steps
from bot.web.chat_pen import Pen
from bot.web.chat_screen import Screen
from bot.web.chat_steps import Wire
from bot.web.chat_texts import ChatTexts

if TYPE_CHECKING:
    from bot.conversation.service import Service

logger = logging.getLogger(__name__)


class Delivery:
    """Brings pages up to their transcript.

    Args:
        service: Reads transcripts, and checks whose they are.
        pen: Draws.
        texts: The page's sentences.
    """

    def __init__(self, *, service: Service, pen: Pen, texts: ChatTexts) -> None:
        self._service = service
        self._pen = pen
        self._texts = texts

    async def resume(self, screen: Screen) -> None:
        """Draw the whole conversation, buttons and sources included.

        Raises:
            NotFoundError: It is not this visitor's.
        """
        conversation_id = screen.conversation_id
        if conversation_id is None:
            return
        async with screen.drawing:
            messages = await self.read(screen)
            drawn = chat_steps.thread(
                messages, conversation_id=conversation_id, visitor_id=screen.visitor_id, texts=self._texts
            )
            await screen.send("first_interaction", {"interaction": "resume", "thread_id": conversation_id})
            await screen.send("resume_thread", drawn)
            actions = chat_steps.thread_actions(messages, texts=self._texts)
            screen.offered = [action for action in actions if action["name"] == "ask"]
            await self._pen.add(screen, actions)
            screen.drawn = {message.id for message in messages if message.reply is not None}
            screen.seen_seq = messages[-1].seq if messages else 0

    async def catch_up(self, screen: Screen) -> None:
        """Draw what the page has not; what cannot be read now is drawn at the next call."""
        try:
            await self._draw_news(screen)
        except BotError as error:
            logger.warning("page not brought up to date", extra={"code": error.code})

    async def make_room(self, screen: Screen, reply: Reply) -> Wire | None:
        """Draw what was said before a reply, and return the reply's own step; None: it stands there already."""
        seq = None
        try:
            seq = await self._draw_news(screen, until=reply.reply_id)
        except BotError as error:  # the reply is what counts
            logger.warning("page not brought up to date", extra={"code": error.code})
        if reply.reply_id in screen.drawn:
            return None
        screen.drawn.add(reply.reply_id)
        return chat_steps.reply_step(reply, texts=self._texts, seq=seq)

    async def read(self, screen: Screen, *, after_seq: int = 0) -> list[Message]:
        """Read the conversation of a page after a position, 0 for all of it.

        Raises:
            NotFoundError: It is not this visitor's.
        """
        if screen.conversation_id is None:
            return []
        return await run_in_threadpool(
            self._service.history,
            conversation_id=screen.conversation_id,
            visitor_id=screen.visitor_id,
            after_seq=after_seq,
        )

    async def _draw_news(self, screen: Screen, *, until: str | None = None) -> int | None:
        """Draw news up to the line of the id `until`, and return its position where it is among them."""
        async with screen.drawing:
            for message in await self.read(screen, after_seq=screen.seen_seq):
                if message.id == until:
                    return message.seq
                if message.reply is not None and message.id not in screen.drawn and screen.turns and until is None:
                    return None  # the turn that runs here draws its own reply, and looks for news after it
                if message.id not in screen.drawn:
                    await self._pen.draw_message(screen, message)
                if message.reply is not None:
                    screen.drawn.add(message.id)
                screen.seen_seq = message.seq
        return None
