"""Who is asking: a random visitor id in a signed cookie, so that strangers cannot read each other's talks.

No name, no address, nothing about the person: the id only ties a browser to its own conversations.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, TimestampSigner

from bot.errors import SettingsError

MIN_SECRET_CHARS = 32
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class VisitorCookie:
    """Makes and reads the visitor cookie.

    Attributes:
        secret: Signs the id; at least 32 characters.
        is_secure: The page is served over HTTPS; then the name carries the ``__Host-`` promise.
        max_age_s: Lifetime in the browser; 180 days, so that a talk can be found again between two visits.
        now: Seconds since 1970.
    """

    secret: str
    is_secure: bool = False
    max_age_s: int = 180 * 24 * 3600
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        """Refuse a short secret.

        Raises:
            SettingsError: The secret has fewer than 32 characters.
        """
        if len(self.secret) < MIN_SECRET_CHARS:
            raise SettingsError(f"BOT_SECRET_KEY: at least {MIN_SECRET_CHARS} characters are needed.")

    @property
    def name(self) -> str:
        """Name of the cookie."""
        return "__Host-guide_visitor" if self.is_secure else "guide_visitor"

    def issue(self) -> tuple[str, str]:
        """Make a new visitor: the id, and the value of the ``Set-Cookie`` header."""
        visitor_id = secrets.token_urlsafe(16)
        return visitor_id, self.header(visitor_id)

    def header(self, visitor_id: str) -> str:
        """Write the ``Set-Cookie`` value for a visitor."""
        parts = [self.value(visitor_id).decode(), "Path=/", "HttpOnly", f"Max-Age={self.max_age_s}"]
        if self.is_secure:
            parts.append("Secure")
        parts.append("SameSite=Lax")
        return "; ".join(parts)

    def read(self, cookie_header: str | None) -> str | None:
        """Return the visitor id of a ``Cookie`` header, or None if it is absent, forged or too old."""
        value = cookie_value(cookie_header or "", self.name)
        if not value.isascii():
            return None
        try:
            visitor_id = self._signer().unsign(value, max_age=self.max_age_s).decode()
        except BadSignature:
            return None
        return visitor_id if _ID.fullmatch(visitor_id) else None

    def value(self, visitor_id: str) -> bytes:
        """Write what a ``Cookie`` header carries for a visitor."""
        return f"{self.name}={self._signer().sign(visitor_id).decode()}".encode()

    def derive(self, purpose: str) -> str:
        """Return another secret for one purpose, so that one leaked secret does not give the other."""
        return hmac.new(self.secret.encode(), f"derive:{purpose}".encode(), hashlib.sha256).hexdigest()

    def _signer(self) -> TimestampSigner:
        signer = _ClockedSigner(self.secret, salt="bot.visitor", digest_method=hashlib.sha256)
        signer.now = self.now
        return signer


class _ClockedSigner(TimestampSigner):
    """The library's signer with a clock that tests can set."""

    now: Callable[[], float]

    def get_timestamp(self) -> int:
        return int(self.now())


def cookie_value(header: str, name: str) -> str:
    """Read one cookie; empty if it is not there, or there twice.

    A browser keeps the ``__Host-`` promise for exactly this name. Only space and tab may stand around it: to whoever
    takes away more, another name that begins with a stranger sign is the same, and that one anybody may set.
    """
    pairs = (part.strip(" \t").partition("=") for part in header.split(";"))
    found = [value for key, separator, value in pairs if separator and key == name]
    return found[0] if len(found) == 1 else ""
