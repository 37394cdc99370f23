from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.erasure import RETENTION, digest_of
from bot.db.retention import RetentionRules
from bot.domain import Role
from bot.errors import NotFoundError
from bot.web.staff.site import Upkeep
from tests.fakes.console import Console, make_console

_SECRET = "Xylophonbrandung"


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path, upkeep=Upkeep(rules=RetentionRules(days=30, days_emergency=400)))


def _talk(console: Console, visitor_id: str = "ada", days_ago: int = 0) -> str:
    now = console.clock() - timedelta(days=days_ago)
    talk = console.stores.transcripts.open_conversation(visitor_id=visitor_id, channel="web", language="en", now=now)
    console.stores.transcripts.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    return talk.id


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/staff/privacy", id="page"),
        pytest.param("POST", "/staff/privacy/check", id="check"),
        pytest.param("POST", "/staff/privacy/erase", id="erase"),
        pytest.param("GET", "/staff/privacy/proof/{id}", id="proof"),
    ],
)
def test_only_admins_reach_it(console: Console, method: str, path: str) -> None:
    talk_id = _talk(console)
    path = path.replace("{id}", talk_id)
    form = {"kind": "conversation", "wanted": talk_id} if method == "POST" else None
    send = {"GET": lambda who: who.get(path), "POST": lambda who: who.post(path, data=form)}[method]
    assert send(console.client(Role.LEAD)).status_code == 404
    assert send(console.stranger()).headers["location"].startswith("/staff/sign-in")
    assert console.stores.transcripts.conversation(conversation_id=talk_id).id == talk_id


def test_shows_the_rules_in_force_what_is_due_and_the_last_runs(console: Console) -> None:
    for days_ago in (0, 31, 32):
        _talk(console, days_ago=days_ago)
    console.stores.retention.finish_run(
        detail={"erased": {"others": 7}, "tidied": {}, "seconds": 1.5}, now=console.clock(), by=RETENTION
    )
    page = console.client(Role.ADMIN).get("/staff/privacy").text
    rows = [row.split("</tr>")[0] for row in page.split("<tr>")[2:]]
    assert ["400 days" in rows[0], "30 days" in rows[1], "30 days" in rows[2]] == [True] * 3
    assert [">2<" in rows[1], ">0<" in rows[2]] == [True] * 2
    assert ["the daily job" in rows[4], "With a request for a person: 7" in rows[4], "1.5 s" in rows[4]] == [True] * 3


def test_says_loudly_that_nothing_is_ever_erased_without_rules(tmp_path: Path) -> None:
    page = make_console(tmp_path).client(Role.ADMIN).get("/staff/privacy").text
    assert "No rule is set: conversations are kept until someone erases them." in page


def test_shows_what_would_go_and_no_word_of_it_before_anything_does(console: Console) -> None:
    first, second = _talk(console), _talk(console)
    page = console.client(Role.ADMIN).post("/staff/privacy/check", data={"wanted": f" {first} "}).text
    assert (page.count(f'value="{first}"'), "2 conversations." in page, _SECRET in page) == (1, True, False)
    assert len(console.stores.transcripts.conversation_ids(visitor_id="ada")) == len({first, second})


def test_erases_a_conversation_and_shows_the_proof(console: Console) -> None:
    first, second = _talk(console), _talk(console)
    admin = console.client(Role.ADMIN, "mira")
    answer = admin.post("/staff/privacy/erase", data={"kind": "conversation", "wanted": first})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/privacy/proof/{first}")
    assert console.stores.transcripts.conversation_ids(visitor_id="ada") == [second]
    proof = admin.get(answer.headers["location"]).text
    assert ["by mira;" in proof, "messages</td>" in proof, _SECRET in proof] == [True, True, False]
    (line,) = console.stores.audit.entries(action="conversation.erased")
    assert (line.staff_id, line.actor) == (admin.staff.id, "mira")


def test_erases_all_of_a_visitor_and_shows_the_proof(console: Console) -> None:
    _talk(console), _talk(console)
    other = _talk(console, visitor_id="bob")
    admin = console.client(Role.ADMIN)
    answer = admin.post("/staff/privacy/erase", data={"kind": "visitor", "wanted": "ada"})
    assert answer.headers["location"] == f"/staff/privacy/proof/{digest_of('ada')}"
    assert "Conversations: 2" in admin.get(answer.headers["location"]).text
    assert console.stores.transcripts.conversation_ids(visitor_id="ada") == []
    assert console.stores.transcripts.conversation(conversation_id=other).id == other


@pytest.mark.parametrize("wanted", ["conversation", "ada"])
def test_finds_the_proof_of_what_was_erased_before(console: Console, wanted: str) -> None:
    talk_id = _talk(console)
    console.stores.transcripts.erase_visitor(visitor_id="ada", now=console.clock())
    sent = talk_id if wanted == "conversation" else wanted
    answer = console.client(Role.ADMIN).post("/staff/privacy/check", data={"wanted": sent})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/staff/privacy/proof/")


@pytest.mark.parametrize("wanted", ["nobody", "", "' OR 1=1 --", "<b>"])
def test_an_unknown_id_is_told_and_erases_nothing(console: Console, wanted: str) -> None:
    talk_id = _talk(console)
    admin = console.client(Role.ADMIN)
    answer = admin.post("/staff/privacy/check", data={"wanted": wanted})
    assert (answer.status_code, "There is no conversation and no visitor" in answer.text) == (404, True)
    assert "<b>" not in answer.text
    for kind in ("conversation", "visitor", "everything"):
        answer = admin.post("/staff/privacy/erase", data={"kind": kind, "wanted": wanted})
        assert answer.status_code == 404
    assert console.stores.transcripts.conversation(conversation_id=talk_id).id == talk_id


def test_a_forged_form_erases_nothing(console: Console) -> None:
    talk_id = _talk(console)
    form = {"kind": "conversation", "wanted": talk_id, "csrf": "forged"}
    assert console.client(Role.ADMIN).post("/staff/privacy/erase", data=form).status_code == 403
    assert console.stores.transcripts.conversation(conversation_id=talk_id).id == talk_id


def test_erased_twice_is_not_found(console: Console) -> None:
    talk_id = _talk(console)
    admin = console.client(Role.ADMIN)
    form = {"kind": "conversation", "wanted": talk_id}
    assert [admin.post("/staff/privacy/erase", data=form).status_code for _ in range(2)] == [303, 404]
    with pytest.raises(NotFoundError):
        console.stores.transcripts.conversation(conversation_id=talk_id)
