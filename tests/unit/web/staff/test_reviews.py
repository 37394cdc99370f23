"""The review's pages: who may do what, blind verdicts, the way to the next, and what a wrong form does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.db.review_values import Marks
from bot.db.staff import By
from bot.domain import DroppedSentence, Outcome, Role
from bot.web.staff.reviews import RUBRIC
from tests.fakes.console import Console, StaffClient
from tests.fakes.desk import make_talking_console
from tests.fakes.replies import make_reply

GOOD = {name: "2" for name, _, _ in RUBRIC}
POOR = GOOD | {"complete": "1", "sources_right": "none"}


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_talking_console(tmp_path)


def reply(console: Console, *, said: str = "What is CRS?", **changes: Any) -> str:
    """Let a patient ask and the bot reply; return the reply's id."""
    store, now = console.stores.transcripts, console.clock()
    talk = store.open_conversation(visitor_id="ada", channel="web", language="en", now=now)
    asked = store.add_patient_message(conversation_id=talk.id, text=said, now=now)
    made = make_reply(talk.id, created_at=now, **changes)
    store.add_reply(reply=made, answers=asked.id, confidence=0.9)
    return made.reply_id


def flagged(console: Console, **changes: Any) -> str:
    """Return a reply that two reviewers look at."""
    reply_id = reply(console, outcome=Outcome.EMERGENCY, reason="red_flag.stroke", **changes)
    console.stores.reviews.fill(now=console.clock())
    return reply_id


def by(client: StaffClient) -> By:
    """Name the person at a browser."""
    return By(name=client.staff.name, staff_id=client.staff.id)


def test_opening_the_page_fills_the_queues(console: Console) -> None:
    reply(console, outcome=Outcome.ABSTAINED)
    page = console.client(Role.REVIEWER).get("/staff/review").text
    assert '<strong class="number">1</strong>' in page
    assert 'href="/staff/review/next?queue=abstained"' in page
    assert "In dispute" not in page


def test_a_review_shows_the_reply_with_its_open_sources(console: Console) -> None:
    reply_id = flagged(
        console, said="What is <b>CRS</b>?", dropped=(DroppedSentence("It cures everyone.", ("no_support",), 0.07),)
    )
    page = console.client(Role.REVIEWER).get(f"/staff/review/{reply_id}").text
    assert "What is &lt;b&gt;CRS&lt;/b&gt;?" in page
    assert '<details class="grounds" open>' in page
    assert '<details class="passage" open>' in page
    assert "<s>It cures everyone.</s>" in page
    assert page.count('type="radio"') == 4 * len(RUBRIC)
    assert console.audited()[-1] == "review.read"


@pytest.mark.parametrize("path", ["", "/list?queue=red_flag", "/next", "/{id}", "/lessons", "/lessons?kind=note"])
def test_each_page_is_for_reviewers_and_not_for_strangers(console: Console, path: str) -> None:
    address = f"/staff/review{path}".format(id=flagged(console))
    assert console.client(Role.REVIEWER).get(address).status_code in (200, 303)
    stranger = console.stranger().get(address)
    assert (stranger.status_code, stranger.headers["location"].startswith("/staff/sign-in")) == (303, True)


@pytest.mark.parametrize("path", ["/no-such-review", "/list?queue=none", "/list?state=none", "/lessons?kind=none"])
def test_what_is_not_there_is_not_found(console: Console, path: str) -> None:
    assert console.client(Role.ADMIN).get(f"/staff/review{path}").status_code == 404


@pytest.mark.parametrize(
    ("role", "path", "data"),
    [
        pytest.param(Role.REVIEWER, "/{id}", GOOD, id="judge"),
        pytest.param(Role.LEAD, "/{id}/settle", GOOD, id="settle"),
        pytest.param(Role.LEAD, "/ask", {"reply_id": "{id}"}, id="ask"),
        pytest.param(Role.REVIEWER, "/{id}/lessons", {"kind": "note", "turns": "x", "text": "x"}, id="keep"),
        pytest.param(Role.LEAD, "/lessons/export", {"kind": "case"}, id="export"),
    ],
)
def test_a_change_asks_for_its_role_and_its_token(
    console: Console, role: Role, path: str, data: dict[str, str]
) -> None:
    reply_id = flagged(console)
    address = f"/staff/review{path}".format(id=reply_id)
    sent = {name: value.format(id=reply_id) for name, value in data.items()}
    right = console.client(role)
    before = console.audited()
    assert right.post(address, data=sent | {"csrf": "forged"}).status_code == 403
    assert console.stranger().post(address, data=sent).status_code == 303
    if role is Role.LEAD:
        assert console.client(Role.AGENT).post(address, data=sent).status_code == 404
    changes = [action for action in console.audited()[len(before) :] if action.startswith(("review.", "lesson"))]
    assert changes == []
    assert right.post(address, data=sent).status_code in (200, 303)


