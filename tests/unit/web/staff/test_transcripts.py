"""The pages of the transcript list, its views, exports, labels, notes and canned replies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.db.list_values import Count
from bot.domain import Author, Role
from bot.web.staff.transcripts import found_in_words
from tests.fakes.console import Console, make_console

_SAID = "<b>fever</b> after the infusion & more"


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_console(tmp_path)


@pytest.fixture
def talk(console: Console) -> str:
    store = console.stores.transcripts
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=console.clock())
    store.add_patient_message(conversation_id=talk.id, text=_SAID, now=console.clock())
    return talk.id


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        pytest.param(Role.REVIEWER, "/staff/transcripts", 200, id="list"),
        pytest.param(Role.AGENT, "/staff/labels", 404, id="labels-are-for-leads"),
        pytest.param(Role.LEAD, "/staff/labels", 200, id="labels"),
        pytest.param(Role.AGENT, "/staff/canned", 404, id="canned-replies-are-for-leads"),
        pytest.param(Role.LEAD, "/staff/canned", 200, id="canned-replies"),
        pytest.param(Role.REVIEWER, "/staff/canned.json", 404, id="reviewers-send-nothing"),
        pytest.param(Role.AGENT, "/staff/canned.json", 200, id="canned-replies-to-choose"),
    ],
)
def test_each_page_has_its_role(console: Console, role: Role, path: str, status: int) -> None:
    assert console.client(role).get(path).status_code == status
    assert console.stranger().get(path).headers["location"].startswith("/staff/sign-in")


_CHANGES = [
    pytest.param(Role.REVIEWER, "/staff/views?text=x", {"name": "x"}, id="save-view"),
    pytest.param(Role.LEAD, "/staff/transcripts/export", {}, id="export"),
    pytest.param(Role.REVIEWER, "/staff/conversations/{talk}/labels", {"name": "x"}, id="label"),
    pytest.param(Role.REVIEWER, "/staff/conversations/{talk}/notes", {"text": "x"}, id="note"),
    pytest.param(Role.LEAD, "/staff/labels", {"name": "x"}, id="make-label"),
    pytest.param(Role.LEAD, "/staff/canned", {"title": "x", "text": "x"}, id="make-reply"),
]
_LOWER = {Role.LEAD: Role.AGENT}


@pytest.mark.parametrize(("role", "path", "data"), _CHANGES)
def test_a_change_asks_for_its_role_and_its_token(
    console: Console, talk: str, role: Role, path: str, data: dict[str, Any]
) -> None:
    path = path.format(talk=talk)
    before = console.audited()
    assert console.stranger().post(path, data=data).status_code == 303
    assert console.client(role).post(path, data={**data, "csrf": ""}).status_code == 403
    if role in _LOWER:
        assert console.client(_LOWER[role]).post(path, data=data).status_code == 404
    assert [action for action in console.audited() if not action.startswith("staff.")] == [
        action for action in before if not action.startswith("staff.")
    ]
    assert console.client(role).post(path, data=data).status_code in (200, 303)


@pytest.mark.parametrize("part", ["labels", "notes"])
def test_an_unknown_conversation_is_a_page_that_is_not_there(console: Console, part: str) -> None:
    data = {"name": "x", "text": "x"}
    assert console.client(Role.ADMIN).post(f"/staff/conversations/nowhere/{part}", data=data).status_code == 404


def test_what_patients_said_is_shown_as_text_with_the_hit_marked(console: Console, talk: str) -> None:
    html = console.client(Role.REVIEWER).get("/staff/transcripts", params={"text": '"fever"'}).text
    assert "&lt;b&gt;<mark>fever</mark>&lt;/b&gt; after" in html
    assert "<b>fever" not in html
    assert f'href="/staff/conversations/{talk}#message-1"' in html
    assert "1 conversation" in html


def test_what_staff_typed_is_shown_as_text(console: Console, talk: str) -> None:
    typed = "\"><script>alert(1)</script> ' OR 1=1 --"
    response = console.client(Role.REVIEWER).get("/staff/transcripts", params={"text": typed, "reason": typed})
    assert response.status_code == 200
    assert "<script>alert" not in response.text


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("older=nowhere", id="no-place"),
        pytest.param("older=%00", id="nul"),
        pytest.param("since=x&days=x&outcome=x&feedback=x&reviewed=x", id="no-values"),
        pytest.param("text=%22%22%22*%28%29&label=%27", id="marks"),
        pytest.param("text=" + "%F0%9F%98%80" * 200, id="long"),
    ],
)
def test_no_address_breaks_the_list(console: Console, talk: str, query: str) -> None:
    response = console.client(Role.REVIEWER).get(f"/staff/transcripts?{query}")
    assert response.status_code in (200, 303)


def test_looking_at_the_list_is_in_the_log_without_the_words(console: Console, talk: str) -> None:
    console.client(Role.REVIEWER).get("/staff/transcripts?text=fever&channel=web")
    (entry,) = [each for each in console.stores.audit.entries() if each.action == "transcripts.listed"]
    assert entry.detail == {"filters": {"channel": "web"}, "searched": True, "shown": 1}


def test_pages_lead_on_from_one_to_the_next(console: Console) -> None:
    store = console.stores.transcripts
    for _ in range(51):
        console.clock.forward(seconds=1)
        store.open_conversation(visitor_id="v", channel="web", language="en", now=console.clock())
    client = console.client(Role.REVIEWER)
    first = client.get("/staff/transcripts?channel=web").text
    assert first.count("data-row") == 50
    onward = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = client.get(onward).text
    assert (second.count("data-row"), 'rel="next"' in second, "Back to the newest" in second) == (1, False, True)


def test_a_view_is_saved_with_its_filters_and_deleted_by_its_owner(console: Console, talk: str) -> None:
    client, other = console.client(Role.REVIEWER), console.client(Role.ADMIN)
    saved = client.post("/staff/views?feedback=down&days=7", data={"name": "Thumbs <7>", "is_shared": "true"})
    assert saved.headers["location"] == "/staff/transcripts?days=7&feedback=down"
    html = other.get("/staff/transcripts").text
    assert "Thumbs &lt;7&gt;" in html
    (view,) = console.stores.beside.views(staff_id=client.staff.id)
    assert other.post(f"/staff/views/{view.id}/delete").status_code == 404
    assert client.post(f"/staff/views/{view.id}/delete").status_code == 303
    assert console.stores.beside.views(staff_id=client.staff.id) == []


@pytest.mark.parametrize(
    ("file_format", "with_text"), [("csv", True), ("csv", False), ("jsonl", True), ("jsonl", False)]
)
def test_a_lead_exports_a_list_and_the_log_says_so(
    console: Console, talk: str, file_format: str, with_text: bool
) -> None:
    data = {"file_format": file_format} | ({"with_text": "true"} if with_text else {})
    response = console.client(Role.LEAD).post("/staff/transcripts/export?text=fever", data=data)
    assert response.status_code == 200
    name = f'attachment; filename="transcripts-2026-11-23-0900.{file_format}"'
    assert response.headers["content-disposition"] == name
    assert response.headers["cache-control"] == "no-store"
    assert (talk in response.text, "after the infusion" in response.text) == (True, with_text)
    (entry,) = [each for each in console.stores.audit.entries() if each.action == "transcripts.exported"]
    assert entry.detail == {"filters": {}, "searched": True, "with_text": with_text, "format": file_format}


def test_an_unknown_format_exports_nothing(console: Console, talk: str) -> None:
    response = console.client(Role.LEAD).post("/staff/transcripts/export", data={"file_format": "exe"})
    assert response.status_code == 422
    assert "transcripts.exported" not in console.audited()


def test_labels_and_notes_go_back_to_the_conversation_and_scripts_get_json(console: Console, talk: str) -> None:
    client = console.client(Role.REVIEWER)
    page = client.post(f"/staff/conversations/{talk}/labels", data={"name": "Fever"})
    assert (page.status_code, page.headers["location"]) == (303, f"/staff/conversations/{talk}#labels")
    json = {"headers": {"accept": "application/json"}}
    (note,) = client.post(f"/staff/conversations/{talk}/notes", data={"text": "<i>"}, **json).json()["notes"]
    assert (note["text"], note["author"]) == ("<i>", client.staff.display_name)
    (label,) = console.stores.beside.labels_of(conversation_id=talk)
    off = client.post(f"/staff/conversations/{talk}/labels/{label.id}/delete", **json)
    assert off.json() == {"labels": []}
    stranger = console.client(Role.AGENT).post(f"/staff/conversations/{talk}/notes/{note['id']}/delete")
    assert stranger.status_code == 404
    lead = console.client(Role.LEAD).post(f"/staff/conversations/{talk}/notes/{note['id']}/delete", **json)
    assert lead.json() == {"notes": []}


def test_a_lead_keeps_labels(console: Console) -> None:
    client = console.client(Role.LEAD)
    client.post("/staff/labels", data={"name": "<Fever>"})
    assert client.post("/staff/labels", data={"name": " "}).status_code == 400
    assert "&lt;Fever&gt;" in client.get("/staff/labels").text
    (label,) = console.stores.beside.labels()
    assert client.post(f"/staff/labels/{label.id}/delete").status_code == 303
    assert client.post(f"/staff/labels/{label.id}/delete").status_code == 404


def test_a_lead_keeps_canned_replies_and_loses_no_draft(console: Console) -> None:
    client = console.client(Role.LEAD)
    client.post("/staff/canned", data={"title": "Hello", "text": "Good morning"})
    client.post("/staff/canned", data={"title": "Other", "text": "Bye"})
    refused = client.post("/staff/canned", data={"title": "Hello", "text": "<long draft>"})
    assert (refused.status_code, "&lt;long draft&gt;" in refused.text, "That name is taken." in refused.text) == (
        400, True, True,
    )  # fmt: skip
    first = console.stores.beside.canned_replies()[0]
    refused = client.post(f"/staff/canned/{first.id}", data={"title": "Other", "text": "<changed>"})
    assert (refused.status_code, "&lt;changed&gt;" in refused.text) == (400, True)
    client.post(f"/staff/canned/{first.id}", data={"title": "Hello", "text": "Hi", "language": "en"})
    found = console.client(Role.AGENT).get("/staff/canned.json?q=hello").json()
    assert found == {"replies": [{"id": first.id, "title": "Hello", "text": "Hi", "language": "en"}]}
    assert client.post(f"/staff/canned/{first.id}/delete").status_code == 303
    assert client.get("/staff/canned?q=hello").text.count("Nothing found.") == 1


def test_the_fragments_render_what_stands_beside(console: Console, talk: str) -> None:
    from bot.web.staff.beside import beside_values
    from bot.web.staff.shell import SignedIn, _environment

    client = console.client(Role.LEAD)
    client.post(f"/staff/conversations/{talk}/labels", data={"name": "Fever"})
    client.post(f"/staff/conversations/{talk}/notes", data={"text": "a <b> note"})
    staff = SignedIn(client.staff.id, "l", "Lea", Role.LEAD, "token")
    values = beside_values(console.stores.beside, conversation_id=talk) | {"staff": staff}
    html = "".join(
        _environment().get_template(name).render(values) for name in ("_labels.html", "_notes.html", "_readers.html")
    )
    assert html.count('value="token"') == 4
    assert "a &lt;b&gt; note" in html
    assert "Nobody yet" in html


def test_staff_words_are_found_as_well(console: Console, talk: str) -> None:
    console.stores.transcripts.add_message(
        conversation_id=talk, author=Author.STAFF, text="Hydroxychloroquine", now=console.clock()
    )
    html = console.client(Role.REVIEWER).get("/staff/transcripts?text=hydroxy").text
    assert "<mark>Hydroxychloroquine</mark>" in html


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (Count(0, is_exact=True), "0 conversations"),
        (Count(1, is_exact=True), "1 conversation"),
        (Count(1000, is_exact=True), "1,000 conversations"),
        (Count(23_456, is_exact=False), "about 23,000 conversations"),
        (Count(1_049, is_exact=False), "about 1,000 conversations"),
    ],
)
def test_estimates_say_that_they_are(count: Count, words: str) -> None:
    assert found_in_words(count) == words
