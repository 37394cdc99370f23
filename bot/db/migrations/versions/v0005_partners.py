"""The tables of partners: who they are, their keys, spent tickets, and counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, each after those it refers to."""
    _create_partners()
    _create_partner_keys()
    _create_spent_tickets()
    _create_partner_days()
    _create_partner_refusals()


def _create_partners() -> None:
    op.create_table(
        "partners",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("colour", sa.Text()),
        sa.Column("region", sa.Text()),
        sa.Column("emergency_numbers", sa.JSON(), nullable=False),
        sa.Column("car_t_line", sa.Text()),
        sa.Column("support_hours", sa.Text()),
        sa.Column("support_schedule", sa.Text()),
        sa.Column("support_timezone", sa.Text(), nullable=False),
        sa.Column("notify_to", sa.JSON(), nullable=False),
        sa.Column("messages_per_day", sa.Integer(), nullable=False),
        sa.Column("messages_per_visitor", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("logo", sa.LargeBinary()),
        sa.Column("logo_type", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("identity IN ('none', 'optional', 'required')", name="ck_partners_identity"),
        sa.PrimaryKeyConstraint("id", name="pk_partners"),
    )


def _create_partner_keys() -> None:
    op.create_table(
        "partner_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('api', 'identity')", name="ck_partner_keys_kind"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_partner_keys_partner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_partner_keys"),
    )
    op.create_index("ix_partner_keys_partner_id", "partner_keys", ["partner_id"])


def _create_spent_tickets() -> None:
    op.create_table(
        "spent_tickets",
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name="pk_spent_tickets"),
    )
    op.create_index("ix_spent_tickets_expires_at", "spent_tickets", ["expires_at"])


def _create_partner_days() -> None:
    op.create_table(
        "partner_days",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_partner_days_partner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("partner_id", "on_day", name="pk_partner_days"),
    )


def _create_partner_refusals() -> None:
    op.create_table(
        "partner_refusals",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name="fk_partner_refusals_partner_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partner_id", "origin", "reason", name="pk_partner_refusals"),
    )
