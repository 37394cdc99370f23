"""Accounts and invites, over both databases."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.db.audit import AuditStore
from bot.db.sign_ins import Lifetimes, SignInStore
from bot.db.staff import By, LastAdminError, NameTakenError, StaffMember, StaffStore
from bot.domain import Role
from bot.errors import NotFoundError

BY = By(name="test")
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def staff(engine: Engine) -> StaffStore:
    return StaffStore(engine)


def _add(staff: StaffStore, now: datetime, name: str = "maria", role: Role = Role.ADMIN) -> tuple[StaffMember, str]:
    return staff.add(name=name, display_name="Maria", role=role, email=f"{name}@x.test", by=BY, now=now)


def test_who_is_added_has_no_password(staff: StaffStore, now: datetime) -> None:
    assert staff.is_empty()
    member, token = staff.add(
        name=" Maria ", display_name=" Maria ", role=Role.LEAD, email=" M@X.test ", by=BY, now=now
    )
    assert not staff.is_empty()
    assert (member.name, member.display_name, member.email, member.role) == ("maria", "Maria", "m@x.test", Role.LEAD)
    assert (member.has_password, member.is_active, member.created_at) == (False, True, now)
    assert staff.password_hash(staff_id=member.id) is None
    assert staff.find(name="MARIA") == staff.get(staff_id=member.id) == staff.everyone()[0] == member
    assert staff.invited(token=token, now=now) == member


def test_a_name_is_given_once(staff: StaffStore, now: datetime) -> None:
    _add(staff, now)
    with pytest.raises(NameTakenError):
        _add(staff, now, name="Maria")
    assert len(staff.everyone()) == 1


def test_of_several_who_use_an_invite_one_succeeds(staff: StaffStore, engine: Engine, now: datetime) -> None:
    member, token = _add(staff, now)
    outcomes: list[str] = []

    def accept(number: int) -> None:
        try:
            StaffStore(engine).accept_invite(token=token, password_hash=f"hash{number}", now=now)
            outcomes.append(f"hash{number}")
        except NotFoundError:
            outcomes.append("refused")

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[1:] == ["refused"] * 3
    assert staff.password_hash(staff_id=member.id) == min(outcomes)


def test_an_invite_ends_after_a_day_and_with_the_next_one(staff: StaffStore, now: datetime) -> None:
    member, first = _add(staff, now)
    assert staff.invited(token=first, now=now + timedelta(hours=23, minutes=59)) is not None
    assert staff.invited(token=first, now=now + timedelta(hours=24)) is None
    second = staff.invite(staff_id=member.id, by=BY, now=now)
    assert staff.invited(token=first, now=now) is None
    assert staff.invited(token=second, now=now) is not None
    with pytest.raises(NotFoundError):
        staff.accept_invite(token=first, password_hash="h", now=now)


def test_a_password_lifts_a_lock_and_ends_all_sessions(staff: StaffStore, engine: Engine, now: datetime) -> None:
    member, invite = _add(staff, now)
    sign_ins = SignInStore(engine)
    token = sign_ins.open(staff_id=member.id, way="password", lifetimes=Lifetimes(), now=now)
    for _ in range(5):
        sign_ins.fail(staff_id=member.id, now=now)
    after = staff.accept_invite(token=invite, password_hash="hash", now=now)
    assert (after.failures, after.locked_until, after.has_password) == (0, None, True)
    assert sign_ins.read(token=token, lifetimes=Lifetimes(), now=now) is None


@pytest.mark.parametrize("change", ["role", "off"])
def test_sessions_end_with_a_role_and_with_the_account(
    staff: StaffStore, engine: Engine, now: datetime, change: str
) -> None:
    _add(staff, now)
    member, _ = _add(staff, now, name="nina", role=Role.LEAD)
    sign_ins = SignInStore(engine)
    token = sign_ins.open(staff_id=member.id, way="password", lifetimes=Lifetimes(), now=now)
    if change == "role":
        staff.set_role(staff_id=member.id, role=Role.ADMIN, by=BY, now=now)
    else:
        staff.disable(staff_id=member.id, by=BY, now=now)
        staff.enable(staff_id=member.id, by=BY, now=now)
    assert sign_ins.read(token=token, lifetimes=Lifetimes(), now=now) is None


def test_the_last_admin_stays(staff: StaffStore, now: datetime) -> None:
    first, _ = _add(staff, now)
    second, _ = _add(staff, now, name="nina")
    staff.disable(staff_id=second.id, by=BY, now=now)
    with pytest.raises(LastAdminError):
        staff.disable(staff_id=first.id, by=BY, now=now)
    with pytest.raises(LastAdminError):
        staff.set_role(staff_id=first.id, role=Role.LEAD, by=BY, now=now)
    staff.set_role(staff_id=first.id, role=Role.ADMIN, by=BY, now=now)
    staff.disable(staff_id=second.id, by=BY, now=now)


def test_two_admins_who_switch_each_other_off_at_once_leave_one(
    staff: StaffStore, engine: Engine, now: datetime
) -> None:
    ids = [_add(staff, now, name=name)[0].id for name in ("maria", "nina")]
    start = threading.Barrier(2)

    def disable(staff_id: str) -> None:
        start.wait()
        with suppress(LastAdminError):
            StaffStore(engine).disable(staff_id=staff_id, by=BY, now=now)

    threads = [threading.Thread(target=disable, args=(staff_id,)) for staff_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [member.is_active for member in staff.everyone()].count(True) == 1


def test_nobody_of_an_id_is_not_found(staff: StaffStore, now: datetime) -> None:
    calls = (
        lambda: staff.get(staff_id=NOBODY),
        lambda: staff.invite(staff_id=NOBODY, by=BY, now=now),
        lambda: staff.rename(staff_id=NOBODY, display_name="x", by=BY, now=now),
        lambda: staff.set_role(staff_id=NOBODY, role=Role.LEAD, by=BY, now=now),
        lambda: staff.disable(staff_id=NOBODY, by=BY, now=now),
        lambda: staff.enable(staff_id=NOBODY, by=BY, now=now),
        lambda: staff.change_password(staff_id=NOBODY, password_hash="h", by=BY, now=now),
        lambda: staff.accept_invite(token="x", password_hash="h", now=now),
    )
    for call in calls:
        with pytest.raises(NotFoundError):
            call()
    assert staff.find(name="nobody") is None


def test_an_identity_is_linked_by_its_verified_address_once(staff: StaffStore, now: datetime) -> None:
    member, _ = _add(staff, now)
    assert staff.of_identity(subject="iss 1", email=None, now=now) is None
    assert staff.of_identity(subject="iss 1", email="other@x.test", now=now) is None
    linked = staff.of_identity(subject="iss 1", email="MARIA@x.test", now=now)
    assert linked is not None
    assert (linked.id, linked.subject) == (member.id, "iss 1")
    # From now on the subject alone counts: an address may be given to somebody else.
    assert staff.of_identity(subject="iss 2", email="maria@x.test", now=now) is None
    again = staff.of_identity(subject="iss 1", email="changed@x.test", now=now)
    assert again is not None
    assert again.id == member.id


def test_an_address_of_two_people_links_neither(staff: StaffStore, now: datetime) -> None:
    for name in ("one", "two"):
        staff.add(name=name, display_name=name, role=Role.AGENT, email="both@x.test", by=BY, now=now)
    assert staff.of_identity(subject="iss 1", email="both@x.test", now=now) is None


def test_who_is_switched_off_is_nobody_to_an_issuer(staff: StaffStore, now: datetime) -> None:
    _add(staff, now)
    member, _ = _add(staff, now, name="nina")
    assert staff.of_identity(subject="iss 1", email="nina@x.test", now=now) is not None
    staff.disable(staff_id=member.id, by=BY, now=now)
    assert staff.of_identity(subject="iss 1", email="nina@x.test", now=now) is None


def test_every_change_leaves_its_line(staff: StaffStore, engine: Engine, now: datetime) -> None:
    _add(staff, now)
    member, token = _add(staff, now, name="nina", role=Role.AGENT)
    staff.accept_invite(token=token, password_hash="h", now=now)
    staff.change_password(staff_id=member.id, password_hash="i", by=By("nina", member.id), now=now)
    staff.rename(staff_id=member.id, display_name="N", by=By("nina", member.id), now=now)
    staff.set_role(staff_id=member.id, role=Role.LEAD, by=BY, now=now)
    staff.invite(staff_id=member.id, by=BY, now=now)
    staff.disable(staff_id=member.id, by=BY, now=now)
    staff.enable(staff_id=member.id, by=BY, now=now)
    entries = list(reversed(AuditStore(engine).entries(subject_id=member.id)))
    assert [(entry.action, entry.actor, dict(entry.detail)) for entry in entries] == [
        ("staff.added", "test", {"role": "agent"}),
        ("staff.password_set", "nina", {"with": "invite"}),
        ("staff.password_set", "nina", {"with": "password"}),
        ("staff.renamed", "nina", {}),
        ("staff.role_changed", "test", {"from": "agent", "to": "lead"}),
        ("staff.invited", "test", {}),
        ("staff.disabled", "test", {}),
        ("staff.enabled", "test", {}),
    ]
