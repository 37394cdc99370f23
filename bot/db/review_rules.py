"""The rules that choose replies for review, each as one INSERT ... SELECT over a stretch of time.

A stretch is one transaction: the thumbs given in it, then the replies given in it, rule after rule. A reply stands in
the table once, so the first rule that fits wins. Thumbs come after their replies: a review that nobody has begun moves
to the queue of thumbs when one arrives.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select, text, union_all

from bot.db.columns import PlainText
from bot.db.review_tables import REVIEW_VERDICTS, REVIEWS
from bot.db.review_values import STATES, ReviewRules
from bot.db.rows import insert_or_keep
from bot.db.tables import FEEDBACK, REPLIES
from bot.domain import GENERATIVE, Outcome

Condition = ColumnElement[bool]

FILLED = ("thumbs_down", "red_flag", "abstained", "low_support", "random")
# A wrong emergency text, or one that is missing, is what two look at.
ALARMS = (Outcome.EMERGENCY, Outcome.CRISIS)
# Any fixed number, the same in every process: one of them fills.
_FILL_LOCK = 7_310_644
_COLUMNS = ("id", "reply_id", "conversation_id", "queue", "state", "wanted", "created_at")
_DIGITS = 4
# Whether a reply has a sentence that is supported too little.
_WEAK = {
    "sqlite": "EXISTS (SELECT 1 FROM json_each(replies.document, '$.sentences') AS sentence "
    "WHERE json_extract(sentence.value, '$.support') < :support)",
    "postgresql": "EXISTS (SELECT 1 FROM json_array_elements(replies.document -> 'sentences') AS sentence(value) "
    "WHERE CAST(sentence.value ->> 'support' AS double precision) < :support)",
}


def filled_until(connection: Connection) -> datetime | None:
    """Return when the newest reply was given that a rule has chosen; what a lead asks for tells nothing of that."""
    newest = [
        select(func.max(REVIEWS.c.created_at).label("at")).where(REVIEWS.c.state == state, REVIEWS.c.queue == queue)
        for state in STATES
        for queue in FILLED
    ]
    found = union_all(*newest).subquery()
    moment: datetime | None = connection.execute(select(func.max(found.c.at))).scalar()
    return moment


def has_turn(connection: Connection) -> bool:
    """Tell whether this transaction may fill; another that does so leaves nothing to do."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _FILL_LOCK}).scalar())


def fill_stretch(connection: Connection, *, after: datetime, until: datetime, rules: ReviewRules) -> dict[str, int]:
    """Choose from a stretch of time, its beginning left out; return how many came into each queue."""
    given = and_(FEEDBACK.c.value == -1, FEEDBACK.c.created_at > after, FEEDBACK.c.created_at <= until)
    thumbed = select(FEEDBACK.c.reply_id).where(given)
    fresh = and_(REPLIES.c.created_at > after, REPLIES.c.created_at <= until)
    conditions: dict[str, Condition] = {
        "thumbs_down": REPLIES.c.id.in_(thumbed),
        "red_flag": and_(REPLIES.c.outcome.in_(ALARMS), fresh),
        "abstained": and_(REPLIES.c.outcome == Outcome.ABSTAINED, fresh),
        "low_support": and_(REPLIES.c.outcome == Outcome.ANSWERED, fresh, _doubtful(connection, rules)),
        # All outcomes by name: the index on them is the one that knows the time.
        "random": and_(REPLIES.c.outcome.in_(list(Outcome)), fresh, _drawn(rules.random_share)),
    }
    counts = {queue: _choose(connection, queue, condition) for queue, condition in conditions.items()}
    counts["thumbs_down"] += _move(connection, thumbed)
    return counts


def _choose(connection: Connection, queue: str, condition: Condition) -> int:
    values = select(
        REPLIES.c.id,
        REPLIES.c.id.label("reply_id"),
        REPLIES.c.conversation_id,
        literal(queue, PlainText).label("queue"),
        literal("open", PlainText).label("state"),
        case((REPLIES.c.outcome.in_(ALARMS), 2), else_=1).label("wanted"),
        REPLIES.c.created_at,
    ).where(condition)
    insert = insert_or_keep(connection, REVIEWS).from_select(list(_COLUMNS), values)
    # Without this option an INSERT is not counted on PostgreSQL.
    chosen = connection.execute(insert.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True})
    return chosen.rowcount


def _move(connection: Connection, thumbed: Any) -> int:
    begun = select(REVIEW_VERDICTS.c.id).where(REVIEW_VERDICTS.c.review_id == REVIEWS.c.id).exists()
    # Put so that no index knows it: SQLite would go through all that are open instead of the few with a thumb.
    is_open = REVIEWS.c.state.not_in(["disputed", "done"])
    waits = and_(is_open, REVIEWS.c.queue.not_in(["thumbs_down", "asked"]), ~begun)
    moved = REVIEWS.update().where(REVIEWS.c.reply_id.in_(thumbed), waits).values(queue="thumbs_down")
    return connection.execute(moved).rowcount


def _doubtful(connection: Connection, rules: ReviewRules) -> Condition:
    weak = text(_WEAK[connection.dialect.name]).bindparams(support=rules.support_below)
    return or_(
        REPLIES.c.confidence < rules.confidence_below,
        and_(REPLIES.c.answerer == GENERATIVE, weak),
    )


def _drawn(share: float) -> Condition:
    """Draw by the first digits of the reply's random id: the same replies whoever draws, and however often."""
    most = 16**_DIGITS
    bound = min(max(round(share * most), 0), most)
    # Behind every digit.
    return REPLIES.c.id < (f"{bound:0{_DIGITS}x}" if bound < most else "g")
