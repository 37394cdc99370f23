"""The review of replies: which rules choose what, who may judge and see, what two reviewers make of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from bot.db.audit import AuditStore
from bot.db.review_tables import MARKS, REVIEWS
from bot.db.review_values import Marks, QueueCount, ReviewRules
from bot.db.reviews import ReviewStore
from bot.db.staff import By, StaffStore
from bot.db.transcripts import TranscriptStore
from bot.domain import GENERATIVE, Conversation, Outcome, Reply, ReplySentence, Role
from bot.errors import LimitError, NotFoundError

GOOD = Marks(correct=2, complete=2, safe=2, kind=2, sources_right=2)
POOR = Marks(correct=2, complete=1, safe=2, kind=2, sources_right=None)
RULES = ReviewRules(random_share=0.0)
_NOWHERE = "no-such-id"


@pytest.fixture
def reviews(engine: Engine) -> ReviewStore:
    return ReviewStore(engine)


@pytest.fixture
def member(engine: Engine, now: datetime) -> Callable[[str], By]:
    def add(name: str) -> By:
        found, _ = StaffStore(engine).add(
            name=name, display_name=name.capitalize(), role=Role.REVIEWER, by=By(name="test"), now=now
        )
        return By(name=name, staff_id=found.id)

    return add


@pytest.fixture
def vera(member: Callable[[str], By]) -> By:
    return member("vera")


@pytest.fixture
def tom(member: Callable[[str], By]) -> By:
    return member("tom")


@pytest.fixture
def say(
    store: TranscriptStore, talk: Conversation, make_reply: Callable[..., Reply], now: datetime
) -> Callable[..., str]:
    """Let the bot reply to a question, and return the reply's id."""

    def reply(confidence: float = 0.9, answerer: str = "extractive", **changes: object) -> str:
        question = store.add_patient_message(conversation_id=talk.id, text="What is CRS?", now=now)
        made = make_reply(answerer=answerer, **changes)
        store.add_reply(reply=made, answers=question.id, confidence=confidence)
        return made.reply_id

    return reply


def _queues(engine: Engine) -> dict[str, tuple[str, int]]:
    with engine.begin() as connection:
        rows = connection.execute(select(REVIEWS.c.id, REVIEWS.c.queue, REVIEWS.c.wanted))
        return {row.id: (row.queue, row.wanted) for row in rows}


def _weak(support: float) -> dict[str, object]:
    sentences = (ReplySentence("One.", (1,), 0.99), ReplySentence("Two.", (1,), support))
    return {"answerer": GENERATIVE, "sentences": sentences}


def test_each_rule_fills_its_queue_and_a_reply_stands_in_one(
    reviews: ReviewStore, say: Callable[..., str], store: TranscriptStore, engine: Engine, now: datetime
) -> None:
    expected = {
        say(outcome=Outcome.EMERGENCY): ("red_flag", 2),
        say(outcome=Outcome.CRISIS): ("red_flag", 2),
        say(outcome=Outcome.ABSTAINED): ("abstained", 1),
        say(confidence=0.56): ("low_support", 1),
        say(**_weak(0.59)): ("low_support", 1),
    }
    thumbed = {say(outcome=Outcome.ABSTAINED): ("thumbs_down", 1), say(outcome=Outcome.EMERGENCY): ("thumbs_down", 2)}
    for reply_id in thumbed:
        store.set_feedback(reply_id=reply_id, visitor_id="ada", value=-1, now=now)
    praised = say()
    store.set_feedback(reply_id=praised, visitor_id="ada", value=1, now=now)
    say(confidence=0.57)
    say(**_weak(0.6))
    # The guide's own sentences need no support; a greeting has no confidence.
    say(sentences=(ReplySentence("One.", (1,), 0.1),))
    say(outcome=Outcome.CONVERSATION, confidence=0.0)
    counts = reviews.fill(now=now, rules=RULES)
    assert counts == {"thumbs_down": 2, "red_flag": 2, "abstained": 1, "low_support": 2, "random": 0}
    assert _queues(engine) == expected | thumbed


