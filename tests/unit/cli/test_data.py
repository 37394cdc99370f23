"""``lupus-bot data``: nothing goes unasked, and what went is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.db.stores import Stores
from tests.fakes.console import quick_engine
from tests.unit.cli.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stores:
    path = tmp_path / "bot.db"
    monkeypatch.setenv("BOT_DATABASE_URL", f"sqlite:///{path}")
    return Stores.over(quick_engine(path))


def _talk(stores: Stores, days_ago: int = 0) -> str:
    now = datetime.now(UTC) - timedelta(days=days_ago)
    talk = stores.transcripts.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    stores.transcripts.add_patient_message(conversation_id=talk.id, text="Xylophonbrandung", now=now)
    return talk.id


def _left(stores: Stores) -> list[str]:
    return stores.transcripts.conversation_ids(visitor_id="ada")


def test_erases_one_conversation_and_says_what_went(run: Run, stores: Stores) -> None:
    first, second = _talk(stores), _talk(stores)
    ran = run("data", "erase", "--conversation", first, "--yes")
    assert (ran.code, _left(stores)) == (0, [second])
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["conversations", "1"] in lines
    assert ["messages", "1"] in lines
    assert [entry.actor for entry in stores.audit.entries(subject_id=first)] == ["operator"]


def test_erases_all_of_a_visitor(run: Run, stores: Stores) -> None:
    _talk(stores), _talk(stores)
    assert run("data", "erase", "--visitor", "ada", "--yes").code == 0
    assert _left(stores) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("--visitor", "eve", "--yes"), "This visitor has no conversations", id="unknown-visitor"),
        pytest.param(("--conversation", "nowhere", "--yes"), "There is no such conversation", id="unknown"),
        pytest.param((), "", id="nothing-named"),
        pytest.param(("--visitor", "ada", "--conversation", "c"), "", id="both-named"),
    ],
)
def test_what_is_not_there_or_not_clear_erases_nothing(
    run: Run, stores: Stores, arguments: tuple[str, ...], told: str
) -> None:
    talk = _talk(stores)
    ran = run("data", "erase", *arguments)
    assert (ran.code != 0, told in ran.err, _left(stores)) == (True, True, [talk])


def test_asks_before_anything_goes(run: Run, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = _talk(stores)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert run("data", "erase", "--conversation", talk).code == 1
    assert _left(stores) == [talk]


def test_counts_what_is_due_and_erases_it_when_told_to(
    run: Run, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOT_RETENTION_DAYS_WITHOUT_PERSON", "30")
    old, new = _talk(stores, days_ago=31), _talk(stores)
    ran = run("data", "retain", "--dry-run")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["emergency", "kept"],
        ["without", "person", "1", "due", "after", "30", "days"],
        ["others", "kept"],
    ]
    assert _left(stores) == [old, new]
    assert "1 erased" in run("data", "retain").out
    assert _left(stores) == [new]


def test_without_a_rule_it_says_so_and_erases_nothing(run: Run, stores: Stores) -> None:
    talk = _talk(stores, days_ago=9999)
    ran = run("data", "retain")
    assert (ran.code, ran.err) == (
        1,
        "lupus-bot: No rule is set, so everything is kept; set BOT_RETENTION_DAYS.\n",
    )
    assert _left(stores) == [talk]
