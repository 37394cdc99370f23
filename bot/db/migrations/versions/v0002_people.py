"""The tables of the desk, the staff and the review; who owns a conversation; how a request for a person ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, each after those it refers to, and widen two that there are."""
    _create_audit()
    _create_canned_replies()
    _create_labels()
    _create_staff()
    _create_contacts()
    _create_conversation_labels()
    _create_events()
    _create_notes()
    _create_outbox()
    _create_reads()
    _create_saved_views()
    _create_staff_invites()
    _create_staff_sessions()
    _create_lessons()
    _create_reviews()
    _create_review_verdicts()
    _widen()


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Text()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text()),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_created_at", "audit", ["created_at"])
    op.create_index("ix_audit_staff_id", "audit", ["staff_id"])
    op.create_index("ix_audit_subject_id", "audit", ["subject_id"])


def _create_canned_replies() -> None:
    op.create_table(
        "canned_replies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_canned_replies"),
        sa.UniqueConstraint("title", name="uq_canned_replies_title"),
    )


def _create_labels() -> None:
    op.create_table(
        "labels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_labels"),
        sa.UniqueConstraint("name", name="uq_labels_name"),
    )


def _create_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("role IN ('reviewer', 'agent', 'lead', 'admin')", name="ck_staff_role"),
        sa.PrimaryKeyConstraint("id", name="pk_staff"),
        sa.UniqueConstraint("name", name="uq_staff_name"),
        sa.UniqueConstraint("subject", name="uq_staff_subject"),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('email', 'phone')", name="ck_contacts_kind"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_contacts_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("conversation_id", "kind", name="uq_contacts_conversation_id_kind"),
    )


def _create_conversation_labels() -> None:
    op.create_table(
        "conversation_labels",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_conversation_labels_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name="fk_conversation_labels_label_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_conversation_labels_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", "label_id", name="pk_conversation_labels"),
    )
    op.create_index("ix_conversation_labels_label_id", "conversation_labels", ["label_id"])


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_conversation_id", "events", ["conversation_id"])
    op.create_index("ix_events_created_at", "events", ["created_at"])


def _create_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_notes_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_notes_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_conversation_id", "notes", ["conversation_id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("channel IN ('email', 'webhook')", name="ck_outbox_channel"),
        sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name="ck_outbox_state"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_outbox_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_conversation_id", "outbox", ["conversation_id"])
    op.create_index("ix_outbox_state_next_attempt_at", "outbox", ["state", "next_attempt_at"])


def _create_reads() -> None:
    op.create_table(
        "reads",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_reads_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_reads_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id", name="pk_reads"),
    )


def _create_saved_views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_saved_views_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("staff_id", "name", name="uq_saved_views_staff_id_name"),
    )


def _create_staff_invites() -> None:
    op.create_table(
        "staff_invites",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_invites_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_invites"),
    )
    op.create_index("ix_staff_invites_staff_id", "staff_invites", ["staff_id"])


def _create_staff_sessions() -> None:
    op.create_table(
        "staff_sessions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_staff_sessions_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_staff_sessions"),
    )
    op.create_index("ix_staff_sessions_staff_id", "staff_sessions", ["staff_id"])


def _create_lessons() -> None:
    op.create_table(
        "lessons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("reply_id", sa.Text()),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("expect", sa.JSON(), nullable=False),
        sa.Column("section_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('case', 'note')", name="ck_lessons_kind"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_lessons_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name="fk_lessons_reply_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_lessons_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_lessons"),
    )
    op.create_index("ix_lessons_conversation_id", "lessons", ["conversation_id"])
    op.create_index("ix_lessons_kind_created_at", "lessons", ["kind", "created_at"])
    op.create_index("ix_lessons_reply_id", "lessons", ["reply_id"])


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("reply_id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "queue IN ('thumbs_down', 'abstained', 'red_flag', 'low_support', 'random', 'asked')",
            name="ck_reviews_queue",
        ),
        sa.CheckConstraint("state IN ('open', 'disputed', 'done')", name="ck_reviews_state"),
        sa.CheckConstraint("wanted BETWEEN 1 AND 2", name="ck_reviews_wanted"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_reviews_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name="fk_reviews_reply_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("reply_id", name="uq_reviews_reply_id"),
    )
    op.create_index("ix_reviews_conversation_id", "reviews", ["conversation_id"])
    op.create_index("ix_reviews_state_queue_created_at", "reviews", ["state", "queue", "created_at"])


def _create_review_verdicts() -> None:
    op.create_table(
        "review_verdicts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("is_settlement", sa.Boolean(), nullable=False),
        sa.Column("correct", sa.Integer()),
        sa.Column("complete", sa.Integer()),
        sa.Column("safe", sa.Integer()),
        sa.Column("kind", sa.Integer()),
        sa.Column("sources_right", sa.Integer()),
        sa.Column("comment", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("complete BETWEEN 0 AND 2", name="ck_review_verdicts_complete"),
        sa.CheckConstraint("correct BETWEEN 0 AND 2", name="ck_review_verdicts_correct"),
        sa.CheckConstraint("kind BETWEEN 0 AND 2", name="ck_review_verdicts_kind"),
        sa.CheckConstraint("safe BETWEEN 0 AND 2", name="ck_review_verdicts_safe"),
        sa.CheckConstraint("sources_right BETWEEN 0 AND 2", name="ck_review_verdicts_sources_right"),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_verdicts_review_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_review_verdicts_staff_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_review_verdicts"),
        sa.UniqueConstraint(
            "review_id", "staff_id", "is_settlement", name="uq_review_verdicts_review_id_staff_id_is_settlement"
        ),
    )


def _widen() -> None:
    # Columns that may be empty are added in place: copying a table, as batch mode does, would cascade on SQLite.
    op.add_column("conversations", sa.Column("staff_id", sa.Text()))
    op.create_index("ix_feedback_value_created_at", "feedback", ["value", "created_at"])
    op.create_index("ix_conversations_state_updated_at", "conversations", ["state", "updated_at"])
    op.create_index("ix_conversations_updated_at_id", "conversations", ["updated_at", "id"])

    op.add_column("handoff_requests", sa.Column("staff_id", sa.Text()))
    op.add_column("handoff_requests", sa.Column("taken_at", sa.DateTime(timezone=True)))
    op.add_column("handoff_requests", sa.Column("outcome", sa.Text()))
    op.add_column("handoff_requests", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.add_column("handoff_requests", sa.Column("overdue_at", sa.DateTime(timezone=True)))
    op.add_column("handoff_requests", sa.Column("rating", sa.Integer()))
