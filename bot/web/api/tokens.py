"""What the API signs and derives: tokens for one conversation, and ids for partners' own visitors."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from bot.errors import SettingsError

# The beginning lets scanners of leaked secrets know it, as a key's "guide_" does.
TOKEN_PREFIX = "talk_"  # noqa: S105  # the beginning of all of them, and no secret
# As long as a visitor's cookie: a talk can be found again between two visits.
LIFETIME = timedelta(days=180)
MIN_SECRET_CHARS = 32
_MOST_CHARS = 1000
_SALT = "bot.api.token"
# As long as the random ids of anonymous visitors: 128 bits and more.
_VISITOR_ID_CHARS = 22


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: which conversation it opens, and under which key it was given."""

    partner_id: str
    key_id: str
    visitor_id: str
    conversation_id: str
    given_at: datetime

    @property
    def until(self) -> datetime:
        """Return when the token stops working."""
        return self.given_at + LIFETIME


class Tokens:
    """Gives tokens and reads them.

    Args:
        secret: The server's own; at least 32 characters.
        clock: The time, UTC.

    Raises:
        SettingsError: The secret is too short.
    """

    def __init__(self, *, secret: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        if len(secret) < MIN_SECRET_CHARS:
            raise SettingsError(f"BOT_SECRET_KEY: at least {MIN_SECRET_CHARS} characters are needed.")
        self._signer = URLSafeSerializer(
            _derived(secret, "api token"), salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._clock = clock

    def give(self, *, partner_id: str, key_id: str, visitor_id: str, conversation_id: str) -> tuple[str, Claims]:
        """Make a token for one conversation, and return it with what it says."""
        given_at = self._clock().replace(microsecond=0)
        written = self._signer.dumps([partner_id, key_id, visitor_id, conversation_id, int(given_at.timestamp())])
        return f"{TOKEN_PREFIX}{written}", Claims(partner_id, key_id, visitor_id, conversation_id, given_at)

    def read(self, token: str) -> Claims | None:
        """Return what a token says; None: it is not ours, or too old. It cannot say whether its key still works."""
        if not token.startswith(TOKEN_PREFIX) or len(token) > _MOST_CHARS or not token.isascii():
            return None
        try:
            values: list[Any] = self._signer.loads(token.removeprefix(TOKEN_PREFIX))
        except BadData:
            return None
        partner_id, key_id, visitor_id, conversation_id, given_at = values
        claims = Claims(partner_id, key_id, visitor_id, conversation_id, datetime.fromtimestamp(given_at, UTC))
        return claims if self._clock() < claims.until else None


class VisitorIds:
    """Turns a partner's ids of its visitors into ours; what the partner sent is kept nowhere.

    Args:
        secret: The server's own.
    """

    def __init__(self, *, secret: str) -> None:
        self._secret = _derived(secret, "api visitor")

    def of(self, visitor: str, *, partner_id: str) -> str:
        """Return the visitor id of a partner's visitor: the same one each time, another one for another partner."""
        digest = hmac.new(self._secret.encode(), f"{partner_id}:{visitor}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()[:_VISITOR_ID_CHARS]


def _derived(secret: str, purpose: str) -> str:
    """Return another secret for one purpose, so that one leaked secret does not give the other."""
    return hmac.new(secret.encode(), f"derive:{purpose}".encode(), hashlib.sha256).hexdigest()
