"""How many messages a partner may send in a day, counted in the record; a visitor's share is `limits`' to count.

Emergencies, crises and wishes for a person never come here: they are answered whatever was sent before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from bot.conversation.partners import Partners
from bot.errors import LimitError, StoreError

logger = logging.getLogger(__name__)


class MessageCounter(Protocol):
    """Counts; see `bot.db.partner_counts.PartnerCountStore`."""

    def count_message(self, *, partner_id: str, most: int, now: datetime) -> bool:
        """Count a message; False: there were `most` today already."""


class Quotas:
    """The quotas of all partners.

    Args:
        partners: Who they are.
        counter: Counts messages by day.
        clock: The time, UTC.
    """

    def __init__(self, *, partners: Partners, counter: MessageCounter, clock: Callable[[], datetime]) -> None:
        self._partners = partners
        self._counter = counter
        self._clock = clock

    def of_visitor(self, partner_id: str | None) -> tuple[str, ...]:
        """Return the rates of one visitor of a partner, in the notation of `bot.conversation.limits`."""
        partner = self._partners.find(partner_id)
        return () if partner is None else (f"{partner.messages_per_visitor}/day",)

    def count(self, partner_id: str | None) -> None:
        """Count a message of a partner's visitor.

        A database that cannot be written costs no patient an answer: the message is then not counted.

        Raises:
            LimitError: Code ``partner_full``: the partner's visitors have sent as many as they may today.
        """
        partner = self._partners.find(partner_id)
        if partner is None:
            return
        try:
            is_counted = self._counter.count_message(
                partner_id=partner.id, most=partner.messages_per_day, now=self._clock()
            )
        except StoreError as error:
            logger.error("message not counted", extra={"partner_id": partner.id, "code": error.code})
            return
        if not is_counted:
            raise LimitError(f"More than {partner.messages_per_day} messages of a partner today.", code="partner_full")
