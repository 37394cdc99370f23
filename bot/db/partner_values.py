"""Partners: portals that embed the chat or call the HTTP API, and what is allowed to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class IdentityMode(StrEnum):
    """Whether a partner's server says who writes, by a signed user id."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class KeyKind(StrEnum):
    """What a partner's key is for: calling the HTTP API, or signing user ids."""

    API = "api"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """One partner; `bot.conversation.partner_rules` checks the fields.

    Attributes:
        id: Short and readable, such as ``st-mary``; it stands in the tag and in addresses.
        origins: Exact origins of the pages that may embed the chat, such as ``https://portal.example.org``.
        languages: Languages offered, the first one where a page asks for another.
        colour: Of links and buttons in the embedded chat, such as ``#4b3f92``; None: the guide's own.
        region: Country code for emergency numbers; None: the settings' own.
        emergency_numbers: To dial instead of the region's.
        car_t_line: 24-hour telephone number of the treating centre; None: the settings' own.
        support_hours: When people answer, in words.
        support_schedule: When people answer, for the desk to count with; None and no words: the settings' own.
        notify_to: Addresses told of this partner's requests for a person; empty: the settings' own.
        messages_per_day: Messages of all the partner's visitors in a day, UTC.
        messages_per_visitor: Messages of one visitor in a day.
        identity: Whether the partner's server signs who writes.
    """

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    origins: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    colour: str | None = None
    region: str | None = None
    emergency_numbers: tuple[str, ...] = ()
    car_t_line: str | None = None
    support_hours: str | None = None
    support_schedule: str | None = None
    support_timezone: str = "UTC"
    notify_to: tuple[str, ...] = ()
    messages_per_day: int = 5000
    messages_per_visitor: int = 200
    identity: IdentityMode = IdentityMode.NONE
    is_active: bool = True
    has_logo: bool = False


@dataclass(frozen=True, slots=True)
class Logo:
    """A partner's picture, as it is served."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """What is known of a key; its secret is shown once, when it is made.

    Attributes:
        id: Stands in an API key, and as ``kid`` in a signed user id.
        expires_at: When it stops working; None: not set.
        used_at: When an API key was last used, to the minute.
    """

    id: str
    partner_id: str
    kind: KeyKind
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Tell whether the key works now."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Refused:
    """Pages or tickets that were turned away, counted.

    Attributes:
        origin: Where the page was, cut to a bound; empty: not told.
        reason: Fixed code, such as ``origin_not_listed``.
    """

    origin: str
    reason: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class PartnerDay:
    """What a partner's pages did in a day, UTC: how often the chat was opened, messages, and tries turned away."""

    on: date
    opens: int = 0
    messages: int = 0
    refused: int = 0
