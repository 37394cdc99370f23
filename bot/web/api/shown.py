"""Conversations, lines and places in line as JSON-ready values; `bot.web.api.schemas` describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.conversation.wire import reply_to_json
from bot.domain import Conversation, Message

if TYPE_CHECKING:
    from bot.conversation.desk import WaitingView


def shown_message(message: Message) -> dict[str, Any]:
    """Return one line of a transcript, as the patient sees it."""
    return {
        "message_id": message.id,
        "seq": message.seq,
        "author": message.author.value,
        "text": message.text,
        "created_at": message.created_at.isoformat(),
        "display_name": message.display_name,
        "reply": None if message.reply is None else reply_to_json(message.reply),
    }


def shown_waiting(view: WaitingView) -> dict[str, Any]:
    """Return where the patient stands."""
    return {
        "state": view.state.value,
        "step": view.step,
        "position": view.position,
        "since": _moment(view.since),
        "person": view.person,
        "hours": view.hours,
        "is_open": view.is_open,
        "is_overdue": view.is_overdue,
        "contacts": list(view.contacts),
        "may_rate": view.may_rate,
    }


def shown_conversation(conversation: Conversation, view: WaitingView) -> dict[str, Any]:
    """Return a conversation and where its patient stands."""
    return {
        "conversation_id": conversation.id,
        "state": view.state.value,
        "language": conversation.language,
        "region": conversation.region,
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
        "handoff": shown_waiting(view),
    }


def written_event(name: str, values: Mapping[str, Any], *, event_id: int | None = None) -> str:
    """Write a server-sent event; its data is JSON in one line."""
    number = "" if event_id is None else f"id: {event_id}\n"
    return f"{number}event: {name}\ndata: {json.dumps(dict(values), ensure_ascii=False)}\n\n"


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
