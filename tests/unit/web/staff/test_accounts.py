from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bot.db.staff import StaffMember
from bot.domain import Role
from bot.web.staff.site import SignInWays
from tests.fakes.console import ADMIN, Console, make_console, quick_passwords

GOOD = "four unlikely words here"
OTHER = "another set of words 9"
WRONG = "That did not work. Check the name and the password."


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path)


@pytest.fixture
def maria(console: Console) -> StaffMember:
    """An agent with the password `GOOD`."""
    member, token = console.stores.staff.add(
        name="maria", display_name="Maria", email="m.rossi@hospital.test", role=Role.AGENT, by=ADMIN,
        now=console.clock(),
    )  # fmt: skip
    console.stores.staff.accept_invite(token=token, password_hash=quick_passwords().hash(GOOD), now=console.clock())
    return member


def sign_in(client: TestClient, name: str, password: str, *, path: str = "/staff/sign-in", **data: str) -> Any:
    """Open the form and send it, as a browser does."""
    page = client.get(path)
    given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return client.post("/staff/sign-in", data=given | {"name": name, "password": password} | data)


def test_the_right_password_opens_the_console(console: Console, maria: StaffMember) -> None:
    client = console.stranger()
    response = sign_in(client, " Maria ", GOOD)
    assert (response.status_code, response.headers["location"]) == (303, "/staff")
    assert client.get("/staff/account").status_code == 200
    assert console.audited()[-1] == "staff.signed_in"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(console: Console, maria: StaffMember) -> None:
    response = sign_in(console.stranger(), "maria", GOOD)
    cookie = next(line for line in response.headers.get_list("set-cookie") if line.startswith("guide_staff="))
    assert re.fullmatch(r"guide_staff=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie)


def test_neither_token_nor_password_lies_in_the_database(console: Console, maria: StaffMember, tmp_path: Path) -> None:
    client = console.stranger()
    sign_in(client, "maria", GOOD)
    token = client.cookies["guide_staff"]
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"$argon2id$" in stored
    assert token.encode() not in stored
    assert GOOD.encode() not in stored


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("maria", "wrong password here", id="wrong-password"),
        pytest.param("nobody", GOOD, id="unknown-name"),
        pytest.param("maria", "", id="no-password"),
        pytest.param("", "", id="nothing"),
        pytest.param("maria", GOOD + "x" * 100_000, id="endless"),
        pytest.param("maria\x00", GOOD, id="stray-byte"),
        pytest.param("' OR 1=1 --", GOOD, id="sql"),
    ],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    console: Console, maria: StaffMember, name: str, password: str
) -> None:
    response = sign_in(console.stranger(), name, password)
    assert response.status_code == 403
    assert WRONG in response.text
    assert console.audited()[-1] == "staff.sign_in_failed"


def test_what_was_typed_as_a_name_is_kept_nowhere(console: Console, maria: StaffMember, tmp_path: Path) -> None:
    sign_in(console.stranger(), "my secret typed too early", GOOD)
    assert b"my secret typed" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("who", ["without-password", "switched-off", "locked"])
def test_who_may_not_sign_in_hears_the_same_answer(console: Console, maria: StaffMember, who: str) -> None:
    name, now = "maria", console.clock()
    if who == "without-password":
        console.stores.staff.add(name="new", display_name="New", role=Role.AGENT, by=ADMIN, now=now)
        name = "new"
    elif who == "switched-off":
        console.stores.staff.disable(staff_id=maria.id, by=ADMIN, now=now)
    else:
        for _ in range(5):
            console.stores.sign_ins.fail(staff_id=maria.id, now=now)
    response = sign_in(console.stranger(), name, GOOD)
    assert (response.status_code, WRONG in response.text) == (403, True)


def test_five_failures_lock_the_account_for_a_while_even_for_the_right_password(
    console: Console, maria: StaffMember
) -> None:
    for _ in range(5):
        sign_in(console.stranger(), "maria", "wrong password here")
    assert sign_in(console.stranger(), "maria", GOOD).status_code == 403
    console.clock.forward(minutes=15, seconds=1)
    assert sign_in(console.stranger(), "maria", GOOD).status_code == 303
    assert console.stores.staff.get(staff_id=maria.id).failures == 0


def test_an_unknown_name_takes_a_hash_as_well(tmp_path: Path) -> None:
    checked = []

    class Counting(type(quick_passwords())):  # type: ignore[misc]
        def is_right(self, password: str, stored: str | None) -> bool:
            checked.append(stored)
            return super().is_right(password, stored)  # type: ignore[no-any-return]

    passwords = Counting(hasher=quick_passwords()._hasher)
    console = make_console(tmp_path, ways=SignInWays(passwords=passwords))
    console.client(Role.AGENT, "maria")
    for name in ("maria", "nobody"):
        sign_in(console.stranger(), name, GOOD)
    assert checked == [None, None]


