"""Sessions, failures and locks, over both databases."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db.audit import AuditStore
from bot.db.sign_ins import Lifetimes, SignInStore
from bot.db.staff import By, StaffMember, StaffStore
from bot.db.staff_tables import STAFF_SESSIONS
from bot.domain import Role

LIFETIMES = Lifetimes()


@pytest.fixture
def sign_ins(engine: Engine) -> SignInStore:
    return SignInStore(engine)


@pytest.fixture
def staff(engine: Engine) -> StaffStore:
    return StaffStore(engine)


@pytest.fixture
def maria(staff: StaffStore, now: datetime) -> StaffMember:
    return staff.add(name="maria", display_name="Maria", role=Role.AGENT, by=By("test"), now=now)[0]


def _open(sign_ins: SignInStore, member: StaffMember, now: datetime) -> str:
    return sign_ins.open(staff_id=member.id, way="password", lifetimes=LIFETIMES, now=now)


def test_a_session_is_kept_as_a_digest_of_256_random_bits(
    sign_ins: SignInStore, engine: Engine, maria: StaffMember, now: datetime
) -> None:
    tokens = {_open(sign_ins, maria, now) for _ in range(3)}
    assert {len(token) for token in tokens} == {43}
    with engine.begin() as connection:
        rows = connection.execute(STAFF_SESSIONS.select()).all()
    assert {row.digest for row in rows} == {hashlib.sha256(token.encode()).hexdigest() for token in tokens}
    assert len({row.csrf for row in rows} | tokens) == 6


def test_a_session_tells_who_it_is(sign_ins: SignInStore, maria: StaffMember, now: datetime) -> None:
    session = sign_ins.read(token=_open(sign_ins, maria, now), lifetimes=LIFETIMES, now=now)
    assert session is not None
    assert (session.staff.id, session.staff.role, session.staff.seen_at) == (maria.id, Role.AGENT, now)


@pytest.mark.parametrize(
    ("minutes", "is_there"),
    [pytest.param(29.9, True, id="in-use"), pytest.param(30, False, id="idle")],
)
def test_an_idle_session_ends(
    sign_ins: SignInStore, maria: StaffMember, now: datetime, minutes: float, is_there: bool
) -> None:
    token = _open(sign_ins, maria, now)
    later = now + timedelta(minutes=minutes)
    assert (sign_ins.read(token=token, lifetimes=LIFETIMES, now=later) is not None) is is_there


def test_being_seen_keeps_a_session_and_looking_does_not(
    sign_ins: SignInStore, maria: StaffMember, now: datetime
) -> None:
    seen, looked_at = _open(sign_ins, maria, now), _open(sign_ins, maria, now)
    for minutes in (20, 40):
        later = now + timedelta(minutes=minutes)
        is_seen = sign_ins.read(token=seen, lifetimes=LIFETIMES, now=later)
        was_looked_at = sign_ins.read(token=looked_at, lifetimes=LIFETIMES, now=later, is_seen=False)
    assert is_seen is not None
    assert was_looked_at is None


def test_a_session_ends_after_its_time_however_busy(sign_ins: SignInStore, maria: StaffMember, now: datetime) -> None:
    token = _open(sign_ins, maria, now)
    found = [
        sign_ins.read(token=token, lifetimes=LIFETIMES, now=now + timedelta(minutes=20 * step)) is not None
        for step in range(1, 37)
    ]
    assert found == [True] * 35 + [False]


def test_signing_in_clears_away_what_is_over(
    sign_ins: SignInStore, engine: Engine, maria: StaffMember, now: datetime
) -> None:
    _open(sign_ins, maria, now)
    _open(sign_ins, maria, now + timedelta(hours=12))
    with engine.begin() as connection:
        assert len(connection.execute(STAFF_SESSIONS.select()).all()) == 1


def test_signing_out_ends_one_session(sign_ins: SignInStore, maria: StaffMember, now: datetime) -> None:
    one, other = _open(sign_ins, maria, now), _open(sign_ins, maria, now)
    sign_ins.close(token=one, now=now)
    sign_ins.close(token=one, now=now)
    assert sign_ins.read(token=one, lifetimes=LIFETIMES, now=now) is None
    assert sign_ins.read(token=other, lifetimes=LIFETIMES, now=now) is not None


def test_locks_begin_with_the_fifth_failure_and_grow_up_to_a_day(
    sign_ins: SignInStore, staff: StaffStore, maria: StaffMember, now: datetime
) -> None:
    minutes = []
    for day in range(20):
        moment = now + timedelta(days=2 * day)
        sign_ins.fail(staff_id=maria.id, now=moment)
        until = staff.get(staff_id=maria.id).locked_until
        minutes.append(None if until is None else (until - moment) / timedelta(minutes=1))
    assert minutes == [None] * 4 + [15, 30, 60, 120, 240, 480, 960] + [1440] * 9


def test_tries_during_a_lock_do_not_prolong_it(
    sign_ins: SignInStore, staff: StaffStore, maria: StaffMember, now: datetime
) -> None:
    for _ in range(50):
        sign_ins.fail(staff_id=maria.id, now=now)
    after = staff.get(staff_id=maria.id)
    assert (after.failures, after.locked_until) == (5, now + timedelta(minutes=15))


def test_signing_in_forgets_the_failures(
    sign_ins: SignInStore, staff: StaffStore, maria: StaffMember, now: datetime
) -> None:
    for _ in range(4):
        sign_ins.fail(staff_id=maria.id, now=now)
    _open(sign_ins, maria, now)
    assert staff.get(staff_id=maria.id).failures == 0


def test_signing_in_and_out_and_every_failure_leaves_its_line(
    sign_ins: SignInStore, engine: Engine, maria: StaffMember, now: datetime
) -> None:
    sign_ins.fail(staff_id=None, now=now)
    sign_ins.fail(staff_id=maria.id, now=now)
    sign_ins.close(token=_open(sign_ins, maria, now), now=now)
    entries = list(reversed(AuditStore(engine).entries(limit=4)))
    assert [(entry.action, entry.actor, entry.subject_id, dict(entry.detail)) for entry in entries] == [
        ("staff.sign_in_failed", "unknown", None, {"reason": "unknown"}),
        ("staff.sign_in_failed", "unknown", maria.id, {"reason": "password", "failures": 1, "locked": False}),
        ("staff.signed_in", "maria", maria.id, {"way": "password"}),
        ("staff.signed_out", "maria", maria.id, {}),
    ]
