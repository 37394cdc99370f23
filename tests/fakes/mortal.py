"""A process that serves one conversation and can be killed at any moment: what it has said yes to must be on disk.

It runs the real service and the real desk over a database file; only the words of the answers are a script's. What it
is asked and answers are pairs: ``("patient", id, text)``, ``("staff", id, text)``, ``("ask", ...)``, ``("take", ...)``
and ``("release", ...)``, and back come the id and whether it is done.
"""

from __future__ import annotations

from contextlib import suppress
from multiprocessing.connection import Connection
from typing import cast

from sqlalchemy import event

from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.desk import Desk
from bot.conversation.hours import Hours
from bot.conversation.limits import Limits
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.conversation.triage.triage import Triage
from bot.db.engine import migrate, open_engine
from bot.db.stores import Stores
from bot.domain import Reply
from bot.errors import FloorError
from bot.settings import ROOT
from tests.fakes.answers import ScriptedSource, ScriptedTriage

VISITOR = "v"
NAME = "Anna"
Asked = tuple[str, str, str]
# Read once: a process that is forked from one that has imported this lives in milliseconds.
_TEXTS = Texts.load(ROOT / "prompts" / "replies.en.yaml")


class Mortal:
    """Does what it is asked in one conversation.

    Args:
        url: The database.
    """

    def __init__(self, url: str) -> None:
        engine = open_engine(url)
        # What a killed process wrote is the system's to keep; only a power cut needs the wait for the disk.
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF").close())
        engine.dispose()
        migrate(engine)
        self.engine = engine
        self.stores = Stores.over(engine)
        self.desk = Desk(stores=self.stores, texts=_TEXTS, hours=Hours())
        self.service = ConversationService(
            store=self.stores.transcripts,
            source=cast("AnswerSource", ScriptedSource()),
            triage=cast("Triage", ScriptedTriage({})),
            composer=Composer(texts=_TEXTS),
            limits=Limits(max_chars=2000),
        )

    def do(self, conversation_id: str, staff_id: str, asked: Asked) -> bool:
        """Do one thing, and tell whether it is done and kept; asked again it is not done twice."""
        kind, message_id, text = asked
        staff = {"conversation_id": conversation_id, "staff_id": staff_id}
        match kind:
            case "patient":
                return _is_kept(
                    self.service.reply(
                        conversation_id=conversation_id, visitor_id=VISITOR, text=text, client_message_id=message_id
                    )
                )
            case "staff":
                self.desk.say(text=text, client_message_id=message_id, display_name=NAME, **staff)
            case "ask":
                return _is_kept(self.service.request_person(conversation_id=conversation_id, visitor_id=VISITOR))
            case "take":
                self.desk.take(display_name=NAME, **staff)
            case "release":
                with suppress(FloorError):  # given back already
                    self.desk.release(
                        conversation_id=conversation_id, staff_id=staff_id, display_name=NAME, outcome="answered"
                    )
        return True


def live(pipe: Connection, url: str, conversation_id: str, staff_id: str) -> None:
    """Live until killed."""
    mortal = Mortal(url)
    pipe.send(("alive", True))
    while True:
        asked: Asked = pipe.recv()
        pipe.send((asked[1], mortal.do(conversation_id, staff_id, asked)))


def _is_kept(reply: Reply) -> bool:
    return reply.reason != "trouble"