def test_one_address_may_not_go_on_for_ever(console: Console, maria: StaffMember) -> None:
    client = console.stranger()
    answers = [sign_in(client, f"name{number}", GOOD).status_code for number in range(21)]
    assert answers == [403] * 20 + [429]
    assert sign_in(client, "maria", GOOD).status_code == 429
    assert console.audited().count("staff.sign_in_failed") == 20


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"csrf": ""}, id="no-token"),
        pytest.param({"csrf": "0" * 64}, id="another-token"),
    ],
)
def test_a_sign_in_is_sent_from_our_own_form(console: Console, maria: StaffMember, changes: dict[str, str]) -> None:
    client = console.stranger()
    assert sign_in(client, "maria", GOOD, **changes).status_code == 403
    assert "guide_staff" not in client.cookies


def test_another_site_cannot_sign_anybody_in(console: Console, maria: StaffMember) -> None:
    client = console.stranger()
    client.headers["origin"] = "http://evil.test"
    assert sign_in(client, "maria", GOOD).status_code == 403
    assert "guide_staff" not in client.cookies


def test_a_session_that_was_planted_is_not_the_one_signed_in_to(console: Console, maria: StaffMember) -> None:
    attacker = console.client(Role.AGENT, "mallory")
    victim = console.stranger()
    planted = attacker.cookies["guide_staff"]
    page = victim.get("/staff/sign-in")
    given = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    victim.cookies.set("guide_staff", planted, domain="testserver.local", path="/")
    victim.post("/staff/sign-in", data=given | {"name": "maria", "password": GOOD})
    assert planted not in [cookie.value for cookie in victim.cookies.jar]
    assert attacker.get("/staff/account").status_code == 303


def test_a_made_up_session_is_none(console: Console, maria: StaffMember) -> None:
    client = console.stranger()
    for token in ("x", "a" * 43, "%00", '""', "a" * 5000):
        client.headers["cookie"] = f"guide_staff={token}"
        assert client.get("/staff/account").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        pytest.param("/staff/transcripts?q=a", "/staff/transcripts?q=a", id="own-page"),
        pytest.param("https://evil.test", "/staff", id="another-site"),
        pytest.param("//evil.test", "/staff", id="no-scheme"),
        pytest.param("/\\evil.test", "/staff", id="backslash"),
    ],
)
def test_the_sign_in_leads_nowhere_but_into_the_console(
    console: Console, maria: StaffMember, wanted: str, reached: str
) -> None:
    assert sign_in(console.stranger(), "maria", GOOD, onward=wanted).headers["location"] == reached
    response = sign_in(console.stranger(), "maria", GOOD, path=f"/staff/sign-in?next={wanted}")
    assert response.headers["location"] == reached


def test_who_is_signed_in_already_goes_on(console: Console) -> None:
    response = console.client(Role.AGENT).get("/staff/sign-in?next=/staff/gaps")
    assert (response.status_code, response.headers["location"]) == (303, "/staff/gaps")


def test_before_there_is_anybody_there_is_nothing_to_sign_in_to(console: Console) -> None:
    assert console.stranger().get("/staff/sign-in").headers["location"] == "/staff"
    assert sign_in(console.stranger(), "admin", "admin").headers.get("location") in (None, "/staff")


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(console: Console) -> None:
    client = console.client(Role.AGENT)
    copy = console.stranger()
    copy.cookies.set("guide_staff", client.cookies["guide_staff"])
    assert client.post("/staff/sign-out", data={"csrf": ""}).status_code == 403
    assert client.post("/staff/sign-out").headers["location"] == "/staff/sign-in"
    assert copy.get("/staff/account").status_code == 303
    assert console.audited()[-1] == "staff.signed_out"


def _invite(console: Console, member: StaffMember) -> str:
    return console.stores.staff.invite(staff_id=member.id, by=ADMIN, now=console.clock())


def test_an_invite_sets_a_password_once_and_signs_in(console: Console) -> None:
    _, token = console.stores.staff.add(
        name="new", display_name="Nina", role=Role.REVIEWER, by=ADMIN, now=console.clock()
    )
    client = console.stranger()
    assert "Welcome, Nina" in client.get(f"/staff/invite/{token}").text
    assert client.get(f"/staff/invite/{token}").status_code == 200, "looking at it uses it up"
    response = client.post(f"/staff/invite/{token}", data={"password": GOOD, "again": GOOD})
    assert (response.status_code, response.headers["location"]) == (303, "/staff")
    assert client.get("/staff/account").status_code == 200
    replay = console.stranger().post(f"/staff/invite/{token}", data={"password": OTHER, "again": OTHER})
    assert replay.status_code == 404
    assert console.stranger().get(f"/staff/invite/{token}").status_code == 404
    assert sign_in(console.stranger(), "new", GOOD).status_code == 303


