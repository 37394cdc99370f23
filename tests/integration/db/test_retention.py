"""What has outlived its rule goes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db.audit import AuditStore
from bot.db.erasure import OPERATOR
from bot.db.retention import EMERGENCY, OTHERS, WITHOUT_PERSON, RetentionRules, RetentionStore
from bot.db.tables import CONVERSATIONS, HANDOFF_REQUESTS
from bot.db.transcripts import TranscriptStore
from bot.domain import Outcome, Reply, Speaker

_RULES = RetentionRules(days=100, days_without_person=10, days_emergency=1000)
_DAY = timedelta(days=1)


@pytest.fixture
def retention(engine: Engine) -> RetentionStore:
    return RetentionStore(engine)


@pytest.fixture
def kinds(store: TranscriptStore, make_reply: Callable[..., Reply], engine: Engine, now: datetime) -> dict[str, str]:
    """One conversation of each kind, all last written in at one moment."""
    ids = {}
    for kind in ("plain", "asked", "emergency", "crisis_asked", "waiting", "with_person"):
        talk = store.open_conversation(visitor_id=kind, channel="web", language="en", now=now)
        ids[kind] = talk.id
        if kind in ("emergency", "crisis_asked"):
            outcome = Outcome.CRISIS if kind == "crisis_asked" else Outcome.EMERGENCY
            store.add_reply(reply=make_reply(conversation_id=talk.id, outcome=outcome))
        if kind not in ("plain", "emergency"):
            store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)
    with engine.begin() as connection:
        # The one that `make_reply` brings along.
        connection.execute(CONVERSATIONS.delete().where(CONVERSATIONS.c.visitor_id == "ada"))
        over = [ids["asked"], ids["crisis_asked"]]
        for table, column in ((CONVERSATIONS, "id"), (HANDOFF_REQUESTS, "conversation_id")):
            connection.execute(table.update().where(table.c[column].in_(over)).values(state="closed"))
        taken = CONVERSATIONS.c.id == ids["with_person"]
        connection.execute(CONVERSATIONS.update().where(taken).values(state=Speaker.HUMAN))
    return ids


def _erase_all(retention: RetentionStore, rules: RetentionRules, now: datetime) -> None:
    for group in (EMERGENCY, WITHOUT_PERSON, OTHERS):
        while retention.erase_due(rules=rules, group=group, limit=2, now=now)["conversations"]:
            pass


def _left(store: TranscriptStore, kinds: dict[str, str]) -> set[str]:
    return {kind for kind in kinds if store.conversations(visitor_id=kind, limit=1)}


@pytest.mark.parametrize(
    ("days", "due", "left"),
    [
        pytest.param(10, {}, {"plain", "asked", "emergency", "crisis_asked"}, id="to-the-day-nothing"),
        pytest.param(11, {WITHOUT_PERSON: 1}, {"asked", "emergency", "crisis_asked"}, id="without-person"),
        pytest.param(101, {WITHOUT_PERSON: 1, OTHERS: 1}, {"emergency", "crisis_asked"}, id="others"),
        pytest.param(1001, {WITHOUT_PERSON: 1, OTHERS: 1, EMERGENCY: 2}, set(), id="emergencies-last"),
    ],
)
def test_each_kind_goes_by_its_own_rule_and_open_ones_stay(
    *,
    retention: RetentionStore,
    store: TranscriptStore,
    kinds: dict[str, str],
    now: datetime,
    days: int,
    due: dict[str, int],
    left: set[str],
) -> None:
    later = now + days * _DAY
    assert retention.due_counts(rules=_RULES, now=later) == {EMERGENCY: 0, WITHOUT_PERSON: 0, OTHERS: 0} | due
    _erase_all(retention, _RULES, later)
    assert _left(store, kinds) == left | {"waiting", "with_person"}


def test_without_rules_everything_is_kept(
    retention: RetentionStore, store: TranscriptStore, kinds: dict[str, str], now: datetime
) -> None:
    later = now + 10_000 * _DAY
    assert retention.due_counts(rules=RetentionRules(), now=later) == {}
    _erase_all(retention, RetentionRules(), later)
    assert _left(store, kinds) == set(kinds)


def test_the_rule_for_all_holds_where_no_other_does() -> None:
    assert RetentionRules(days=9).by_group() == {EMERGENCY: 9, WITHOUT_PERSON: 9, OTHERS: 9}
    only = RetentionRules(days_without_person=3).by_group()
    assert only == {EMERGENCY: None, WITHOUT_PERSON: 3, OTHERS: None}


def test_a_message_begins_the_time_anew(
    retention: RetentionStore, store: TranscriptStore, kinds: dict[str, str], now: datetime
) -> None:
    store.add_patient_message(conversation_id=kinds["plain"], text="again", now=now + 5 * _DAY)
    assert retention.due_counts(rules=_RULES, now=now + 11 * _DAY)[WITHOUT_PERSON] == 0


def test_each_erased_conversation_has_its_proof(
    retention: RetentionStore, kinds: dict[str, str], engine: Engine, now: datetime
) -> None:
    retention.erase_due(rules=_RULES, group=WITHOUT_PERSON, limit=9, now=now + 11 * _DAY)
    (proof,) = AuditStore(engine).entries(action="conversation.erased")
    assert (proof.actor, proof.subject_id) == ("retention", kinds["plain"])


def test_of_several_processes_one_gets_the_run_of_a_day(retention: RetentionStore, now: datetime) -> None:
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: retention.claim_run(now=now, pause=_DAY), range(4)))
    assert sorted(got) == [False, False, False, True]
    assert retention.claim_run(now=now + timedelta(hours=23), pause=_DAY) is False
    assert retention.claim_run(now=now + _DAY, pause=_DAY) is True
    assert retention.claim_run(now=now + _DAY, pause=timedelta(0), by=OPERATOR) is True


def test_finished_runs_are_listed_the_newest_first(retention: RetentionStore, now: datetime) -> None:
    retention.finish_run(detail={"erased": {OTHERS: 1}}, now=now)
    retention.finish_run(detail={"erased": {OTHERS: 2}}, now=now + _DAY, by=OPERATOR)
    runs = retention.last_runs(limit=5)
    assert [(run.finished_at, run.actor, run.detail) for run in runs] == [
        (now + _DAY, "operator", {"erased": {OTHERS: 2}}),
        (now, "retention", {"erased": {OTHERS: 1}}),
    ]
