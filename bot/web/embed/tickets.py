"""Tickets: what a partner's page fetches and its frame hands in, once and within a minute.

A ticket is signed and says for which partner and page it was given; only that it was used is kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from itsdangerous import BadData, URLSafeSerializer

from bot.errors import BotError

LIFETIME = timedelta(seconds=60)
_NONCE_BYTES = 16
_MOST_CHARS = 2000
_SALT = "bot.embed.ticket"


class TicketError(BotError):
    """A ticket opens nothing.

    Codes: ``ticket_forged`` (not ours, or changed), ``ticket_expired``, ``ticket_foreign`` (for another partner or
    page), ``ticket_replayed`` (used before).
    """

    code = "ticket_forged"


class Spender(Protocol):
    """Remembers what was used; see `bot.db.partner_counts.PartnerCountStore`."""

    def spend_ticket(self, *, nonce: str, expires_at: datetime, now: datetime) -> bool:
        """Use up a ticket; False: it was used before."""


class Tickets:
    """Gives tickets and takes them.

    Args:
        secret: Signs them.
        spender: Remembers those that were used.
        clock: The time, UTC.
    """

    def __init__(
        self, *, secret: str, spender: Spender, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._signer = URLSafeSerializer(secret, salt=_SALT)
        self._spender = spender
        self._clock = clock

    def give(self, *, partner_id: str, origin: str) -> str:
        """Make a ticket for a frame of this partner in a page of this origin."""
        claims = {
            "n": secrets.token_urlsafe(_NONCE_BYTES),
            "p": partner_id,
            "o": origin,
            "t": int(self._clock().timestamp()),
        }
        return str(self._signer.dumps(claims))

    def take(self, ticket: str, *, partner_id: str, origin: str) -> None:
        """Use up a ticket.

        Args:
            origin: The origin of the page around the frame, as the browser told the frame.

        Raises:
            TicketError: It opens nothing.
            StoreError: It cannot be written down that it was used; then it was not.
        """
        claims = self._claims(ticket)
        given_at = datetime.fromtimestamp(claims["t"], UTC)
        now = self._clock()
        if (claims["p"], claims["o"]) != (partner_id, origin):
            raise TicketError("The ticket is for another partner or page.", code="ticket_foreign")
        if not given_at <= now < given_at + LIFETIME:
            raise TicketError("The ticket is too old.", code="ticket_expired")
        # A second more, so that it is remembered for longer than it is good.
        expires_at = given_at + LIFETIME + timedelta(seconds=1)
        if not self._spender.spend_ticket(nonce=claims["n"], expires_at=expires_at, now=now):
            raise TicketError("The ticket was used before.", code="ticket_replayed")

    def _claims(self, ticket: str) -> dict[str, Any]:
        try:
            claims = self._signer.loads(ticket) if ticket.isascii() and len(ticket) <= _MOST_CHARS else None
        except BadData as error:
            raise TicketError("The ticket is not ours.") from error
        if not isinstance(claims, dict):
            raise TicketError("The ticket is not ours.")
        return claims
