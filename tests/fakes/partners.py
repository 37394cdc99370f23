"""Partners for tests, and what the partners' pages of the console are given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.db.partner_values import IdentityMode, Partner
from bot.web.staff.partners import PartnerDesk

LANGUAGES = ("de", "en")
REGIONS = ("DE", "GB", "US")


def make_partner_desk(*, is_production: bool = True) -> PartnerDesk:
    """Make what `bot.web.site` makes out of the settings."""
    return PartnerDesk(
        regions=REGIONS,
        languages=LANGUAGES,
        is_production=is_production,
        origin="https://guide.example.org",
        secret_of=lambda partner_id, key_id: f"gids_of_{partner_id}_{key_id}",
    )


def full_partner(**changes: Any) -> Partner:
    """Make a partner with every field set, and none to its default; `changes` are the test's own."""
    now = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    partner = Partner(
        id="st-mary",
        name="St Mary",
        created_at=now,
        updated_at=now,
        origins=("https://a.example.org", "https://b.example.org:8443"),
        languages=("de", "en"),
        colour="#123456",
        region="GB",
        emergency_numbers=("999", "112"),
        car_t_line="+44 20 7946 0000",
        support_hours="On weekdays",
        support_schedule="Mon-Fri 09:00-17:00",
        support_timezone="Europe/London",
        notify_to=("desk@example.org",),
        messages_per_day=10,
        messages_per_visitor=3,
        identity=IdentityMode.REQUIRED,
    )
    return replace(partner, **changes)
