"""From live events to open pages: the bridge from the thread that hears of them to the loop that draws.

A burst of events for one conversation is one round of drawing: the page reads the transcript itself, so no event
carries what was said, and none has to be counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from bot.domain import Speaker
from bot.web.chat_delivery import Delivery
from bot.web.chat_presence import Presence
from bot.web.chat_screen import Screen

if TYPE_CHECKING:
    from bot.db.events import Event

logger = logging.getLogger(__name__)


class Heard(Protocol):
    """What tells of events; see `bot.conversation.live.Live`."""

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Have every event told to `callback`, from another thread; the result ends that."""


class Bell:
    """Rings at the pages that an event concerns.

    Args:
        live: Tells of events.
        screens: Returns the pages that are open now.
        delivery: Brings transcripts up to date.
        presence: Brings strips up to date.
    """

    def __init__(
        self,
        *,
        live: Heard,
        screens: Callable[[], Iterable[Screen]],
        delivery: Delivery,
        presence: Presence,
    ) -> None:
        self._live = live
        self._screens = screens
        self._delivery = delivery
        self._presence = presence
        self._unsubscribe: Callable[[], None] | None = None
        self._rounds: dict[Screen, asyncio.Task[None]] = {}
        self._news: dict[Screen, set[str]] = {}

    def start(self) -> None:
        """Begin to listen, from inside the loop that draws."""
        loop = asyncio.get_running_loop()

        def hear(event: Event) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._ring, event)

        self._unsubscribe = self._live.subscribe(hear)

    async def stop(self) -> None:
        """Stop listening, and end what is being drawn."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        rounds = list(self._rounds.values())
        for task in rounds:
            task.cancel()
        await asyncio.gather(*rounds, return_exceptions=True)

    def _ring(self, event: Event) -> None:
        for screen in list(self._screens()):
            if screen.conversation_id is not None and self._concerns(event, screen):
                self._note(screen, event)

    def _concerns(self, event: Event, screen: Screen) -> bool:
        # Whoever joins or leaves the line moves the places of all who wait.
        is_about_line = event.kind in ("queue", "state") and screen.state is Speaker.WAITING
        return is_about_line or event.conversation_id == screen.conversation_id

    def _note(self, screen: Screen, event: Event) -> None:
        if event.kind == "typing":
            if event.detail.get("who") != "staff":
                return
            name = event.detail.get("name")
            what = f"typing:{name}" if name else "typing:"
        else:
            what = {"message": "message", "erased": "erased"}.get(event.kind, "presence")
        self._news.setdefault(screen, set()).add(what)
        if screen not in self._rounds:
            self._rounds[screen] = asyncio.create_task(self._draw(screen))

    async def _draw(self, screen: Screen) -> None:
        """Draw until there is no more news; one round at a time for each page."""
        try:
            while news := self._news.pop(screen, None):
                try:
                    await self._draw_round(screen, news)
                except Exception as error:  # noqa: BLE001  # the next event, or a reload, brings what was missed
                    logger.error("page not drawn", extra={"kind": type(error).__name__})
        finally:
            del self._rounds[screen]

    async def _draw_round(self, screen: Screen, news: set[str]) -> None:
        if "erased" in news:
            await self._presence.say_gone(screen)
            return
        if "message" in news:
            await self._delivery.catch_up(screen)
        if "presence" in news:
            await self._presence.tell(screen)
        for what in news:
            kind, _, name = what.partition(":")
            if kind == "typing":
                await self._presence.show_typing(screen, name=name or None)
