"""Signed user ids: a partner's server says who writes, and the guide keeps nothing that names them.

The partner signs a short-lived JWT (HS256) with a key of ours: ``sub`` is an id that means something to the partner
alone, ``aud`` is ``guide:<partner id>``, ``exp`` at most an hour away, ``kid`` the key. From ``sub`` a visitor id is
derived, the same on every device of that person; ``sub`` itself is stored nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.db.partner_values import KeyKind, PartnerKey
from bot.errors import BotError

MAX_LIFETIME = timedelta(hours=1)
# Clocks of two servers are never quite the same.
_LEEWAY = timedelta(seconds=30)
_MOST_TOKEN_CHARS = 4096
_SUBJECT = re.compile(r"[A-Za-z0-9._:|~+/=-]{1,128}")
# Seconds since 1970 of the year 9999; NaN is less than nothing and more than nothing.
_LAST_S = 253_370_764_800
# As long as the random ids of anonymous visitors: 128 bits and more.
_VISITOR_ID_CHARS = 22


class IdentityError(BotError):
    """A signed user id is missing or cannot be taken.

    Codes: ``identity_needed`` (none was given), ``identity_expired``, ``identity_email`` (the id is an e-mail
    address), ``identity_replayed`` (another browser came in with the same one), ``identity_refused`` (anything else:
    the wrong key, partner, algorithm or shape).
    """

    code = "identity_refused"


class KeySource(Protocol):
    """Where keys are kept; see `bot.db.partners.PartnerStore`."""

    def working_key(self, *, partner_id: str, key_id: str, kind: KeyKind, now: datetime) -> PartnerKey | None:
        """Return a partner's key of this id and kind that works now."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who writes, as a partner says.

    Attributes:
        visitor_id: Derived from the partner's id of the person; 22 characters.
        until: After which it has to be said again.
    """

    visitor_id: str
    until: datetime


def identity_secret(*, master: str, partner_id: str, key_id: str) -> str:
    """Return what a partner's server signs with; it follows from the server's own secret and is stored nowhere."""
    return f"gids_{_derived(master, f'identity:{partner_id}:{key_id}')}"


def sign_identity(user_id: str, *, partner_id: str, key_id: str, secret: str, until: datetime) -> str:
    """Sign a user id, as a partner's server does; here for the demo and the tests.

    Args:
        user_id: An id that means something to the partner alone.
        secret: What `identity_secret` returns for the key.
        until: At most an hour away.
    """
    import jwt

    claims = {"sub": user_id, "aud": f"guide:{partner_id}", "exp": int(until.timestamp())}
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key_id})


class Identities:
    """Reads signed user ids.

    Args:
        master: The server's own secret.
        keys: The partners' keys.
        clock: The time, UTC.
    """

    def __init__(
        self, *, master: str, keys: KeySource, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._master = master
        self._keys = keys
        self._clock = clock

    def read(self, token: str, *, partner_id: str, channel: str) -> Signed:
        """Return who writes.

        Args:
            channel: ``widget`` or ``api``. The same person is another visitor in each: what is said in the widget, out
                of the partner's sight, is nothing that the partner's key may open, nor the other way round.

        Raises:
            IdentityError: The token is missing, expired, or cannot be taken.
            StoreError: The keys cannot be read.
        """
        if not token:
            raise IdentityError("No signed user id was sent.", code="identity_needed")
        if len(token) > _MOST_TOKEN_CHARS or not token.isascii():
            raise IdentityError(f"A signed user id has at most {_MOST_TOKEN_CHARS} characters, all of them ASCII.")
        claims = self._claims(token, partner_id)
        subject, until = claims.get("sub"), _seconds(claims.get("exp"))
        if not isinstance(subject, str) or until is None:
            raise IdentityError("The signed user id needs sub (text) and exp (seconds).")
        self._check_time(until)
        if "@" in subject:
            raise IdentityError("sub is an e-mail address; send an id that names nobody.", code="identity_email")
        if not _SUBJECT.fullmatch(subject):
            raise IdentityError("sub has 1 to 128 letters, digits and signs out of . _ : | ~ + / = -.")
        visitor_id = _derived(self._master, f"visitor:{channel}:{partner_id}:{subject}")[:_VISITOR_ID_CHARS]
        return Signed(visitor_id, datetime.fromtimestamp(until, UTC))

    def _check_time(self, until: float) -> None:
        now = self._clock().timestamp()
        if until < now - _LEEWAY.total_seconds():
            raise IdentityError("The signed user id is too old; sign a new one.", code="identity_expired")
        if until > now + (MAX_LIFETIME + _LEEWAY).total_seconds():
            raise IdentityError("exp is more than an hour away; sign for a shorter time.")

    def _claims(self, token: str, partner_id: str) -> dict[str, Any]:
        # No process without partners pays for it.
        import jwt

        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            if not isinstance(key_id, str):
                raise IdentityError("The signed user id names no key (kid).")
            key = self._keys.working_key(partner_id=partner_id, key_id=key_id, kind=KeyKind.IDENTITY, now=self._clock())
            if key is None:
                raise IdentityError("The signed user id names a key that does not work (kid).")
            claims: dict[str, Any] = jwt.decode(
                token,
                identity_secret(master=self._master, partner_id=partner_id, key_id=key.id),
                algorithms=["HS256"],
                audience=f"guide:{partner_id}",
                # Times are checked by `_check_time`, with the clock that was given.
                options={
                    "require": ["sub", "exp", "aud"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise IdentityError(f"The signed user id cannot be taken: {type(error).__name__}.") from error
        return claims


def _seconds(value: object) -> float | None:
    """Return a time as a number; None: it is none that a clock could show."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < _LAST_S else None


def _derived(master: str, purpose: str) -> str:
    digest = hmac.new(master.encode(), purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