@pytest.mark.parametrize("how", ["too-old", "replaced", "switched-off", "made-up", "foreign-origin"])
def test_an_invite_that_does_not_hold_changes_nothing(console: Console, maria: StaffMember, how: str) -> None:
    token = _invite(console, maria)
    headers = {}
    if how == "too-old":
        console.clock.forward(hours=24)
    elif how == "replaced":
        _invite(console, maria)
    elif how == "switched-off":
        console.stores.staff.disable(staff_id=maria.id, by=ADMIN, now=console.clock())
        console.stores.staff.enable(staff_id=maria.id, by=ADMIN, now=console.clock())
    elif how == "made-up":
        token = "a" * 43
    else:
        headers = {"origin": "http://evil.test"}
    response = console.stranger().post(
        f"/staff/invite/{token}", data={"password": OTHER, "again": OTHER}, headers=headers
    )
    assert response.status_code == 404
    assert sign_in(console.stranger(), "maria", GOOD).status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        pytest.param("short", "short", "Take at least 12 characters.", id="short"),
        pytest.param("password1234", "password1234", "among the first that are tried", id="common"),
        pytest.param("i am maria 2026", "i am maria 2026", "Leave your own name", id="own-name"),
        pytest.param(GOOD, OTHER, "The two are not the same.", id="not-the-same"),
        pytest.param("x" * 5000, "x" * 5000, "Take at most 200 characters.", id="endless"),
    ],
)
def test_a_weak_password_leaves_the_invite_unused(
    console: Console, maria: StaffMember, password: str, again: str, said: str
) -> None:
    token = _invite(console, maria)
    client = console.stranger()
    response = client.post(f"/staff/invite/{token}", data={"password": password, "again": again})
    assert (response.status_code, said in response.text) == (400, True)
    assert password not in response.text
    assert client.get(f"/staff/invite/{token}").status_code == 200


def test_a_new_password_signs_out_everywhere_else(console: Console, maria: StaffMember) -> None:
    here, elsewhere = console.client_of(maria), console.client_of(maria)
    before = here.cookies["guide_staff"]
    response = here.post("/staff/account/password", data={"old": GOOD, "password": OTHER, "again": OTHER})
    assert response.status_code == 303
    assert here.cookies["guide_staff"] != before
    assert here.get("/staff/account").status_code == 200
    assert elsewhere.get("/staff/account").status_code == 303
    assert sign_in(console.stranger(), "maria", GOOD).status_code == 403
    assert sign_in(console.stranger(), "maria", OTHER).status_code == 303


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param({"old": "no", "password": OTHER, "again": OTHER}, "not your present password", id="old"),
        pytest.param({"old": GOOD, "password": "short", "again": "short"}, "at least 12", id="weak"),
        pytest.param({"old": GOOD, "password": OTHER, "again": GOOD}, "not the same", id="again"),
    ],
)
def test_a_password_is_changed_by_its_owner_alone(
    console: Console, maria: StaffMember, data: dict[str, str], said: str
) -> None:
    client = console.client_of(maria)
    response = client.post("/staff/account/password", data=data)
    assert (response.status_code, said in response.text) == (400, True)
    assert sign_in(console.stranger(), "maria", GOOD).status_code == 303


def test_a_borrowed_session_cannot_guess_the_password_for_ever(console: Console, maria: StaffMember) -> None:
    client = console.client_of(maria)
    for _ in range(5):
        client.post("/staff/account/password", data={"old": "guess", "password": OTHER, "again": OTHER})
    right = client.post("/staff/account/password", data={"old": GOOD, "password": OTHER, "again": OTHER})
    assert right.status_code == 400


def test_the_name_that_patients_see_is_ones_own_to_choose(console: Console) -> None:
    client = console.client(Role.AGENT, "maria")
    assert client.post("/staff/account/name", data={"display_name": "  Maria  R. "}).status_code == 303
    page = client.get("/staff/account").text
    assert 'value="Maria R."' in page
    assert "staff.renamed" in console.audited()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_a_name_that_cannot_be_shown_is_refused(console: Console, name: str) -> None:
    client = console.client(Role.AGENT, "maria")
    assert client.post("/staff/account/name", data={"display_name": name}).status_code == 400


def test_a_name_is_never_markup(console: Console) -> None:
    client = console.client(Role.AGENT)
    client.post("/staff/account/name", data={"display_name": "<script>alert(1)</script>"})
    assert "<script>alert" not in client.get("/staff/account").text


@pytest.mark.parametrize("path", ["/staff/account/name", "/staff/account/password", "/staff/sign-out"])
def test_no_change_of_an_account_is_a_strangers(console: Console, path: str) -> None:
    response = console.stranger().post(path, data={"csrf": "x"})
    assert (response.status_code, response.headers["location"]) == (303, "/staff/sign-in")
