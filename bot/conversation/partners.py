"""The partners as conversations and the front door need them: read often, so remembered for a few seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Protocol

from bot.conversation.hours import Hours
from bot.db.partner_values import Partner
from bot.errors import SettingsError, StoreError

logger = logging.getLogger(__name__)

# A partner that is switched off is refused within this time, in every process.
MAX_AGE_S = 5.0


class PartnerSource(Protocol):
    """Where partners are kept; see `bot.db.partners.PartnerStore`."""

    def everyone(self) -> list[Partner]:
        """Return all of them."""


class Partners:
    """All partners, remembered; there are tens of them, so they are read together.

    Args:
        source: Where they are kept.
        clock: Seconds, never going back.
    """

    def __init__(self, source: PartnerSource, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Mapping[str, Partner] = {}
        self._read_at = float("-inf")

    def is_fresh(self) -> bool:
        """Tell whether `find` answers from memory now, without asking the database."""
        return self._clock() - self._read_at < MAX_AGE_S

    def forget(self) -> None:
        """Read them anew at the next question."""
        self._read_at = float("-inf")

    def find(self, partner_id: str | None) -> Partner | None:
        """Return a partner, switched off ones as well; None: there is none, or no id was given.

        A database that cannot be read changes nothing: what was known last counts on.
        """
        return None if partner_id is None else self._current().get(partner_id)

    def active(self, partner_id: str | None) -> Partner | None:
        """Return a partner that is switched on; else None."""
        partner = self.find(partner_id)
        return partner if partner is not None and partner.is_active else None

    def addresses(self, partner_id: str | None) -> tuple[str, ...]:
        """Return who is told of a partner's requests for a person; none: whoever is told of all."""
        partner = self.find(partner_id)
        return () if partner is None else partner.notify_to

    def with_own_hours(self) -> dict[str, Hours]:
        """Return the opening hours of the partners that have some of their own, by id."""
        found = {partner.id: hours_of(partner) for partner in self._current().values()}
        return {partner_id: hours for partner_id, hours in found.items() if hours is not None}

    def _current(self) -> Mapping[str, Partner]:
        if self.is_fresh():
            return self._known
        with self._lock:
            if self.is_fresh():  # another thread was quicker
                return self._known
            try:
                self._known = {partner.id: partner for partner in self._source.everyone()}
            except StoreError as error:
                logger.error("partners unreadable", extra={"code": error.code})
            self._read_at = self._clock()
            return self._known


class Nobody:
    """No partners at all: what stands in where none are kept."""

    def everyone(self) -> list[Partner]:
        """Return none."""
        return []


def hours_of(partner: Partner | None) -> Hours | None:
    """Return a partner's own opening hours; None: it has none, and the settings' count."""
    if partner is None or (partner.support_hours is None and partner.support_schedule is None):
        return None
    return _hours(partner.support_hours, partner.support_schedule, partner.support_timezone)


@lru_cache(maxsize=256)
def _hours(words: str | None, schedule: str | None, timezone: str) -> Hours | None:
    try:
        return Hours(words=words, schedule=schedule, timezone=timezone)
    except SettingsError as error:  # it was checked when it was written; time zones come and go with systems
        logger.error("hours of a partner unreadable", extra={"code": error.code})
        return None
