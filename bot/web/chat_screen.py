"""One open chat page, as the server knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.domain import Speaker
from bot.web.chat_steps import Wire


@dataclass(slots=True, eq=False)
class Screen:
    """One open chat page.

    Attributes:
        send: Sends one event to the page.
        conversation_id: None until the first message: looking at the page leaves no trace.
        partner_id: The partner whose page this one is in; None: it is by itself.
        region: Country code that the partner's page told.
        refusal: Says why a message may not be answered now, as `Service.reply` takes it; asked for each message, off
            the event loop.
        address: Where the page's connection comes from; the service limits by it and does not keep it.
        offered: Follow-up buttons on show, which the next message takes away.
        wants_all: The patient asked to see the whole answer now.
        turns: Answers being made for this page; each draws its own reply.
        seen_seq: Position in the transcript up to which the page shows everything.
        drawn: Replies that were drawn by their turn, some before the page had caught up with them.
        drawing: Held by whoever draws from the transcript, so that lines come in order.
        telling: Held by the message that is handed to a person, so that they are kept in the order of writing.
        under_way: Messages of this page that are being answered; the same one, sent again, is not another.
        state: Who owned the conversation when the page was last told.
        told: What the page was last told of that.
        typed_at: When the person was last told that the patient writes, by the loop's clock.
    """

    session_id: str
    visitor_id: str
    send: Callable[[str, Any], Awaitable[Any]]
    on_open: Callable[[str], None]
    conversation_id: str | None = None
    partner_id: str | None = None
    region: str | None = None
    refusal: Callable[[], str | None] = lambda: None
    address: str | None = None
    offered: list[Wire] = field(default_factory=list)
    wants_all: bool = False
    interruptions: int = 0
    turns: int = 0
    seen_seq: int = 0
    drawn: set[str] = field(default_factory=set)
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    under_way: set[str] = field(default_factory=set)
    state: Speaker = Speaker.BOT
    told: Wire | None = None
    typed_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed; everything in it comes from the page and is only a claim."""

    name: str
    reply_id: str
    index: int | None = None
    reason: str | None = None
