"""A service on real transcripts, with a triage, an answer chain and a clock that follow the test's script."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.compose import Composer
from bot.conversation.hours import Hours
from bot.conversation.limits import Limits
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.db.desk import DeskStore
from bot.domain import Message, Outcome, Reply, Verdict
from bot.errors import BadIndexError, ModelError
from bot.settings import ROOT
from tests.fakes.answers import ScriptedSource, ScriptedTriage
from tests.fakes.stores import QuickStore

DANGER = "I cannot breathe"
CRISIS = "I want to end it"
HELLO = "hello"
PERSON = "can I talk to a person"
STOP_IT = "should I stop my tablets"
STOP_IT_GENERAL = "should I stop my tablets, and what do they do?"
SCRIPT = {
    DANGER: Verdict(Outcome.EMERGENCY, reason="red_flag.breathing", rule_id="breathing", triggers=("cannot breathe",)),
    CRISIS: Verdict(Outcome.CRISIS, reason="crisis.suicide", rule_id="suicide", triggers=("end it",)),
    HELLO: Verdict(Outcome.CONVERSATION, reason="talk.greeting", rule_id="greeting"),
    PERSON: Verdict(Outcome.HANDOFF, reason="asked_for_person", rule_id="person"),
    STOP_IT: Verdict(Outcome.PERSONAL, reason="personal.medicine", rule_id="medicine"),
    STOP_IT_GENERAL: Verdict(Outcome.PERSONAL, reason="personal.medicine", rule_id="medicine", general_question=True),
}
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Desk:
    """One service, its parts, and one conversation of visitor ``v`` in it."""

    service: ConversationService
    store: QuickStore
    source: ScriptedSource
    triage: ScriptedTriage
    limits: Limits
    conversation_id: str = field(default="")

    def say(
        self,
        text: str,
        *,
        client_message_id: str | None = None,
        visitor_id: str = "v",
        address: str | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> Reply:
        return self.service.reply(
            conversation_id=self.conversation_id,
            visitor_id=visitor_id,
            text=text,
            client_message_id=client_message_id,
            address=address,
            on_progress=on_progress,
        )

    def press_person(self) -> Reply:
        return self.service.request_person(conversation_id=self.conversation_id, visitor_id="v")

    def request_reason(self) -> str:
        """Return why the open request for a person was made."""
        return DeskStore(self.store.engine).case(conversation_id=self.conversation_id).requests[0].reason

    def history(self) -> list[Message]:
        return self.service.history(conversation_id=self.conversation_id, visitor_id="v")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "transcripts.db"
    QuickStore(path).close()
    return path


@pytest.fixture(scope="session")
def texts() -> Texts:
    """The fixed sentences that patients read."""
    return Texts.load(ROOT / "prompts" / "replies.en.yaml")


@pytest.fixture
def open_desk(tmp_path: Path, empty_database: Path, texts: Texts) -> Iterator[Callable[..., Desk]]:
    """Open a desk; with `again`, on the same database as before, as after a restart."""
    opened: list[QuickStore] = []

    def open_(*, limits: Limits | None = None, region: str | None = "US", again: str = "") -> Desk:
        path = tmp_path / "transcripts.db"
        if not again:
            shutil.copy(empty_database, path)
        store = QuickStore(path)
        opened.append(store)
        source, triage = ScriptedSource(), ScriptedTriage(SCRIPT)
        limits = limits or Limits(max_chars=2000)
        minutes = iter(range(1_000_000))
        service = ConversationService(
            store=store,
            source=source,  # type: ignore[arg-type]
            triage=triage,  # type: ignore[arg-type]
            composer=Composer(texts=texts, region=region, hours=Hours(words="Monday to Friday, 9 to 17")),
            limits=limits,
            clock=lambda: START + timedelta(minutes=next(minutes)),
        )
        conversation_id = again or service.open(visitor_id="v", channel="test").id
        return Desk(service, store, source, triage, limits, conversation_id)

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A desk where everything works and nobody is slowed down."""
    return open_desk()


def no_index(desk: Desk) -> None:
    desk.source.edition_failure = BadIndexError("gone", code="index_missing")


def dead_model(desk: Desk) -> None:
    desk.triage.meaning_failure = RuntimeError("onnx died")
    desk.source.failure = ModelError("dead")


def read_only(desk: Desk) -> None:
    desk.store.make_read_only()


def no_database(desk: Desk) -> None:
    desk.store.destroy()


def everything(desk: Desk) -> None:
    for damage in (no_index, dead_model, no_database):
        damage(desk)
