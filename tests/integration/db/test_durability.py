"""What was acknowledged survives, and what patients said stays in the database."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

import bot
from bot.db.engine import migrate, open_engine
from bot.db.transcripts import TranscriptStore
from bot.errors import BotError, StoreError

_SECRET = "Xylophonbrandung"
_WRITER = """
import sys
from datetime import UTC, datetime
from bot.db.engine import open_engine
from bot.db.transcripts import TranscriptStore
store = TranscriptStore(open_engine(sys.argv[1]))
for number in range(1_000_000):
    text = f"message {number}"
    store.add_patient_message(conversation_id=sys.argv[2], text=text, now=datetime.now(UTC))
    print(text, flush=True)
"""


def test_everything_acknowledged_is_there_after_the_writer_is_killed(
    store: TranscriptStore, database_url: str, now: datetime, tmp_path: Path
) -> None:
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, database_url, talk.id],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(bot.__file__).parent.parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().rstrip() for _ in range(100)]
    writer.kill()
    acknowledged += writer.communicate(timeout=60)[0].split("\n")[:-1]
    assert writer.returncode == -9

    kept = store.messages(conversation_id=talk.id, limit=1_000_000)
    # One more may be there: written, but killed before it could say so.
    assert [message.text for message in kept][: len(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) in (0, 1)
    assert [message.seq for message in kept] == list(range(1, len(kept) + 1))
    added = store.add_patient_message(conversation_id=talk.id, text="and on", now=now)
    assert added.seq == len(kept) + 1


def test_a_read_only_database_is_read_and_not_written(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> None:
    talk = TranscriptStore(sqlite_engine).open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    engine = open_engine(f"sqlite:///file:{tmp_path}/bot.db?mode=ro&uri=true")
    migrate(engine)
    store = TranscriptStore(engine)
    assert store.conversation(conversation_id=talk.id) == talk
    with pytest.raises(StoreError) as caught:
        store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    engine.dispose()
    assert caught.value.detail == (
        f"The database {tmp_path}/bot.db is read-only. Let this process write the file and its folder."
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_no_error_and_no_log_line_holds_what_a_patient_said(
    database_url: str, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    engine = open_engine(database_url)
    migrate(engine)
    store = TranscriptStore(engine)
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    assert store.messages(conversation_id=talk.id)[0].text == _SECRET

    missing: datetime = None  # type: ignore[assignment]  # a fault of ours that the database refuses
    faults: list[Callable[[], object]] = [
        lambda: store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=missing),
        lambda: store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now.replace(tzinfo=None)),
        lambda: store.add_gap(
            conversation_id=talk.id, question=_SECRET, reason="low_support", section_ids=[], now=missing
        ),
        lambda: store.open_conversation(visitor_id=_SECRET, channel="web", language="en", now=missing),
    ]
    for fault in faults:
        with pytest.raises(StoreError) as caught:
            fault()
        assert [type(error) for error in _chain(caught.value)] == [StoreError]
        assert _SECRET not in "".join(traceback.format_exception(caught.value))
        assert _SECRET not in caught.value.detail
    engine.dispose()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == (
        ["database failed"] * len(faults)
    )
    assert [record for record in caplog.records if _SECRET in str(vars(record))] == []


def test_a_database_that_went_away_is_a_store_error(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/bot.db")
    store = TranscriptStore(engine)
    with pytest.raises(BotError) as caught:
        store.open_conversation(visitor_id="ada", channel="web", language="en", now=datetime.now(UTC))
    engine.dispose()
    assert caught.value.detail == f"The database {tmp_path}/bot.db refused the request: SQLITE_ERROR."
