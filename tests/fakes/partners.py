"""What the partners' pages of the console are given in tests."""

from __future__ import annotations

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
