"""The overview and the gaps: read by all staff, exported by leads, closed to strangers."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bot.conversation.gap_groups import GapGrouper
from bot.domain import Outcome, Role
from bot.web.staff.gaps import Gaps
from bot.web.staff.site import add_console
from tests.fakes.console import Console
from tests.fakes.desk import ask_for_person, make_talking_console
from tests.fakes.replies import make_reply


def _add(*args: object, stores, **options: object) -> None:
    titles = {"wine": "Can I drink alcohol?"}
    grouper = GapGrouper(lambda question: np.eye(2, dtype=np.float32)[int("wine" in question)])
    gaps = Gaps(store=stores.transcripts, grouper=grouper, title_of=titles.get)
    add_console(*args, stores=stores, gaps=gaps, **options)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_talking_console(tmp_path, add=_add)


def test_the_overview_counts_replies_and_offers_each_chart_as_a_table(console: Console) -> None:
    talk = ask_for_person(console)
    for outcome in (Outcome.ANSWERED, Outcome.ANSWERED, Outcome.ABSTAINED):
        console.stores.transcripts.add_reply(reply=make_reply(talk.id, outcome=outcome, created_at=console.clock()))
    page = console.client(Role.REVIEWER).get("/staff/overview?days=7").text
    assert "67%" in page
    assert page.count('<svg class="chart"') == 3
    assert "Nothing in these days." in page
    assert page.count("As a table") == 3
    assert "What is CRS?" in page


def test_the_figures_of_each_day_come_as_csv(console: Console) -> None:
    ask_for_person(console)
    answer = console.client(Role.REVIEWER).get("/staff/overview.csv?days=7")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["day"] for row in rows][-1] == "2026-11-23"
    assert (len(rows), rows[-1]["conversations"], rows[-1]["asked_for_person"]) == (7, "1", "1")


def test_a_span_nobody_offers_is_the_usual_one(console: Console) -> None:
    assert console.client(Role.REVIEWER).get("/staff/overview.csv?days=100000").text.count("\n") == 31


def test_gaps_stand_together_by_meaning_with_the_nearest_section(console: Console) -> None:
    talk = ask_for_person(console)
    for question, days_ago in (("is wine ok", 0), ("wine with plaquenil?", 20), ("who pays", 1)):
        console.stores.transcripts.add_gap(
            conversation_id=talk.id,
            question=question,
            reason="low_support",
            section_ids=["wine", "gone"],
            now=console.clock() - timedelta(days=days_ago),
        )
    page = console.client(Role.REVIEWER).get("/staff/gaps").text
    assert "3 questions, put together by meaning into 2" in page
    assert "Can I drink alcohol?" in page
    assert "and 1 other wording" in page


def test_the_outline_for_the_author_is_a_leads_and_holds_no_markup_of_patients(console: Console) -> None:
    talk = ask_for_person(console)
    console.stores.transcripts.add_gap(
        conversation_id=talk.id,
        question="# wine\n[x](http://evil.example) *now*",
        reason="low_support",
        section_ids=["wine"],
        now=console.clock(),
    )
    assert console.client(Role.REVIEWER).post("/staff/gaps/export").status_code == 404
    text = console.client(Role.LEAD).post("/staff/gaps/export").text
    assert "## \\# wine \\[x\\]\\(http://evil.example\\) \\*now\\*\n" in text
    assert "Can I drink alcohol? (`wine`)" in text
    assert "gaps.exported" in console.audited()


@pytest.mark.parametrize("path", ["/staff/overview", "/staff/overview.csv", "/staff/gaps"])
def test_strangers_see_no_figures(console: Console, path: str) -> None:
    assert console.stranger().get(path).status_code == 303
