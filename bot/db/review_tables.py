"""The tables of the review: which replies are looked at, what reviewers say of them, what is learnt."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint

from bot.db.columns import METADATA, PlainText, UtcDateTime, id_of, one_of

# A mark of the rubric: 0 no, 1 partly, 2 yes; None where it does not apply.
MARKS = ("correct", "complete", "safe", "kind", "sources_right")

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("reply_id", PlainText, id_of("replies"), nullable=False),
    # The rule that chose the reply.
    Column("queue", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    # How many reviewers look at it.
    Column("wanted", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    one_of("queue", ["thumbs_down", "abstained", "red_flag", "low_support", "random", "asked"]),
    one_of("state", ["open", "disputed", "done"]),
    CheckConstraint("wanted BETWEEN 1 AND 2", name="wanted"),
    UniqueConstraint("reply_id"),
    Index(None, "state", "queue", "created_at"),
    Index(None, "conversation_id", "state"),
)

REVIEW_VERDICTS = Table(
    "review_verdicts",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("review_id", PlainText, id_of("reviews"), nullable=False),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    # A lead's word where two reviewers disagree.
    Column("is_settlement", Boolean, nullable=False),
    *(Column(mark, Integer) for mark in MARKS),
    Column("comment", PlainText),
    Column("created_at", UtcDateTime, nullable=False),
    *(CheckConstraint(f"{mark} BETWEEN 0 AND 2", name=mark) for mark in MARKS),
    UniqueConstraint("review_id", "staff_id", "is_settlement"),
)

# What a review teaches: a case of the question set, or a note for the author of the guide.
LESSONS = Table(
    "lessons",
    METADATA,
    Column("id", PlainText, primary_key=True),
    Column("conversation_id", PlainText, id_of("conversations"), nullable=False),
    Column("reply_id", PlainText, id_of("replies")),
    Column("staff_id", PlainText, id_of("staff"), nullable=False),
    Column("kind", PlainText, nullable=False),
    Column("question", PlainText, nullable=False),
    # All that the patient said up to there, the question being the last.
    Column("turns", JSON, nullable=False),
    Column("text", PlainText, nullable=False),
    Column("expect", JSON, nullable=False),
    Column("section_ids", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    one_of("kind", ["case", "note"]),
    Index(None, "kind", "created_at"),
    Index(None, "conversation_id"),
    Index(None, "reply_id"),
)
