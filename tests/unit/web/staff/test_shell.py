from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response

from bot.domain import Role
from bot.errors import NotFoundError, SettingsError, StoreError
from bot.web.staff.shell import Shell, SignedIn, local_path
from bot.web.staff.site import add_console
from tests.fakes.console import BROWSER, Console, make_console


def _add(app: FastAPI, shell: Shell, **parts: Any) -> None:
    """A part with one page for agents and one change for leads, before the console's own routes."""
    router = APIRouter(prefix="/staff")
    agent, lead = Depends(shell.require(Role.AGENT)), Depends(shell.checked(Role.LEAD))

    @router.get("/part")
    def part(request: Request, staff: SignedIn = agent) -> Response:
        return JSONResponse({"name": staff.name})

    @router.post("/part")
    def change(request: Request, staff: SignedIn = lead) -> Response:
        return shell.redirect("/staff/settings", "Done: <b>ä</b>; a=b")

    @router.get("/broken/{kind}")
    def broken(kind: str, staff: SignedIn = agent) -> Response:
        errors = {
            "unknown": NotFoundError("no such conversation"),
            "store": StoreError("secret place of the database"),
            "other": SettingsError("This cannot be done."),
        }
        raise errors[kind]

    app.include_router(router)
    add_console(app, shell, **parts)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path, add=_add)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        pytest.param(Role.REVIEWER, 404, id="too-low"),
        pytest.param(Role.AGENT, 200, id="exactly"),
        pytest.param(Role.ADMIN, 200, id="above"),
    ],
)
def test_a_page_is_there_from_its_role_upwards(console: Console, role: Role, status: int) -> None:
    assert console.client(role).get("/staff/part").status_code == status


def test_a_page_of_a_higher_role_looks_like_no_page_at_all(console: Console) -> None:
    reviewer = console.client(Role.REVIEWER)
    hidden, absent = reviewer.get("/staff/people"), reviewer.get("/staff/nothing-here")
    assert (hidden.status_code, hidden.text) == (absent.status_code, absent.text) == (404, absent.text)
    assert "Nothing here" in absent.text


@pytest.mark.parametrize("path", ["/staff/part?id=7&a=b", "/staff/people", "/staff/no-such-page"])
def test_a_stranger_is_asked_to_sign_in_whatever_the_page(console: Console, path: str) -> None:
    response = console.stranger().get(path)
    assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/staff/sign-in")


