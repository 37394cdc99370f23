from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from bot.domain import Role
from tests.fakes.console import Console, make_console


@pytest.fixture
def console(tmp_path: Path) -> Console:
    console = make_console(tmp_path)
    for number, (actor, action, subject_id) in enumerate(
        [("mira", "conversation.read", "c1"), ("mira", "conversation.taken", "c1"), ("=SUM(A1)", "label.made", "<i>l")]
    ):
        console.clock.forward(days=1)
        console.stores.audit.record(
            staff_id=None,
            actor=actor,
            action=action,
            subject_kind="conversation",
            subject_id=subject_id,
            detail={"rows": {"messages": number}},
            now=console.clock(),
        )
    return console


def _lines(page: str) -> list[str]:
    return [row.split("</tr>")[0] for row in page.split("<tr>")[2:]]


def test_only_admins_reach_it(console: Console) -> None:
    assert console.client(Role.LEAD).get("/staff/audit").status_code == 404
    assert console.client(Role.LEAD).post("/staff/audit/export").status_code == 404
    assert console.stranger().get("/staff/audit").status_code == 303
    assert "audit.exported" not in console.audited()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("subject=c1", ["Conversation: taken", "Conversation: read"], id="subject"),
        pytest.param("action=conversation.", ["Conversation: taken", "Conversation: read"], id="kind-of-action"),
        pytest.param("action=label.made", ["Label: made"], id="action"),
        pytest.param("since=2026-11-25&until=2026-11-25", ["Conversation: taken"], id="one-day"),
        pytest.param("who=nobody", [], id="nobody"),
        pytest.param("subject=c1&since=no-day", ["Conversation: taken", "Conversation: read"], id="no-day"),
    ],
)
def test_finds_lines(console: Console, query: str, found: list[str]) -> None:
    lines = _lines(console.client(Role.ADMIN).get(f"/staff/audit?{query}").text)
    assert [next((action for action in found if action in line), line) for line in lines] == found


def test_what_stands_in_the_log_is_shown_as_text(console: Console) -> None:
    page = console.client(Role.ADMIN).get("/staff/audit").text
    assert ("<i>l" in page, "&lt;i&gt;l" in page) == (False, True)


def test_pages_through_all_lines_without_a_gap(console: Console) -> None:
    for _ in range(120):
        console.stores.audit.record(
            staff_id=None, actor="a", action="x.y", subject_kind="x", detail={}, now=console.clock()
        )
    admin = console.client(Role.ADMIN)
    first = admin.get("/staff/audit?action=x.y").text
    assert len(_lines(first)) == 100
    older = first.split('">Older</a>')[0].rpartition('href="')[2].replace("&amp;", "&")
    assert len(_lines(admin.get(older).text)) == 20


def test_says_that_the_log_is_whole_and_that_it_is_not(console: Console) -> None:
    admin = console.client(Role.ADMIN)
    assert "The log is whole" in admin.get("/staff/audit?check=1").text
    with console.engine.begin() as connection:
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        ).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.exec_driver_sql("UPDATE audit SET actor = 'eve' WHERE id = 2")
    assert "The log was changed: line 2 " in admin.get("/staff/audit?check=1").text


def test_exports_what_is_chosen_and_notes_it(console: Console) -> None:
    admin = console.client(Role.ADMIN)
    answer = admin.post("/staff/audit/export", data={"subject": "c1", "form": "jsonl"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["action"], line["detail"]) for line in lines] == [
        ("conversation.taken", {"rows": {"messages": 1}}),
        ("conversation.read", {"rows": {"messages": 0}}),
    ]
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-')
    assert console.audited()[-1] == "audit.exported"


def test_no_cell_of_an_exported_table_is_a_formula(console: Console) -> None:
    answer = console.client(Role.ADMIN).post("/staff/audit/export", data={"action": "label.made", "form": "csv"})
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert line["actor"] == "'=SUM(A1)"


def test_a_forged_form_exports_nothing(console: Console) -> None:
    answer = console.client(Role.ADMIN).post("/staff/audit/export", data={"form": "csv", "csrf": ""})
    assert (answer.status_code, "audit.exported" in console.audited()) == (403, False)
