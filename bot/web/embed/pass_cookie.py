"""The pass: the cookie of a frame that came in with a ticket. It says who visits, whose page it is, and until when.

It is `SameSite=None; Secure; Partitioned`: kept apart for each site around the frame, so that it works where browsers
refuse third-party cookies, and cannot tie a person's visits to two sites together. Each partner has one of its own.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeTimedSerializer

from bot.web.visitor import cookie_value

# As long as the visitor cookie of the chat's own page.
MAX_AGE_S = 180 * 24 * 3600
_SALT = "bot.embed.pass"
_VISITOR = re.compile(r"[A-Za-z0-9_-]{22}")
_VISITOR_BYTES = 16


@dataclass(frozen=True, slots=True)
class Pass:
    """Who visits through a partner's page.

    Attributes:
        visitor_id: Random, or derived from the partner's signed user id; 22 characters.
        origin: Of the page that the frame came in from.
        region: Country code that the page told; None: not told.
        signed_until: Until when the partner's word for who this is counts; None: nobody said who it is.
    """

    partner_id: str
    visitor_id: str
    origin: str
    region: str | None = None
    signed_until: datetime | None = None

    @property
    def is_signed(self) -> bool:
        """Tell whether the partner said who this is, be it some time ago."""
        return self.signed_until is not None


def new_visitor_id() -> str:
    """Make a random visitor id."""
    return secrets.token_urlsafe(_VISITOR_BYTES)


class PassCookie:
    """Writes and reads passes.

    Args:
        secret: Signs them.
        now: Seconds since 1970.
    """

    def __init__(self, *, secret: str, now: Callable[[], float] = time.time) -> None:
        self._signer = URLSafeTimedSerializer(secret, salt=_SALT)
        self._now = now

    @staticmethod
    def name(partner_id: str) -> str:
        """Return the cookie's name; browsers keep the ``__Host-`` promise also on localhost without HTTPS."""
        return f"__Host-guide_pass_{partner_id}"

    def header(self, visit: Pass) -> str:
        """Write the ``Set-Cookie`` value of a pass."""
        until = None if visit.signed_until is None else int(visit.signed_until.timestamp())
        value = self._signer.dumps([visit.partner_id, visit.visitor_id, visit.origin, visit.region, until])
        flags = f"Path=/; HttpOnly; Secure; SameSite=None; Partitioned; Max-Age={MAX_AGE_S}"
        return f"{self.name(visit.partner_id)}={value}; {flags}"

    def read(self, cookie_header: str | None, *, partner_id: str) -> Pass | None:
        """Return the pass of a ``Cookie`` header for a partner; None: there is none, or it is forged or too old."""
        value = cookie_value(cookie_header or "", self.name(partner_id))
        try:
            claims, given_at = self._signer.loads(value, return_timestamp=True)
        except BadData:
            return None
        if self._now() - given_at.timestamp() > MAX_AGE_S or not _is_pass(claims, partner_id):
            return None
        _, visitor_id, origin, region, until = claims
        return Pass(
            partner_id=partner_id,
            visitor_id=visitor_id,
            origin=origin,
            region=region,
            signed_until=None if until is None else datetime.fromtimestamp(until, UTC),
        )


def _is_pass(claims: object, partner_id: str) -> bool:
    return (
        isinstance(claims, list)
        and len(claims) == 5
        and claims[0] == partner_id
        and isinstance(claims[1], str)
        and _VISITOR.fullmatch(claims[1]) is not None
    )
