"""Who is here: what a page shows of the desk beside the conversation, and that somebody writes.

The page's strip says it in a few words; the transcript's own notes say it at length. What is sent is small and the
same for a page that asks twice, so it is sent only when it changes.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from bot.domain import Speaker
from bot.errors import BotError
from bot.web.chat_screen import Screen
from bot.web.chat_steps import Wire
from bot.web.chat_texts import ChatTexts

if TYPE_CHECKING:
    from bot.conversation.desk import Desk, WaitingView

logger = logging.getLogger(__name__)

# A page says at most so often that its patient writes; whoever sends it faster is not heard.
TYPING_EVERY_S = 2.5
_OVER = (Speaker.BOT, Speaker.CLOSED)


class Presence:
    """Tells pages who speaks in their conversation.

    Args:
        desk: Knows it.
        texts: The page's sentences.
    """

    def __init__(self, *, desk: Desk, texts: ChatTexts) -> None:
        self._desk = desk
        self._texts = texts

    async def tell(self, screen: Screen) -> None:
        """Bring the strip of a page up to date; what cannot be read now is told at the next call."""
        if screen.conversation_id is None:
            return
        try:
            view = await run_in_threadpool(
                self._desk.waiting_view, conversation_id=screen.conversation_id, visitor_id=screen.visitor_id
            )
        except BotError as error:
            logger.warning("presence not told", extra={"code": error.code})
            return
        screen.state = view.state
        shown = presence_of(view, texts=self._texts)
        if shown != screen.told:
            screen.told = shown
            await screen.send("guide_presence", shown)

    async def show_typing(self, screen: Screen, *, name: str | None) -> None:
        """Show that the person writes."""
        speaker = name or self._texts.status.support_team
        await screen.send("guide_typing", {"text": self._texts.presence.typing.format(name=speaker)})

    async def say_gone(self, screen: Screen) -> None:
        """Tell a page that its conversation was deleted, and keep nothing of it."""
        screen.offered = []
        await screen.send("guide_gone", {"conversation": screen.conversation_id})

    async def hear_typing(self, screen: Screen) -> None:
        """Let the person know that the patient writes."""
        now = asyncio.get_running_loop().time()
        is_with_person = screen.conversation_id is not None and screen.state is Speaker.HUMAN
        if not is_with_person or now - screen.typed_at < TYPING_EVERY_S:
            return
        screen.typed_at = now
        try:
            await run_in_threadpool(
                self._desk.patient_types,
                conversation_id=str(screen.conversation_id),
                visitor_id=screen.visitor_id,
            )
        except BotError as error:
            logger.warning("typing not told", extra={"code": error.code})


def presence_of(view: WaitingView, *, texts: ChatTexts) -> Wire:
    """Put the desk's view into what the strip shows."""
    words = texts.presence
    text = ""
    if view.state is Speaker.WAITING:
        text = _waiting(view, texts)
    elif view.state is Speaker.HUMAN:
        text = words.joined
    elif view.may_rate:
        text = words.ended
    return {
        "state": view.state.value,
        "text": text,
        "person": (view.person or texts.status.support_team) if view.state is Speaker.HUMAN else "",
        "may_rate": view.may_rate and view.state in _OVER,
        "contacts": list(view.contacts),
    }


def _waiting(view: WaitingView, texts: ChatTexts) -> str:
    words = texts.presence
    position = view.position or 1
    parts = [words.next if position == 1 else words.waiting.format(position=position)]
    if view.is_overdue:
        parts.append(words.overdue)
    if not view.is_open and view.hours:
        parts.append(words.hours.format(hours=view.hours))
    return " ".join([*parts, words.meanwhile])