def test_filling_again_changes_nothing_and_late_replies_are_found(
    reviews: ReviewStore, say: Callable[..., str], engine: Engine, now: datetime
) -> None:
    later = now + timedelta(hours=3)
    say(outcome=Outcome.ABSTAINED, created_at=later)
    assert sum(reviews.fill(now=later, rules=RULES).values()) == 1
    assert sum(reviews.fill(now=later, rules=RULES).values()) == 0
    # Written after the newest one was chosen, with a moment before it.
    late = say(outcome=Outcome.ABSTAINED, created_at=later - timedelta(minutes=9))
    say(outcome=Outcome.ABSTAINED, created_at=later - timedelta(minutes=11))
    assert reviews.fill(now=later, rules=RULES)["abstained"] == 1
    assert late in _queues(engine)


def test_what_a_lead_asks_for_hides_no_reply_from_the_rules(
    reviews: ReviewStore, say: Callable[..., str], vera: By, now: datetime
) -> None:
    later = now + timedelta(hours=3)
    say(outcome=Outcome.ABSTAINED)
    asked = say(created_at=later)
    reviews.ask(reply_id=asked, by=vera, now=later)
    assert reviews.fill(now=later, rules=RULES)["abstained"] == 1


def test_the_first_time_replies_of_thirty_days_are_looked_at(
    reviews: ReviewStore, say: Callable[..., str], engine: Engine, now: datetime
) -> None:
    say(outcome=Outcome.ABSTAINED, created_at=now - timedelta(days=31))
    inside = say(outcome=Outcome.ABSTAINED, created_at=now - timedelta(days=29))
    reviews.fill(now=now, rules=RULES)
    assert set(_queues(engine)) == {inside}
    assert reviews.fill(now=now, rules=RULES, since=now - timedelta(days=40))["abstained"] == 1


def test_a_later_thumb_moves_a_review_that_nobody_has_begun(  # noqa: PLR0917 - fixtures
    reviews: ReviewStore,
    say: Callable[..., str],
    store: TranscriptStore,
    engine: Engine,
    vera: By,
    now: datetime,
) -> None:
    waits, begun = say(outcome=Outcome.ABSTAINED), say(outcome=Outcome.EMERGENCY)
    reviews.fill(now=now, rules=RULES)
    reviews.judge(review_id=begun, marks=GOOD, by=vera, now=now)
    later = now + timedelta(days=3)
    for reply_id in (waits, begun):
        store.set_feedback(reply_id=reply_id, visitor_id="ada", value=-1, now=later)
    assert reviews.fill(now=later, rules=RULES)["thumbs_down"] == 1
    assert _queues(engine) == {waits: ("thumbs_down", 1), begun: ("red_flag", 2)}


def test_the_draw_is_by_the_id_and_so_the_same_every_time(
    reviews: ReviewStore, say: Callable[..., str], engine: Engine, now: datetime
) -> None:
    ids = [f"{start}{str(uuid.uuid4())[4:]}" for start in ("0000", "0ccc", "0ccd", "0fff", "ffff")]
    for reply_id in ids:
        say(reply_id=reply_id)
    assert reviews.fill(now=now, rules=ReviewRules())["random"] == 2
    assert _queues(engine) == {ids[0]: ("random", 1), ids[1]: ("random", 1)}
    assert reviews.fill(now=now, rules=ReviewRules(random_share=1.0))["random"] == 3


def test_one_reviewer_is_enough_where_one_is_wanted(
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, now: datetime
) -> None:
    reply_id = say(outcome=Outcome.ABSTAINED)
    reviews.fill(now=now, rules=RULES)
    assert reviews.judge(review_id=reply_id, marks=POOR, by=vera, now=now, comment=" Too short. ") == "done"
    case = reviews.get(review_id=reply_id, staff_id=tom.staff_id or "")
    assert (case.review.done_at, case.may_judge, case.own) == (now, False, None)
    assert [(each.author, each.marks, each.comment) for each in case.verdicts] == [("Vera", POOR, "Too short.")]
    with pytest.raises(LimitError) as refused:
        reviews.judge(review_id=reply_id, marks=GOOD, by=tom, now=now)
    assert refused.value.code == "judged"


def test_nobody_sees_the_others_verdict_before_giving_their_own(
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, now: datetime
) -> None:
    reply_id = say(outcome=Outcome.EMERGENCY)
    reviews.fill(now=now, rules=RULES)
    assert reviews.judge(review_id=reply_id, marks=GOOD, by=vera, now=now) == "open"
    unseen = reviews.get(review_id=reply_id, staff_id=tom.staff_id or "")
    assert (unseen.verdicts, unseen.given, unseen.may_judge) == ((), 1, True)
    own = reviews.get(review_id=reply_id, staff_id=vera.staff_id or "")
    assert [each.author for each in own.verdicts] == ["Vera"]
    assert own.may_judge, "nobody else has judged: a slip of the finger can be mended"
    assert reviews.judge(review_id=reply_id, marks=GOOD, by=tom, now=now) == "done"
    both = reviews.get(review_id=reply_id, staff_id=vera.staff_id or "")
    assert ({each.author for each in both.verdicts}, both.may_judge) == ({"Vera", "Tom"}, False)