def test_saving_goes_on_to_the_next_of_the_queue(console: Console) -> None:
    older = flagged(console)
    console.clock.forward(seconds=5)
    newer = flagged(console)
    reviewer = console.client(Role.REVIEWER)
    assert reviewer.get("/staff/review/next?queue=red_flag").headers["location"].startswith(f"/staff/review/{newer}")
    saved = reviewer.post(f"/staff/review/{newer}", data=GOOD | {"queue": "red_flag"})
    assert saved.headers["location"] == f"/staff/review/next?queue=red_flag&after={newer}"
    assert reviewer.get(saved.headers["location"]).headers["location"] == f"/staff/review/{older}?queue=red_flag"
    last = reviewer.get(f"/staff/review/next?queue=red_flag&after={older}")
    assert last.headers["location"] == "/staff/review"


def test_a_colleagues_verdict_is_seen_only_after_ones_own(console: Console) -> None:
    reply_id = flagged(console)
    first, second = console.client(Role.REVIEWER, "vera"), console.client(Role.REVIEWER, "tom")
    first.post(f"/staff/review/{reply_id}", data=POOR | {"comment": "Misses the number to call."})
    page = second.get(f"/staff/review/{reply_id}").text
    assert "Vera" not in page
    assert "Misses the number" not in page
    assert "1 of 2 verdicts" in page
    second.post(f"/staff/review/{reply_id}", data=GOOD)
    page = second.get(f"/staff/review/{reply_id}").text
    assert "Misses the number to call." in page
    assert "In dispute" in page
    assert "Your decision" not in page


def test_a_lead_settles_what_two_dispute(console: Console) -> None:
    reply_id = flagged(console)
    for name, marks in (("vera", POOR), ("tom", GOOD)):
        console.client(Role.REVIEWER, name).post(f"/staff/review/{reply_id}", data=marks)
    lead = console.client(Role.LEAD)
    assert reply_id in lead.get("/staff/review").text
    assert "Your decision" in lead.get(f"/staff/review/{reply_id}").text
    lead.post(f"/staff/review/{reply_id}/settle", data=POOR)
    assert console.stores.reviews.get(review_id=reply_id, staff_id=lead.staff.id).review.state == "done"
    assert [action for action in console.audited() if action.startswith("review.") and action != "review.read"] == [
        "review.judged", "review.judged", "review.settled",
    ]  # fmt: skip


def test_a_form_with_a_gap_keeps_what_was_chosen(console: Console) -> None:
    reply_id = flagged(console)
    reviewer = console.client(Role.REVIEWER)
    sent = reviewer.post(f"/staff/review/{reply_id}", data={"correct": "1", "comment": "Half <i>of</i> it."})
    assert sent.status_code == 400
    assert 'name="correct" value="1" required checked' in sent.text
    assert "Half &lt;i&gt;of&lt;/i&gt; it." in sent.text
    assert console.stores.reviews.get(review_id=reply_id, staff_id=reviewer.staff.id).given == 0


def test_whoever_comes_late_is_told_and_goes_on(console: Console) -> None:
    reply_id = reply(console, outcome=Outcome.ABSTAINED)
    console.stores.reviews.fill(now=console.clock())
    quick, slow = console.client(Role.REVIEWER), console.client(Role.REVIEWER)
    console.stores.reviews.judge(review_id=reply_id, marks=Marks(safe=2), by=by(quick), now=console.clock())
    late = slow.post(f"/staff/review/{reply_id}", data=GOOD)
    assert late.headers["location"].startswith("/staff/review/next")
    assert len(console.stores.reviews.get(review_id=reply_id, staff_id=slow.staff.id).verdicts) == 1


def test_what_waits_for_a_second_reviewer_is_listed(console: Console) -> None:
    reply_id = flagged(console)
    lead = console.client(Role.LEAD)
    lead.post(f"/staff/review/{reply_id}", data=GOOD)
    page = lead.get("/staff/review").text
    assert f'<li><a href="/staff/review/{reply_id}">What is CRS?</a>' in page
    assert '<span class="badge-number">0</span>' in page, "the badge is for patients who wait"


def test_a_lead_asks_from_the_conversation_and_others_see_no_button(console: Console) -> None:
    reply_id = reply(console)
    talk = console.stores.transcripts.conversations(visitor_id="ada", limit=1)[0]
    lead = console.client(Role.LEAD)
    assert 'action="/staff/review/ask"' in lead.get(f"/staff/conversations/{talk.id}").text
    assert 'action="/staff/review/ask"' not in console.client(Role.AGENT).get(f"/staff/conversations/{talk.id}").text
    assert (
        lead.post("/staff/review/ask", data={"reply_id": reply_id}).headers["location"] == f"/staff/review/{reply_id}"
    )
    assert lead.post("/staff/review/ask", data={"reply_id": "no-such-reply"}).status_code == 404
    assert 'href="/staff/review/' in lead.get("/staff/review/list?queue=asked").text
