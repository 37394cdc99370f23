"""Lessons: kept from a review with what is known already, listed, deleted, and handed out as files that can be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain import Outcome, Role
from bot.evaluation.datasets import questions_of
from tests.fakes.console import Console
from tests.fakes.desk import make_talking_console
from tests.unit.web.staff.test_reviews import flagged

_NOTE = {"kind": "note", "turns": "What is CRS?", "text": "Say first\nwhat it means.", "sections": "crs, fever"}


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_talking_console(tmp_path)


def test_a_lesson_begins_with_the_question_the_outcome_and_the_sections(console: Console) -> None:
    page = console.client(Role.REVIEWER).get(f"/staff/review/{flagged(console)}").text
    assert ">What is CRS?</textarea>" in page
    assert '<option value="emergency" selected>' in page
    assert 'name="sections" value="crs"' in page


def test_one_click_keeps_a_case_that_an_evaluation_can_run(console: Console) -> None:
    reply_id = flagged(console)
    lead = console.client(Role.LEAD)
    data = {"kind": "case", "turns": "Hello\n\nWhat is  CRS?", "text": "A strong reaction.", "expect": "answered"}
    kept = lead.post(f"/staff/review/{reply_id}/lessons", data=data | {"sections": "crs"})
    assert kept.headers["location"] == f"/staff/review/{reply_id}?queue=#teach"
    file = lead.post("/staff/review/lessons/export", data={"kind": "case"})
    assert file.headers["content-disposition"] == 'attachment; filename="review-cases-2026-11-23.jsonl"'
    lines = [json.loads(line) for line in file.text.splitlines()]
    items = questions_of(enumerate(lines, start=1), source="export")
    assert [(item.category, item.turns, item.expect) for item in items] == [
        ("review", ("Hello", "What is CRS?"), (Outcome.ANSWERED,)),
    ]  # fmt: skip
    assert lines[0]["note"] == "A strong reaction.; sections: crs"
    assert console.audited()[-1] == "lessons.exported"


def test_notes_go_to_the_guides_author_by_section(console: Console) -> None:
    lead = console.client(Role.LEAD, "lee")
    lead.post(f"/staff/review/{flagged(console)}/lessons", data=_NOTE)
    file = lead.post("/staff/review/lessons/export", data={"kind": "note"})
    assert file.headers["content-type"] == "text/markdown; charset=utf-8"
    assert file.text == (
        "# Notes for the author of the guide\n\n1 from reviews, up to 23 November 2026.\n"
        "\n## crs\n\n> What is CRS?\n\nSay first\nwhat it means.\n\n*Lee, 23 November 2026; also fever*\n"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        pytest.param({"text": " "}, "what+the+author", id="note-without-words"),
        pytest.param({"turns": ""}, "messages+are+needed", id="nothing-asked"),
        pytest.param({"kind": "case", "expect": "nonsense"}, "kind+of+reply", id="no-outcome"),
        pytest.param({"kind": "other"}, "cases+and+notes", id="no-kind"),
        pytest.param({"text": "x" * 4001}, "4000", id="too-long"),
    ],
)
def test_what_is_no_lesson_is_not_kept(console: Console, change: dict[str, str], told: str) -> None:
    reply_id = flagged(console)
    reviewer = console.client(Role.REVIEWER)
    sent = reviewer.post(f"/staff/review/{reply_id}/lessons", data=_NOTE | change)
    assert sent.status_code == 303
    assert console.stores.lessons.lesson_counts() == {"case": 0, "note": 0}
    assert told.replace("+", " ") in reviewer.get(f"/staff/review/{reply_id}").text


def test_a_reply_under_no_review_teaches_nothing(console: Console) -> None:
    assert console.client(Role.LEAD).post("/staff/review/no-such-reply/lessons", data=_NOTE).status_code == 404


def test_a_lesson_is_deleted_by_its_author_or_a_lead(console: Console) -> None:
    author, other, lead = console.client(Role.REVIEWER), console.client(Role.REVIEWER), console.client(Role.LEAD)
    reply_id = flagged(console)
    for _ in range(2):
        author.post(f"/staff/review/{reply_id}/lessons", data=_NOTE)
    first, second = (lesson.id for lesson in console.stores.lessons.lessons(kind="note"))
    assert "/delete" not in other.get("/staff/review/lessons?kind=note").text
    assert other.post(f"/staff/review/lessons/{first}/delete").status_code == 404
    assert author.post(f"/staff/review/lessons/{first}/delete", data={"kind": "note"}).status_code == 303
    assert lead.post(f"/staff/review/lessons/{second}/delete", data={"kind": "note"}).status_code == 303
    assert console.stores.lessons.lessons(kind="note") == []


def test_what_was_kept_is_listed_as_text(console: Console) -> None:
    reviewer = console.client(Role.REVIEWER)
    reviewer.post(f"/staff/review/{flagged(console)}/lessons", data=_NOTE | {"text": "<script>x</script>"})
    page = reviewer.get("/staff/review/lessons?kind=note").text
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "Export" not in page
