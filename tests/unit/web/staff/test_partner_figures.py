"""A partner's figures: by day, of this partner alone, as a page and as a file."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from bot.db.partners import blank_partner
from bot.domain import Role
from tests.fakes.console import ADMIN, Console
from tests.fakes.desk import make_talking_console
from tests.fakes.partners import make_partner_desk
from tests.fakes.replies import make_reply

PATH = "/staff/partners/st-mary/figures"
_HEAD = "\ufeffpartner,day,opens,conversations,questions,handoffs,helpful,unhelpful,refused\r\n"
_SECRET = "Zanzibar"


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A console whose partner had two opens, three messages, a talk with a thumb and a request, and a refusal."""
    console = make_talking_console(tmp_path, partners=make_partner_desk())
    stores, now = console.stores, console.clock()
    for partner_id in ("st-mary", "other"):
        stores.partners.add(blank_partner(partner_id=partner_id, name="=Mary", now=now), by=ADMIN, now=now)
    counts = stores.partner_counts
    for days_ago in (0, 1):
        counts.count_open(partner_id="st-mary", now=now - timedelta(days=days_ago))
    for partner_id in ("st-mary", "st-mary", "st-mary", "other"):
        counts.count_message(partner_id=partner_id, most=10, now=now)
    counts.count_refused(partner_id="st-mary", origin="=cmd()", reason="origin_not_listed", now=now)
    for partner_id in ("st-mary", "other"):
        _talk(console, partner_id)
    return console


def _talk(console: Console, partner_id: str) -> None:
    store, now = console.stores.transcripts, console.clock()
    visitor_id = uuid.uuid4().hex
    talk = store.open_conversation(visitor_id=visitor_id, channel="chat", language="en", now=now, partner_id=partner_id)
    store.add_patient_message(conversation_id=talk.id, text=_SECRET, now=now)
    reply = make_reply(talk.id, created_at=now)
    store.add_reply(reply=reply)
    store.set_feedback(reply_id=reply.reply_id, visitor_id=visitor_id, value=1, now=now)
    store.request_handoff(conversation_id=talk.id, reason="asked_for_person", now=now)


def test_the_file_has_the_partners_own_numbers_for_each_day(console: Console) -> None:
    answer = console.client(Role.ADMIN).get(f"{PATH}.csv?days=7")
    days = [f"st-mary,2026-11-{day},0,0,0,0,0,0,0\r\n" for day in range(17, 22)]
    assert answer.content.decode() == (
        f"{_HEAD}{''.join(days)}st-mary,2026-11-22,1,0,0,0,0,0,0\r\nst-mary,2026-11-23,1,1,3,1,1,0,1\r\n"
    )
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="st-mary-7-days.csv"'
    assert answer.headers["cache-control"] == "no-store"


def test_no_cell_of_the_file_is_a_formula_or_a_patients_word(console: Console) -> None:
    text = console.client(Role.ADMIN).get(f"{PATH}.csv?days=90").text.removeprefix("\ufeff")
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    assert len(cells) == 91 * 9
    assert {cell for cell in cells if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", cell)} == set()
    assert (_SECRET in text, "cmd" in text) == (False, False)


def test_the_page_shows_sums_charts_and_the_days_newest_first(console: Console) -> None:
    page = console.client(Role.ADMIN).get(f"{PATH}?days=7").text
    cards = re.findall(r'<dt>([^<]+)</dt><dd class="big number">([^<]+)</dd><dd[^>]*>([^<]+)</dd>', page)
    assert cards == [
        ("Opened", "2", "times"),
        ("Conversations", "1", "begun"),
        ("Questions", "3", "answered or not"),
        ("Asked for a person", "1", "requests"),
        ("Helpful", "100%", "of 1 thumbs"),
        ("Turned away", "1", "pages and tickets"),
    ]
    assert re.findall(r'<svg class="chart"[^>]* aria-label="([^"]+)"', page) == [
        "Opened by day", "Questions by day", "Requests for a person by day", "Thumbs by day"
    ]  # fmt: skip
    rows = re.findall(r"<tr><td>(\d+ \w+ \d+)</td>((?:<td class=\"number\">\d+</td>)+)</tr>", page)
    assert [(day, re.findall(r">(\d+)<", values)) for day, values in rows[:3]] == [
        ("23 Nov 2026", ["1", "1", "3", "1", "1", "0", "1"]),
        ("22 Nov 2026", ["1", "0", "0", "0", "0", "0", "0"]),
        ("21 Nov 2026", ["0"] * 7),
    ]
    assert len(rows) == 7
    assert _SECRET not in page


@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("30", 30), ("90", 90), ("100000", 30), ("-1", 30)])
def test_a_span_nobody_offers_is_the_usual_one(console: Console, asked: str, days: int) -> None:
    admin = console.client(Role.ADMIN)
    assert admin.get(f"{PATH}.csv?days={asked}").text.count("st-mary,") == days
    assert f'<option value="{days}" selected>' in admin.get(f"{PATH}?days={asked}").text


def test_a_partner_without_any_numbers_is_said_to_have_none(console: Console) -> None:
    now = console.clock()
    console.stores.partners.add(blank_partner(partner_id="quiet", name="Quiet", now=now), by=ADMIN, now=now)
    page = console.client(Role.ADMIN).get("/staff/partners/quiet/figures").text
    assert page.count("Nothing in these days.") == 4
    assert '<dd class="big number">–</dd><dd class="quiet small">of 0 thumbs</dd>' in page


@pytest.mark.parametrize("path", ["figures", "figures.csv"])
def test_nobody_of_this_id_is_nothing_here(console: Console, path: str) -> None:
    assert console.client(Role.ADMIN).get(f"/staff/partners/none/{path}").status_code == 404
