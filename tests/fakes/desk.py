"""A console with a real desk over its database, and patients who ask for a person there."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from bot.conversation.desk import Desk
from bot.conversation.hours import Hours
from bot.conversation.live import Live
from bot.conversation.texts import Texts
from bot.db.stores import Stores
from bot.domain import Conversation
from bot.settings import ROOT
from tests.fakes.console import Clock, Console, make_console


def make_talking_console(folder: Path, **options: Any) -> Console:
    """Make a console whose desk is open day and night; `live` is not started."""
    return make_console(folder, desk=_desk, live=lambda stores: Live(stores.events), **options)


def ask_for_person(console: Console, *, said: str = "I would like to talk to somebody.") -> Conversation:
    """Let a new patient say something and ask for a person."""
    store, now = console.stores.transcripts, console.clock()
    talk = store.open_conversation(visitor_id=uuid.uuid4().hex, channel="chat", language="en", now=now)
    store.add_patient_message(conversation_id=talk.id, text=said, now=now)
    store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    return talk


def _desk(stores: Stores, clock: Clock) -> Desk:
    texts = Texts.load(ROOT / "prompts" / "replies.en.yaml")
    return Desk(stores=stores, texts=texts, hours=Hours(), clock=clock)