def test_the_sign_in_leads_back_to_the_page_that_was_asked_for(console: Console) -> None:
    response = console.stranger().get("/staff/part?id=7&a=b")
    assert response.headers["location"] == "/staff/sign-in?next=%2Fstaff%2Fpart%3Fid%3D7%26a%3Db"


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", "*/*"])
def test_a_script_of_a_stranger_hears_401(console: Console, accept: str) -> None:
    response = console.stranger().get("/staff/part", headers={"accept": accept})
    assert (response.status_code, response.json()) == (401, {"error": "sign in"})


def test_a_click_on_another_site_comes_again_from_a_page_of_ours(console: Console) -> None:
    console.client(Role.AGENT)
    response = console.stranger().get("/staff/part?id=7", headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/staff/part?id=7">' in response.text


def test_a_change_needs_the_token_of_this_session(console: Console) -> None:
    lead, other = console.client(Role.LEAD), console.client(Role.LEAD)
    assert lead.post("/staff/part").status_code == 303
    assert lead.post("/staff/part", data={"csrf": ""}).status_code == 403
    assert lead.post("/staff/part", data={"csrf": other.csrf}).status_code == 403
    assert lead.post("/staff/part", content=b"").status_code == 403
    assert lead.post("/staff/part", content=b"", headers={"x-csrf-token": lead.csrf}).status_code == 303
    assert lead.post("/staff/part", content=b"", headers={"x-csrf-token": "ü".encode()}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"origin": "http://testserver"}, 303, id="own"),
        pytest.param({"origin": "HTTP://TESTSERVER"}, 303, id="own-in-capitals"),
        pytest.param({"origin": "http://evil.test"}, 403, id="foreign"),
        pytest.param({"origin": "http://testserver.evil.test"}, 403, id="begins-like-ours"),
        pytest.param({"origin": "https://testserver"}, 403, id="other-scheme"),
        pytest.param({"origin": "null"}, 403, id="hidden"),
        pytest.param({"sec-fetch-site": "cross-site"}, 403, id="cross-site"),
        pytest.param({"sec-fetch-site": "same-site"}, 403, id="sister-domain"),
        pytest.param({"sec-fetch-site": "same-origin"}, 303, id="same-origin"),
    ],
)
def test_a_change_comes_from_our_own_pages(console: Console, headers: dict[str, str], status: int) -> None:
    assert console.client(Role.LEAD).post("/staff/part", headers=headers).status_code == status


def test_a_change_of_a_lower_role_is_not_there(console: Console) -> None:
    assert console.client(Role.AGENT).post("/staff/part").status_code == 404
    response = console.stranger().post("/staff/part", data={"csrf": "x"})
    assert (response.status_code, response.headers["location"]) == (303, "/staff/sign-in")


def test_a_notice_is_shown_once_and_escaped(console: Console) -> None:
    lead = console.client(Role.LEAD)
    lead.post("/staff/part")
    notice = '<p class="notice" role="status">Done: &lt;b&gt;ä&lt;/b&gt;; a=b</p>'
    assert notice in lead.get("/staff/settings").text
    assert "notice" not in lead.get("/staff/settings").text


@pytest.mark.parametrize(
    ("kind", "status", "said", "unsaid"),
    [
        pytest.param("unknown", 404, "Nothing here", "no such conversation", id="unknown"),
        pytest.param("store", 503, "Nothing was changed", "secret place", id="store"),
        pytest.param("other", 400, "This cannot be done.", "SettingsError", id="other"),
    ],
)
def test_what_fails_is_a_page_with_what_may_be_told(
    console: Console, kind: str, status: int, said: str, unsaid: str
) -> None:
    response = console.client(Role.AGENT).get(f"/staff/broken/{kind}")
    assert response.status_code == status
    assert said in response.text
    assert unsaid not in response.text


def test_what_fails_for_a_script_is_a_code(console: Console) -> None:
    agent = console.client(Role.AGENT)
    response = agent.get("/staff/broken/store", headers={"accept": "application/json"})
    assert (response.status_code, response.json()) == (503, {"error": "store"})
    response = agent.get("/staff/broken/unknown", headers={"accept": "application/json"})
    assert (response.status_code, response.json()) == (404, {"error": "not found"})


def test_a_session_ends_after_half_an_hour_without_a_request(console: Console) -> None:
    agent = console.client(Role.AGENT)
    for _ in range(3):
        console.clock.forward(minutes=29)
        assert agent.get("/staff/part").status_code == 200
    console.clock.forward(minutes=30)
    assert agent.get("/staff/part").status_code == 303


def test_a_session_ends_after_twelve_hours_whatever_happens(console: Console) -> None:
    agent = console.client(Role.AGENT)
    for _ in range(12 * 60 // 20 - 1):
        console.clock.forward(minutes=20)
        assert agent.get("/staff/part").status_code == 200
    console.clock.forward(minutes=20)
    assert agent.get("/staff/part").status_code == 303


@pytest.mark.parametrize("headers", [{"x-background": "1"}, {"accept": "text/event-stream"}])
def test_what_a_script_asks_by_itself_keeps_nobody_signed_in(console: Console, headers: dict[str, str]) -> None:
    agent = console.client(Role.AGENT)
    console.clock.forward(minutes=20)
    assert agent.get("/staff/part", headers=headers).status_code == 200
    console.clock.forward(minutes=20)
    assert agent.get("/staff/part", headers=BROWSER).status_code == 303


def test_cookies_are_bound_to_this_host_over_https(tmp_path: Path) -> None:
    console = make_console(tmp_path, public_origin="https://guide.test", add=_add)
    lead = console.client(Role.LEAD)
    lead.cookies.set("__Host-guide_staff", lead.cookies["__Host-guide_staff"], domain="testserver.local", path="/")
    cookie = lead.post("/staff/part", headers={"origin": "https://guide.test"}).headers["set-cookie"]
    assert cookie.startswith("__Host-guide_staff_notice=")
    assert cookie.endswith("; HttpOnly; Max-Age=60; Path=/; SameSite=strict; Secure")


def test_the_waiting_are_counted_for_those_who_may_take_them(tmp_path: Path) -> None:
    console = make_console(tmp_path, add=_add)
    console.shell._waiting = lambda: 3
    agents = console.client(Role.AGENT).get("/staff/settings").text
    assert 'data-waiting="3"' in agents
    assert "<title>(3) Settings" in agents
    assert "data-waiting" not in console.client(Role.REVIEWER).get("/staff/settings").text


def test_the_navigation_shows_where_one_is_and_what_the_role_may_open(console: Console) -> None:
    reviewer = console.client(Role.REVIEWER).get("/staff/settings").text
    assert '<a href="/staff/settings" aria-current="page">' in reviewer
    assert '"/staff/queue"' not in reviewer
    assert '"/staff/people"' not in reviewer
    assert '"/staff/people"' in console.client(Role.ADMIN).get("/staff/settings").text


@pytest.mark.parametrize(("role", "path"), [(Role.REVIEWER, "/staff/review"), (Role.AGENT, "/staff/queue")])
def test_the_console_opens_where_the_work_is(console: Console, role: Role, path: str) -> None:
    assert console.client(role).get("/staff").headers["location"] == path


@pytest.mark.parametrize("path", ["/staff", "/staff/"])
def test_before_there_is_anybody_the_console_says_how_to_begin(console: Console, path: str) -> None:
    response = console.stranger().get(path)
    assert response.status_code == 200
    assert "lupus-bot staff add NAME --role admin" in response.text


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("https://evil.test/staff", id="another-site"),
        pytest.param("//evil.test/staff", id="no-scheme"),
        pytest.param("/staff//evil.test", id="two-slashes"),
        pytest.param("/staff/../chat", id="climbing"),
        pytest.param("/staff\\evil", id="backslash"),
        pytest.param("/staffing", id="only-begins-like-it"),
        pytest.param("/staff/a\r\nSet-Cookie: x=y", id="line-break"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("/staff/sign-in?next=/staff", id="loop"),
        pytest.param("/staff/" + "a" * 1000, id="endless"),
        pytest.param(None, id="nothing"),
    ],
)
def test_no_address_leads_out_of_the_console(path: str | None) -> None:
    assert local_path(path) == "/staff"


@pytest.mark.parametrize("path", ["/staff", "/staff?a=1", "/staff/transcripts?q=a%2F%2Fb&x=1"])
def test_an_address_of_the_console_is_kept(path: str) -> None:
    assert local_path(path) == path