def test_two_that_differ_in_any_mark_are_settled_by_a_third_word(  # noqa: PLR0917 - fixtures
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, engine: Engine, now: datetime
) -> None:
    reply_id = say(outcome=Outcome.EMERGENCY)
    reviews.fill(now=now, rules=RULES)
    with pytest.raises(LimitError):
        reviews.settle(review_id=reply_id, marks=GOOD, by=vera, now=now)
    reviews.judge(review_id=reply_id, marks=GOOD, by=vera, now=now)
    assert reviews.judge(review_id=reply_id, marks=POOR, by=tom, now=now) == "disputed"
    with pytest.raises(LimitError):
        reviews.judge(review_id=reply_id, marks=GOOD, by=tom, now=now)
    # One of the two may be a lead.
    reviews.settle(review_id=reply_id, marks=POOR, by=vera, now=now, comment="Agreed with Tom.")
    case = reviews.get(review_id=reply_id, staff_id=tom.staff_id or "")
    assert [(each.author, each.is_settlement) for each in case.verdicts][-1] == ("Vera", True)
    assert (case.review.state, case.given, len(case.verdicts)) == ("done", 2, 3)
    entries = [entry for entry in reversed(AuditStore(engine).entries()) if entry.action.startswith("review.")]
    assert [entry.action for entry in entries] == ["review.judged", "review.judged", "review.settled"]
    assert entries[1].detail["state"] == "disputed"
    assert "Agreed" not in str([entry.detail for entry in entries])


def test_a_verdict_can_be_changed_until_somebody_else_has_judged(
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, now: datetime
) -> None:
    reply_id = say(outcome=Outcome.EMERGENCY)
    reviews.fill(now=now, rules=RULES)
    reviews.judge(review_id=reply_id, marks=POOR, by=vera, now=now)
    assert reviews.judge(review_id=reply_id, marks=GOOD, by=vera, now=now) == "open"
    assert reviews.judge(review_id=reply_id, marks=GOOD, by=tom, now=now) == "done"
    with pytest.raises(LimitError):
        reviews.judge(review_id=reply_id, marks=POOR, by=vera, now=now)


def test_a_leads_request_wants_two_and_opens_what_one_had_closed(
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, now: datetime
) -> None:
    reply_id = say()
    assert reviews.ask(reply_id=reply_id, by=vera, now=now, wanted=1).wanted == 1
    reviews.judge(review_id=reply_id, marks=GOOD, by=vera, now=now)
    again = reviews.ask(reply_id=reply_id, by=vera, now=now)
    assert (again.queue, again.state, again.wanted, again.done_at) == ("asked", "open", 2, None)
    reviews.judge(review_id=reply_id, marks=GOOD, by=tom, now=now)
    assert reviews.ask(reply_id=reply_id, by=vera, now=now).state == "done"
    with pytest.raises(NotFoundError):
        reviews.ask(reply_id=_NOWHERE, by=vera, now=now)


@pytest.mark.parametrize("marks", [pytest.param(Marks(), id="none"), pytest.param(Marks(safe=3), id="too-high")])
def test_marks_that_are_none_are_refused(
    reviews: ReviewStore, say: Callable[..., str], vera: By, now: datetime, marks: Marks
) -> None:
    reply_id = say()
    reviews.ask(reply_id=reply_id, by=vera, now=now)
    with pytest.raises(LimitError):
        reviews.judge(review_id=reply_id, marks=marks, by=vera, now=now)
    with pytest.raises(NotFoundError):
        reviews.judge(review_id=_NOWHERE, marks=GOOD, by=vera, now=now)


