from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.retention import RetentionJob
from bot.db.erasure import OPERATOR
from bot.db.retention import EMERGENCY, OTHERS, WITHOUT_PERSON, RetentionRules
from bot.db.stores import Stores
from bot.errors import StoreError
from tests.fakes.console import START, Clock, quick_engine


@dataclass
class _Files:
    emptied: int = 0

    def empty_files(self) -> None:
        self.emptied += 1


@dataclass
class _Site:
    stores: Stores
    clock: Clock = field(default_factory=Clock)
    files: _Files = field(default_factory=_Files)

    def job(self, rules: RetentionRules) -> RetentionJob:
        return RetentionJob(
            store=self.stores.retention,
            files=self.files,
            rules=rules,
            tidy={"notices": lambda now: 3 if now == self.clock() else 0},
            clock=self.clock,
        )

    def talk(self, days_ago: int) -> None:
        now = START - timedelta(days=days_ago)
        self.stores.transcripts.open_conversation(visitor_id="ada", channel="web", language="en", now=now)

    def left(self) -> int:
        return len(self.stores.transcripts.conversation_ids(visitor_id="ada"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[_Site]:
    engine = quick_engine(tmp_path / "bot.db")
    yield _Site(Stores.over(engine))
    engine.dispose()


def test_erases_all_that_is_due_in_several_steps_and_reports_counts(site: _Site) -> None:
    for days_ago in (*([40] * 45), 1, 2):
        site.talk(days_ago)
    job = site.job(RetentionRules(days=30))
    assert job.preview() == {EMERGENCY: 0, WITHOUT_PERSON: 45, OTHERS: 0}
    assert job.run_if_due() == {EMERGENCY: 0, WITHOUT_PERSON: 45, OTHERS: 0}
    assert (site.left(), site.files.emptied) == (2, 1)
    (run,) = site.stores.retention.last_runs(limit=9)
    assert (run.actor, run.detail["erased"], run.detail["tidied"]) == (
        "retention",
        {EMERGENCY: 0, WITHOUT_PERSON: 45, OTHERS: 0},
        {"notices": 3},
    )


def test_runs_once_a_day_whoever_asks(site: _Site) -> None:
    first, second = site.job(RetentionRules(days=30)), site.job(RetentionRules(days=30))
    assert [job.run_if_due() is None for job in (first, second, first)] == [False, True, True]
    site.clock.forward(hours=23, minutes=1)
    assert [job.run_if_due() is None for job in (second, first)] == [False, True]


def test_an_operator_runs_it_at_any_time(site: _Site) -> None:
    job = site.job(RetentionRules(days=30))
    job.run_if_due()
    site.talk(40)
    assert job.run_now(by=OPERATOR)[WITHOUT_PERSON] == 1
    assert [run.actor for run in site.stores.retention.last_runs(limit=9)] == ["operator", "retention"]


def test_without_rules_it_only_cleans(site: _Site) -> None:
    site.talk(10_000)
    assert site.job(RetentionRules()).run_if_due() == {}
    assert (site.left(), site.files.emptied) == (1, 1)


def test_looking_erases_nothing(site: _Site) -> None:
    site.talk(40)
    site.job(RetentionRules(days=30)).preview()
    assert (site.left(), site.stores.retention.last_runs(limit=9)) == (1, [])


def test_its_thread_runs_by_itself_and_ends(site: _Site) -> None:
    site.talk(40)
    done = threading.Event()
    empty_files = site.files.empty_files

    def emptied() -> None:
        empty_files()
        done.set()

    site.files.empty_files = emptied  # type: ignore[method-assign]  # tells when the run is nearly over
    job = site.job(RetentionRules(days=30))
    job.start(first_look_s=0)
    assert done.wait(20)
    job.stop(patience_s=20)
    assert [thread.name for thread in threading.enumerate() if thread.name == "retention"] == []
    assert site.left() == 0


def test_a_failed_run_is_told_and_the_thread_lives(
    site: _Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.conversation.retention._LOOK_EVERY_S", 0.005)
    asked: list[datetime] = []
    again = threading.Event()

    def away(*, now: datetime, **_: object) -> bool:
        asked.append(now)
        if len(asked) > 1:
            again.set()
        raise StoreError("away")

    monkeypatch.setattr(site.stores.retention, "claim_run", away)
    job = site.job(RetentionRules(days=30))
    job.start(first_look_s=0)
    assert again.wait(20)
    job.stop(patience_s=20)
    assert {(record.message, vars(record)["code"]) for record in caplog.records} == {("retention failed", "store")}
