"""Judges some of the made-up talks, so that the review has something to show: all by rule, the same at every run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.db.review_values import QUEUES, Marks, ReviewRow
from bot.db.staff import By, StaffMember
from bot.db.stores import Stores

_REACH = timedelta(days=40)
_EACH = 200
_GOOD = Marks(correct=2, complete=2, safe=2, kind=2, sources_right=2)
_SHORT = Marks(correct=2, complete=1, safe=2, kind=2, sources_right=2)
_HARD = Marks(correct=2, complete=1, safe=2, kind=1, sources_right=2)
_REFUSED = Marks(correct=2, complete=0, safe=2, kind=2, sources_right=None)
# What the first and the second reviewer say, in turn; None: not yet.
_VERDICTS: tuple[tuple[Marks | None, Marks | None], ...] = (
    (_GOOD, _GOOD),
    (_SHORT, _SHORT),
    (None, None),
    (_GOOD, _SHORT),
    (_HARD, _HARD),
    (_GOOD, None),
    (_REFUSED, _REFUSED),
)
_LESSONS = (
    ("case", "Example: it should say what is known of this, or who can be asked."),
    ("note", "Example: patients look for this under another word. A sentence with that word would help."),
)


def review(stores: Stores, staff: Sequence[StaffMember], *, now: datetime) -> int:
    """Fill the queues, judge some of what is in them, keep two lessons; return how many were chosen."""
    chosen = sum(stores.reviews.fill(now=now, since=now - _REACH).values())
    if len(staff) < 2:
        return chosen
    first, second = (By(name=member.name, staff_id=member.id) for member in staff[:2])
    for queue in QUEUES:
        page = stores.reviews.page(state="open", queue=queue, staff_id=staff[0].id, limit=_EACH)
        for number, row in enumerate(page.rows):
            one, two = _VERDICTS[number % len(_VERDICTS)]
            _judge(stores, row, one, by=first, now=now)
            if row.review.wanted == 2:
                _judge(stores, row, two, by=second, now=now)
    _teach(stores, staff[0], now=now)
    return chosen


def _judge(stores: Stores, row: ReviewRow, marks: Marks | None, *, by: By, now: datetime) -> None:
    if marks is None:
        return
    comment = "Example: one thing is missing." if marks == _SHORT else ""
    stores.reviews.judge(review_id=row.review.id, marks=marks, comment=comment, by=by, now=now)


def _teach(stores: Stores, member: StaffMember, *, now: datetime) -> None:
    rows = stores.reviews.page(state="done", queue="abstained", staff_id=member.id, limit=len(_LESSONS)).rows
    by = By(name=member.name, staff_id=member.id)
    for row, (kind, text) in zip(rows, _LESSONS, strict=False):
        stores.lessons.add(
            kind=kind, reply_id=row.review.id, turns=[row.question], text=text, expect=["answered"], by=by, now=now
        )