def test_counts_and_pages_tell_what_waits_for_whom(
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, now: datetime
) -> None:
    flags = [say(outcome=Outcome.EMERGENCY, created_at=now + timedelta(seconds=second)) for second in range(3)]
    say(outcome=Outcome.ABSTAINED)
    reviews.fill(now=now + timedelta(minutes=1), rules=RULES)
    reviews.judge(review_id=flags[2], marks=GOOD, by=vera, now=now)
    counts = {count.queue: count for count in reviews.counts(staff_id=vera.staff_id or "")}
    assert counts["red_flag"] == QueueCount("red_flag", for_me=2, open=3)
    assert counts["abstained"] == QueueCount("abstained", for_me=1, open=1)
    of = {"state": "open", "queue": "red_flag", "staff_id": vera.staff_id or "", "limit": 2}
    page = reviews.page(**of)  # type: ignore[arg-type]
    assert [row.review.id for row in page.rows] == [flags[2], flags[1]]
    assert [(row.question, row.outcome, row.given, row.is_mine) for row in page.rows] == [
        ("What is CRS?", Outcome.EMERGENCY, 1, True), ("What is CRS?", Outcome.EMERGENCY, 0, False),
    ]  # fmt: skip
    rest = reviews.page(**of, after=page.older)  # type: ignore[arg-type]
    assert ([row.review.id for row in rest.rows], rest.older) == ([flags[0]], None)
    assert [row.review.id for row in reviews.waiting_for_second(staff_id=vera.staff_id or "")] == [flags[2]]
    assert reviews.waiting_for_second(staff_id=tom.staff_id or "") == ()


def test_working_through_goes_from_queue_to_queue_and_ends(
    reviews: ReviewStore, say: Callable[..., str], vera: By, now: datetime
) -> None:
    old, new = (say(outcome=Outcome.EMERGENCY, created_at=now + timedelta(seconds=second)) for second in (0, 1))
    last = say(outcome=Outcome.ABSTAINED)
    reviews.fill(now=now + timedelta(minutes=1), rules=RULES)
    me = vera.staff_id or ""
    assert reviews.next_for(staff_id=me) == new
    assert reviews.next_for(staff_id=me, after=new) == old
    assert reviews.next_for(staff_id=me, after=old) == last
    assert reviews.next_for(staff_id=me, after=last) is None
    assert reviews.next_for(staff_id=me, queue="red_flag", after=old) is None
    reviews.judge(review_id=new, marks=GOOD, by=vera, now=now)
    assert reviews.next_for(staff_id=me, queue="red_flag") == old
    assert reviews.next_for(staff_id=me, after=_NOWHERE) == old


def test_agreement_is_told_for_each_mark_over_replies_that_two_judged(
    reviews: ReviewStore, say: Callable[..., str], vera: By, tom: By, now: datetime
) -> None:
    for mine, theirs in ((GOOD, GOOD), (GOOD, POOR), (POOR, POOR)):
        reply_id = say(outcome=Outcome.EMERGENCY)
        reviews.ask(reply_id=reply_id, by=vera, now=now)
        reviews.judge(review_id=reply_id, marks=mine, by=vera, now=now)
        state = reviews.judge(review_id=reply_id, marks=theirs, by=tom, now=now + timedelta(seconds=1))
        if state == "disputed":
            reviews.settle(review_id=reply_id, marks=GOOD, by=vera, now=now + timedelta(seconds=2))
    alone = say()
    reviews.ask(reply_id=alone, by=vera, now=now)
    reviews.judge(review_id=alone, marks=POOR, by=vera, now=now)
    found = {each.mark: each for each in reviews.agreement()}
    assert tuple(found) == MARKS
    assert found["complete"].pairs == 3
    assert found["complete"].share == pytest.approx(2 / 3)
    # Seen apart: 1/3 of half a step. By chance: (2/3 * 2/3 + 1/3 * 1/3) of half a step.
    assert found["complete"].kappa == pytest.approx(1 - (1 / 3) / (5 / 9))
    assert (found["safe"].pairs, found["safe"].share, found["safe"].kappa) == (3, 1.0, None)
    assert found["sources_right"].pairs == 1, "what does not apply to one of them is left out"


def test_reading_one_is_recorded_at_its_conversation(  # noqa: PLR0917 - fixtures
    reviews: ReviewStore, say: Callable[..., str], talk: Conversation, vera: By, engine: Engine, now: datetime
) -> None:
    reply_id = say()
    reviews.ask(reply_id=reply_id, by=vera, now=now)
    reviews.read(review_id=reply_id, by=vera, now=now)
    entry = AuditStore(engine).entries(action="review.read")[0]
    assert (entry.subject_kind, entry.subject_id, entry.detail) == ("conversation", talk.id, {"review_id": reply_id})
