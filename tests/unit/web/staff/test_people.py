from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.domain import Role
from tests.fakes.console import Console, make_console

NEW = {"name": "Nina", "display_name": "Nina", "email": "Nina@Hospital.test", "role": "agent"}


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path)


def test_an_admin_adds_somebody_and_hands_on_a_link(console: Console) -> None:
    admin = console.client(Role.ADMIN)
    page = admin.post("/staff/people", data=NEW)
    assert page.status_code == 200
    link = re.search(r"http://testserver/staff/invite/[\w-]{43}", page.text)
    assert link is not None
    assert "Welcome, Nina" in console.stranger().get(link[0]).text
    nina = console.stores.staff.find(name="nina")
    assert nina is not None
    assert (nina.role, nina.email, nina.has_password) == (Role.AGENT, "nina@hospital.test", False)
    assert link[0] not in admin.get("/staff/people").text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"name": "x"}, "Take 2 to 60 of", id="short-name"),
        pytest.param({"name": "<b>bold</b>"}, "Take 2 to 60 of", id="markup"),
        pytest.param({"name": "nina\u0430"}, "Take 2 to 60 of", id="look-alike"),
        pytest.param({"display_name": "x" * 61}, "Take 1 to 60 characters.", id="long-display-name"),
        pytest.param({"email": "nobody"}, "This is no e-mail address.", id="email"),
        pytest.param({"role": "owner"}, "Choose one of reviewer, agent, lead, admin.", id="role"),
    ],
)
def test_particulars_that_cannot_be_taken_add_nobody(console: Console, changes: dict[str, str], said: str) -> None:
    admin = console.client(Role.ADMIN)
    response = admin.post("/staff/people", data=NEW | changes)
    assert (response.status_code, said in response.text) == (400, True)
    assert len(console.stores.staff.everyone()) == 1


def test_a_name_is_given_once(console: Console) -> None:
    admin = console.client(Role.ADMIN)
    admin.post("/staff/people", data=NEW)
    response = admin.post("/staff/people", data=NEW | {"name": " NINA "})
    assert (response.status_code, "This name is in use." in response.text) == (400, True)


def test_switching_off_signs_out_at_once(console: Console) -> None:
    admin, agent = console.client(Role.ADMIN), console.client(Role.AGENT)
    assert agent.get("/staff/account").status_code == 200
    assert admin.post(f"/staff/people/{agent.staff.id}/disable").status_code == 303
    assert agent.get("/staff/account").status_code == 303
    assert admin.post(f"/staff/people/{agent.staff.id}/invite").status_code == 404
    assert admin.post(f"/staff/people/{agent.staff.id}/enable").status_code == 303
    assert agent.get("/staff/account").status_code == 303, "the old session came back"


def test_another_role_holds_at_once_and_ends_the_session_in_the_old_one(console: Console) -> None:
    admin, lead = console.client(Role.ADMIN), console.client(Role.LEAD)
    assert admin.post(f"/staff/people/{lead.staff.id}/role", data={"role": "reviewer"}).status_code == 303
    assert lead.get("/staff/account").status_code == 303
    assert console.stores.staff.get(staff_id=lead.staff.id).role is Role.REVIEWER


@pytest.mark.parametrize("change", ["role", "disable"])
def test_the_last_admin_stays(console: Console, change: str) -> None:
    admin = console.client(Role.ADMIN)
    response = admin.post(f"/staff/people/{admin.staff.id}/{change}", data={"role": "lead"})
    assert (response.status_code, "This is the last admin." in response.text) == (400, True)
    assert admin.get("/staff/people").status_code == 200
    console.client(Role.ADMIN)
    assert admin.post(f"/staff/people/{admin.staff.id}/{change}", data={"role": "lead"}).status_code == 303


def test_a_new_link_replaces_the_one_before(console: Console) -> None:
    admin, agent = console.client(Role.ADMIN), console.client(Role.AGENT)
    path = f"/staff/people/{agent.staff.id}/invite"
    first, second = (re.findall(r"/staff/invite/[\w-]{43}", admin.post(path).text)[0] for _ in range(2))
    assert console.stranger().get(first).status_code == 404
    assert console.stranger().get(second).status_code == 200


def test_every_change_is_audited_with_who_made_it(console: Console) -> None:
    admin, agent = console.client(Role.ADMIN, "anna"), console.client(Role.AGENT)
    before = len(console.audited())
    path = f"/staff/people/{agent.staff.id}"
    admin.post("/staff/people", data=NEW)
    admin.post(f"{path}/role", data={"role": "lead"})
    for change in ("invite", "disable", "enable"):
        admin.post(f"{path}/{change}")
    assert console.audited()[before:] == [
        "staff.added", "staff.role_changed", "staff.invited", "staff.disabled", "staff.enabled"
    ]  # fmt: skip
    entries = console.stores.audit.entries(limit=5)
    assert {(entry.actor, entry.staff_id) for entry in entries} == {("anna", admin.staff.id)}
    assert console.stores.audit.check_chain() is None


_CHANGES = ("", "/{id}/role", "/{id}/disable", "/{id}/enable", "/{id}/invite")


@pytest.mark.parametrize("path", _CHANGES)
def test_the_staff_page_is_the_admins_alone(console: Console, path: str) -> None:
    console.client(Role.ADMIN)
    lead, victim = console.client(Role.LEAD), console.client(Role.AGENT)
    url = "/staff/people" + path.format(id=victim.staff.id)
    data = NEW | {"role": "admin"}
    assert lead.get("/staff/people").status_code == 404
    assert lead.post(url, data=data).status_code == 404
    response = console.stranger().post(url, data={"csrf": "x"} | data)
    assert (response.status_code, response.headers["location"]) == (303, "/staff/sign-in")
    assert len(console.stores.staff.everyone()) == 3
    assert console.stores.staff.get(staff_id=victim.staff.id) == console.stores.staff.find(name=victim.staff.name)
    assert victim.get("/staff/account").status_code == 200


@pytest.mark.parametrize("path", _CHANGES)
def test_no_change_of_the_staff_is_forged(console: Console, path: str) -> None:
    admin, victim = console.client(Role.ADMIN), console.client(Role.AGENT)
    url = "/staff/people" + path.format(id=victim.staff.id)
    data = NEW | {"role": "admin"}
    assert admin.post(url, data=data | {"csrf": victim.csrf}).status_code == 403
    assert admin.post(url, data=data, headers={"origin": "http://evil.test"}).status_code == 403
    assert admin.get(url).status_code in (200, 404), "a link changes nothing"
    assert console.stores.staff.get(staff_id=victim.staff.id).role is Role.AGENT
    assert len(console.stores.staff.everyone()) == 2


@pytest.mark.parametrize("change", ["role", "disable", "enable", "invite"])
def test_nobody_of_this_id_is_nothing_here(console: Console, change: str) -> None:
    admin = console.client(Role.ADMIN)
    for staff_id in ("00000000-0000-4000-8000-000000000000", "x", "%27"):
        assert admin.post(f"/staff/people/{staff_id}/{change}", data={"role": "lead"}).status_code == 404
