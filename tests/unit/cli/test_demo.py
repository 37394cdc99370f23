"""``lupus-bot demo``: made-up talks, held at their time, in a database for playing alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli.demo_talks import load_demo, timetable
from bot.db.stores import Stores
from tests.fakes.console import quick_engine
from tests.unit.cli.conftest import Ran

_NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_there_are_some_120_talks_of_every_kind_over_thirty_days() -> None:
    held = timetable(load_demo().talks, now=_NOW)
    begins = [begin for begin, _ in held]
    assert 110 <= len(held) <= 150
    assert begins == sorted(begins)
    assert _NOW - timedelta(days=32) < begins[0] < _NOW - timedelta(days=20)
    assert begins[-1] < _NOW
    assert Counter(talk.person for _, talk in held).keys() == {None, "waiting", "human", "released", "closed", "left"}
    assert {talk.thumb for _, talk in held} == {-1, 0, 1}


def test_those_that_are_open_began_within_the_hour() -> None:
    for begin, talk in timetable(load_demo().talks, now=_NOW):
        assert (talk.person in ("waiting", "human")) == (begin > _NOW - timedelta(hours=1))


def test_the_same_talks_are_held_at_the_same_times_every_time() -> None:
    talks = load_demo().talks
    assert timetable(talks, now=_NOW) == timetable(talks, now=_NOW)


def _address(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite:///{path}")


def test_refuses_a_database_that_has_conversations(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = Stores.over(quick_engine(tmp_path / "bot.db"))
    stores.transcripts.open_conversation(visitor_id="ada", channel="web", language="en", now=_NOW)
    _address(monkeypatch, tmp_path / "bot.db")
    ran = run("demo")
    assert (ran.code, ran.err.startswith("lupus-bot: The database has conversations already.")) == (1, True)
    assert stores.staff.is_empty()


def test_refuses_in_production(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _address(monkeypatch, tmp_path / "bot.db")
    monkeypatch.setenv("BOT_ENVIRONMENT", "production")
    assert run("demo").err.startswith("lupus-bot: BOT_ENVIRONMENT is production")
    assert not (tmp_path / "bot.db").exists()
