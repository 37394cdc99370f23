"""What the review's stores take and return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.domain import Outcome
from bot.errors import LimitError

# The most pressing first: in this order somebody works who takes what comes.
QUEUES = ("red_flag", "thumbs_down", "asked", "abstained", "low_support", "random")
STATES = ("open", "disputed", "done")
NO, PARTLY, YES = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """Which replies are looked at.

    Attributes:
        confidence_below: Answers the guide was less sure of, 0..1; a tenth above the threshold of the calibration.
        support_below: Answers of a language model with a sentence that is supported less, 0..1.
        random_share: Of all other replies, 0..1.
        reach: How far back replies are looked at for the first time.
    """

    confidence_below: float = 0.57
    support_below: float = 0.6
    random_share: float = 0.05
    reach: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A reviewer's marks: 0 no, 1 partly, 2 yes; None: does not apply. The fields are those of the table."""

    correct: int | None = None
    complete: int | None = None
    safe: int | None = None
    kind: int | None = None
    sources_right: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reviewer said, or with `is_settlement` the lead who decided."""

    staff_id: str
    author: str
    marks: Marks
    comment: str
    is_settlement: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Review:
    """One reply that is looked at.

    Attributes:
        id: The reply's own: there is one review of each.
        queue: The rule that chose it.
        wanted: How many reviewers look at it.
        created_at: When the reply was given.
    """

    id: str
    conversation_id: str
    queue: str
    state: str
    wanted: int
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """A review as one member of staff may see it.

    Attributes:
        seq: Position of the reply in its conversation.
        given: How many verdicts of reviewers there are, seen or not.
        verdicts: The oldest first; while it is open only one's own, so that nobody follows a colleague.
        own: One's own.
        may_judge: It is open for one's marks, or one's own marks may still be changed.
    """

    review: Review
    seq: int
    given: int
    verdicts: tuple[Verdict, ...]
    own: Verdict | None
    may_judge: bool


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A line of a queue; `is_mine`: one has judged it."""

    review: Review
    question: str
    outcome: Outcome
    given: int
    is_mine: bool


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A page of a queue; `older` is what to ask the next one with."""

    rows: tuple[ReviewRow, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How full a queue is; `for_me` are those that are open and wait for the one who asks."""

    queue: str
    for_me: int = 0
    open: int = 0
    disputed: int = 0
    done: int = 0


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a reply teaches.

    Attributes:
        kind: ``case`` of a question set, or ``note`` for the guide's author.
        turns: The patient's messages, masked, the last one being the question.
        text: What it should have said.
        expect: Right outcomes, for a case.
        section_ids: Sections of the guide that it is about.
    """

    id: str
    reply_id: str | None
    staff_id: str
    author: str
    kind: str
    turns: tuple[str, ...]
    text: str
    expect: tuple[str, ...]
    section_ids: tuple[str, ...]
    created_at: datetime


def checked_marks(marks: Marks) -> MappingProxyType[str, int | None]:
    """Return marks as columns.

    Raises:
        LimitError: One is no mark, or none is given.
    """
    values = {name: getattr(marks, name) for name in Marks.__dataclass_fields__}
    given = [value for value in values.values() if value is not None]
    if not given:
        raise LimitError("Give at least one mark.", code="marks")
    if any(value not in (NO, PARTLY, YES) for value in given):
        raise LimitError("A mark is no, partly or yes.", code="marks")
    return MappingProxyType(values)
