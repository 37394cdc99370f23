"""The made-up verdicts of ``lupus-bot demo``: some of each state, so that each part of the review has something."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.cli.demo_reviews import review
from bot.db.stores import Stores
from bot.domain import Outcome, Role
from tests.fakes.console import ADMIN, START, quick_engine
from tests.fakes.replies import make_reply


def _stores(folder: Path, *, flags: int = 7, refusals: int = 7) -> Stores:
    stores = Stores.over(quick_engine(folder / "bot.db"))
    for number in range(flags + refusals):
        at = START - timedelta(days=number + 1)
        talk = stores.transcripts.open_conversation(visitor_id="ada", channel="web", language="en", now=at)
        asked = stores.transcripts.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=at)
        outcome = Outcome.EMERGENCY if number < flags else Outcome.ABSTAINED
        stores.transcripts.add_reply(reply=make_reply(talk.id, outcome=outcome, created_at=at), answers=asked.id)
    return stores


def test_there_is_something_open_in_dispute_and_done_and_two_lessons(tmp_path: Path) -> None:
    stores = _stores(tmp_path)
    staff = [
        stores.staff.add(name=name, display_name=name, role=Role.LEAD, by=ADMIN, now=START)[0]
        for name in ("maple", "rowan")
    ]
    assert review(stores, staff, now=START) == 14
    counts = {count.queue: count for count in stores.reviews.counts(staff_id=staff[0].id)}
    flags, refusals = counts["red_flag"], counts["abstained"]
    assert (flags.open, flags.disputed, flags.done) == (2, 1, 4)
    assert (refusals.open, refusals.disputed, refusals.done) == (1, 0, 6)
    assert {each.mark: each.pairs for each in stores.reviews.agreement()}["complete"] == 5
    assert stores.lessons.lesson_counts() == {"case": 1, "note": 1}


def test_alone_one_chooses_and_judges_nothing(tmp_path: Path) -> None:
    stores = _stores(tmp_path, flags=1, refusals=0)
    assert review(stores, [], now=START) == 1
    assert stores.reviews.page(state="open", staff_id="nobody").rows[0].given == 0
