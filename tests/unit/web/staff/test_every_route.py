"""Every route of the console, tried as the right role, a colleague of a lower one, a stranger and a forger.

A route that is not in the table fails the first test: nobody adds one without saying whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from bot.conversation.gap_groups import GapGrouper
from bot.domain import Role
from bot.web.staff.gaps import Gaps
from bot.web.staff.site import add_console
from tests.fakes.console import Console
from tests.fakes.desk import ask_for_person, make_talking_console
from tests.fakes.partners import make_partner_desk

R, A, L, D = Role.REVIEWER, Role.AGENT, Role.LEAD, Role.ADMIN
_TALK = "/staff/conversations/{conversation_id}"
# Whoever has no session may come here: to get one, or to be told how.
OPEN = {
    ("GET", "/staff"),
    ("GET", "/staff/"),
    ("GET", "/staff/sign-in"),
    ("POST", "/staff/sign-in"),
    ("GET", "/staff/invite/{token}"),
    ("POST", "/staff/invite/{token}"),
}
LOWEST: dict[tuple[str, str], Role] = {
    ("GET", "/staff/account"): R,
    ("POST", "/staff/account/name"): R,
    ("POST", "/staff/account/password"): R,
    ("GET", "/staff/audit"): D,
    ("POST", "/staff/audit/export"): D,
    ("GET", "/staff/canned"): L,
    ("POST", "/staff/canned"): L,
    ("GET", "/staff/canned.json"): A,
    ("POST", "/staff/canned/{canned_id}"): L,
    ("POST", "/staff/canned/{canned_id}/delete"): L,
    ("GET", _TALK): R,
    ("GET", f"{_TALK}/lines"): R,
    ("GET", f"{_TALK}/readers"): R,
    ("GET", f"{_TALK}/state"): R,
    ("POST", f"{_TALK}/assign"): L,
    ("POST", f"{_TALK}/close"): A,
    ("POST", f"{_TALK}/hand-on"): A,
    ("POST", f"{_TALK}/labels"): R,
    ("POST", f"{_TALK}/labels/{{label_id}}/delete"): R,
    ("POST", f"{_TALK}/notes"): R,
    ("POST", f"{_TALK}/notes/{{note_id}}/delete"): R,
    ("POST", f"{_TALK}/release"): A,
    ("POST", f"{_TALK}/say"): A,
    ("POST", f"{_TALK}/start"): A,
    ("POST", f"{_TALK}/take"): A,
    ("POST", f"{_TALK}/typing"): A,
    ("GET", "/staff/gaps"): R,
    ("POST", "/staff/gaps/export"): L,
    ("GET", "/staff/labels"): L,
    ("POST", "/staff/labels"): L,
    ("POST", "/staff/labels/{label_id}/delete"): L,
    ("GET", "/staff/live"): R,
    ("GET", "/staff/notices"): D,
    ("POST", "/staff/notices/{notice_id}/again"): D,
    ("GET", "/staff/overview"): R,
    ("GET", "/staff/overview.csv"): R,
    ("GET", "/staff/partners"): D,
    ("POST", "/staff/partners"): D,
    ("GET", "/staff/partners/{partner_id}"): D,
    ("POST", "/staff/partners/{partner_id}"): D,
    ("POST", "/staff/partners/{partner_id}/disable"): D,
    ("POST", "/staff/partners/{partner_id}/enable"): D,
    ("GET", "/staff/partners/{partner_id}/figures"): D,
    ("GET", "/staff/partners/{partner_id}/figures.csv"): D,
    ("POST", "/staff/partners/{partner_id}/keys"): D,
    ("POST", "/staff/partners/{partner_id}/keys/{key_id}/revoke"): D,
    ("GET", "/staff/partners/{partner_id}/logo"): D,
    ("POST", "/staff/partners/{partner_id}/logo"): D,
    ("POST", "/staff/partners/{partner_id}/logo/delete"): D,
    ("GET", "/staff/people"): D,
    ("POST", "/staff/people"): D,
    ("POST", "/staff/people/{staff_id}/disable"): D,
    ("POST", "/staff/people/{staff_id}/enable"): D,
    ("POST", "/staff/people/{staff_id}/invite"): D,
    ("POST", "/staff/people/{staff_id}/role"): D,
    ("GET", "/staff/privacy"): D,
    ("POST", "/staff/privacy/check"): D,
    ("POST", "/staff/privacy/erase"): D,
    ("GET", "/staff/privacy/proof/{subject_id}"): D,
    ("GET", "/staff/queue"): A,
    ("GET", "/staff/queue/count"): A,
    ("GET", "/staff/queue/table"): A,
    ("GET", "/staff/review"): R,
    ("POST", "/staff/review/ask"): L,
    ("GET", "/staff/review/lessons"): R,
    ("POST", "/staff/review/lessons/export"): L,
    ("POST", "/staff/review/lessons/{lesson_id}/delete"): L,
    ("GET", "/staff/review/list"): R,
    ("GET", "/staff/review/next"): R,
    ("GET", "/staff/review/{review_id}"): R,
    ("POST", "/staff/review/{review_id}"): R,
    ("POST", "/staff/review/{review_id}/lessons"): R,
    ("POST", "/staff/review/{review_id}/settle"): L,
    ("GET", "/staff/settings"): R,
    ("POST", "/staff/sign-out"): R,
    ("GET", "/staff/transcripts"): R,
    ("POST", "/staff/transcripts/export"): L,
    ("POST", "/staff/views"): R,
    ("POST", "/staff/views/{view_id}/delete"): R,
    ("GET", "/staff/{path:path}"): R,
    ("HEAD", "/staff/{path:path}"): R,
}
IDS = [" ".join(route) for route in LOWEST]
_SECRET = "Zanzibar"


def _add(*args: Any, stores: Any, **options: Any) -> None:
    grouper = GapGrouper(lambda question: np.ones(1, dtype=np.float32))
    gaps = Gaps(store=stores.transcripts, grouper=grouper, title_of=lambda section_id: None)
    add_console(*args, stores=stores, gaps=gaps, partners=make_partner_desk(), **options)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    return make_talking_console(tmp_path_factory.mktemp("console"), add=_add)


def _routes(routes: Any) -> Iterator[tuple[str, str]]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        elif hasattr(route, "methods"):
            path = route.path if route.path.startswith("/staff") else f"/staff{route.path}"
            yield from ((method, path) for method in route.methods)


def _ask(client: Any, route: tuple[str, str], talk_id: str, **options: Any) -> Any:
    method, path = route
    address = path.replace("{conversation_id}", talk_id).replace("{path:path}", "no/such/page")
    for part in ("canned_id", "label_id", "note_id", "staff_id", "subject_id", "review_id", "lesson_id", "view_id"):
        address = address.replace(f"{{{part}}}", "00000000-0000-4000-8000-000000000000")
    for part in ("notice_id", "partner_id", "key_id"):
        address = address.replace(f"{{{part}}}", "none")
    if method == "POST":
        return client.post(address, **options)
    return client.request(method, address, **options)


def test_the_table_names_every_route(console: Console) -> None:
    own = [
        route
        for route in console.app.routes
        if not getattr(route, "path", "").startswith(("/docs", "/redoc", "/openapi"))
    ]
    assert set(_routes(own)) == OPEN | LOWEST.keys()


@pytest.mark.parametrize("route", LOWEST, ids=IDS)
def test_a_stranger_is_asked_to_sign_in_and_learns_nothing(console: Console, route: tuple[str, str]) -> None:
    talk = ask_for_person(console, said=_SECRET)
    answer = _ask(console.stranger(), route, talk.id)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/staff/sign-in")
    assert _SECRET not in answer.text
    script = _ask(console.stranger(), route, talk.id, headers={"accept": "application/json"})
    assert (script.status_code, _SECRET in script.text) == (401, False)


@pytest.mark.parametrize("route", [route for route, role in LOWEST.items() if role is not R])
def test_a_colleague_of_a_lower_role_finds_nothing_there(console: Console, route: tuple[str, str]) -> None:
    talk = ask_for_person(console, said=_SECRET)
    roles = list(Role)
    for role in roles[: roles.index(LOWEST[route])]:
        answer = _ask(console.client(role), route, talk.id)
        assert (answer.status_code, _SECRET in answer.text) == (404, False)


@pytest.mark.parametrize("route", [route for route in LOWEST if route[0] == "POST"])
@pytest.mark.parametrize("csrf", ["", "forged", "ü"])
def test_a_forged_form_changes_nothing(console: Console, route: tuple[str, str], csrf: str) -> None:
    talk = ask_for_person(console)
    before = console.audited()
    answer = _ask(console.client(Role.ADMIN), route, talk.id, data={"csrf": csrf})
    assert answer.status_code == 403
    assert [action for action in console.audited() if action not in ("staff.added", "staff.signed_in")] == [
        action for action in before if action not in ("staff.added", "staff.signed_in")
    ]


@pytest.mark.parametrize("route", [route for route in LOWEST if route[0] == "POST"])
def test_a_form_of_another_site_is_refused_even_with_the_right_token(console: Console, route: tuple[str, str]) -> None:
    talk = ask_for_person(console)
    client = console.client(Role.ADMIN)
    assert _ask(client, route, talk.id, headers={"origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("route", [route for route in LOWEST if route != ("GET", "/staff/live")])
def test_the_right_role_is_never_turned_away_nor_met_by_a_crash(console: Console, route: tuple[str, str]) -> None:
    talk = ask_for_person(console)
    answer = _ask(console.client(LOWEST[route]), route, talk.id)
    assert answer.status_code in (200, 303, 400, 404, 422)
    assert not answer.headers.get("location", "").startswith("/staff/sign-in?")
