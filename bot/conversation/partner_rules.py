"""What a partner may be: every field checked once, wherever it was typed."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.conversation.hours import Hours
from bot.db.partner_values import Logo, Partner
from bot.errors import BotError, SettingsError

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ADDRESS = re.compile(r"[^@\s,<>]{1,64}@[^@\s,<>]{1,190}")
_NUMBER = re.compile(r"\+?[0-9][0-9 ()/-]{1,23}")
_MOST_ORIGINS = 20
_MOST_LISTED = 5
_MOST_NAME_CHARS = 80
_MOST_WORDS_CHARS = 200
_MOST_MESSAGES = 10_000_000
_MOST_LOGO_BYTES = 100_000
_RESERVED_IDS = frozenset({"widget", "static", "api", "admin", "none"})
# WCAG 2.2, 1.4.3: text at least 4.5 to 1. The colour is that of links on both grounds of the light scheme, and the
# ground of white words on buttons.
_MIN_CONTRAST = 4.5
_GROUNDS = ("#ffffff", "#fbfaf8")
_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class PartnerError(BotError):
    """A field of a partner cannot be taken.

    Args:
        detail: What is wrong and what to write.
        field: Name of the field of `Partner`.
    """

    code = "partner"

    def __init__(self, detail: str, *, field: str) -> None:
        super().__init__(detail)
        self.field = field


def checked_partner(
    partner: Partner, *, regions: Collection[str], languages: Collection[str], is_production: bool
) -> Partner:
    """Return the partner with its fields in their usual spelling.

    Args:
        regions: Country codes whose emergency numbers are known.
        languages: Languages that the guide speaks.
        is_production: Pages without HTTPS are refused, those of this machine as well.

    Raises:
        PartnerError: A field cannot be taken.
    """
    return replace(
        partner,
        id=_checked_id(partner.id),
        name=_words(partner.name, field="name", most=_MOST_NAME_CHARS, is_needed=True),
        origins=_origins(partner.origins, is_production=is_production),
        languages=_languages(partner.languages, known=languages),
        colour=_colour(partner.colour),
        region=_region(partner.region, known=regions),
        emergency_numbers=_numbers(partner.emergency_numbers, field="emergency_numbers"),
        car_t_line=(_numbers((partner.car_t_line,), field="car_t_line")[0] if partner.car_t_line else None),
        support_hours=_words(partner.support_hours or "", field="support_hours", most=_MOST_WORDS_CHARS) or None,
        support_schedule=_schedule(partner),
        notify_to=_addresses(partner.notify_to),
        messages_per_day=_amount(partner.messages_per_day, field="messages_per_day"),
        messages_per_visitor=_amount(partner.messages_per_visitor, field="messages_per_visitor"),
    )


def checked_logo(content: bytes) -> Logo:
    """Return a picture that may be served: PNG or JPEG, small; never SVG, which can hold scripts.

    Raises:
        PartnerError: It is none.
    """
    media_type = next((name for begin, name in _PICTURES.items() if content.startswith(begin)), None)
    if media_type is None:
        raise PartnerError("The logo must be a PNG or JPEG file.", field="logo")
    if len(content) > _MOST_LOGO_BYTES:
        raise PartnerError(f"The logo has more than {_MOST_LOGO_BYTES // 1000} kB; make it smaller.", field="logo")
    return Logo(content, media_type)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as ``#4b3f92``, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _checked_id(value: str) -> str:
    if not _ID.fullmatch(value) or value in _RESERVED_IDS:
        raise PartnerError(
            "The id must be 1 to 40 small letters, digits and hyphens, such as st-mary, and no word that addresses "
            "use already.",
            field="id",
        )
    return value


def _words(value: str, *, field: str, most: int, is_needed: bool = False) -> str:
    value = " ".join(value.split())
    if is_needed and not value:
        raise PartnerError("The name is missing.", field=field)
    if len(value) > most:
        raise PartnerError(f"More than {most} characters; shorten it.", field=field)
    return value


def _origins(values: tuple[str, ...], *, is_production: bool) -> tuple[str, ...]:
    if len(values) > _MOST_ORIGINS:
        raise PartnerError(f"More than {_MOST_ORIGINS} origins.", field="origins")
    return tuple(dict.fromkeys(_origin(value, is_production=is_production) for value in values))


def _origin(value: str, *, is_production: bool) -> str:
    """Return one exact origin, as a browser writes it."""
    value = value.strip().lower()
    wrong = PartnerError(
        f"{value!r} is no exact origin. Write scheme and host, such as https://portal.example.org, without a path or "
        "a wildcard; foreign letters in the browser's spelling (xn--…).",
        field="origins",
    )
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or value != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise wrong
    if not _is_host(host):
        raise wrong
    is_local = host == "localhost" or host.endswith(".localhost") or _is_loopback(host)
    if parts.scheme == "http" and (is_production or not is_local):
        raise PartnerError(f"{value} is not encrypted; the origin must begin with https://.", field="origins")
    shown = f"[{host}]" if ":" in host else host
    is_usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if is_usual else f":{port}")


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return len(host) <= 253 and _HOST.fullmatch(host) is not None
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _languages(values: tuple[str, ...], *, known: Collection[str]) -> tuple[str, ...]:
    if not values:
        raise PartnerError("Name at least one language.", field="languages")
    for value in values:
        if value not in known:
            raise PartnerError(
                f"The guide does not speak {value!r}; it speaks {', '.join(sorted(known))}.", field="languages"
            )
    return tuple(dict.fromkeys(values))


def _colour(value: str | None) -> str | None:
    if not value:
        return None
    value = value.strip().lower()
    if not _COLOUR.fullmatch(value):
        raise PartnerError(f"{value!r} is no colour; write one such as #4b3f92.", field="colour")
    worst = min(contrast(value, ground) for ground in _GROUNDS)
    if worst < _MIN_CONTRAST:
        raise PartnerError(
            f"{value} is too pale to read: its contrast on white is {worst:.1f} to 1, and {_MIN_CONTRAST} is needed. "
            "Choose a darker shade.",
            field="colour",
        )
    return value


def _region(value: str | None, *, known: Collection[str]) -> str | None:
    if not value:
        return None
    value = value.strip().upper()
    if value not in known:
        raise PartnerError(
            f"No emergency numbers are known for {value!r}; known: {', '.join(sorted(known))}.", field="region"
        )
    return value


def _numbers(values: tuple[str, ...], *, field: str) -> tuple[str, ...]:
    kept = [" ".join(value.split()) for value in values]
    for value in kept:
        if not _NUMBER.fullmatch(value):
            raise PartnerError(f"{value!r} is no telephone number; write one such as +44 20 7946 0000.", field=field)
    return _listed(kept, field=field)


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    kept = [value.strip() for value in values]
    for value in kept:
        if not _ADDRESS.fullmatch(value):
            raise PartnerError(f"{value!r} is no e-mail address.", field="notify_to")
    return _listed(kept, field="notify_to")


def _listed(values: list[str], *, field: str) -> tuple[str, ...]:
    if len(values) > _MOST_LISTED:
        raise PartnerError(f"More than {_MOST_LISTED} of them.", field=field)
    return tuple(dict.fromkeys(values))


def _schedule(partner: Partner) -> str | None:
    schedule = " ".join((partner.support_schedule or "").split()) or None
    try:
        Hours(schedule=schedule, timezone=partner.support_timezone)
    except SettingsError as error:
        field = "support_timezone" if error.detail.startswith("BOT_SUPPORT_TIMEZONE") else "support_schedule"
        raise PartnerError(error.detail.partition(": ")[2], field=field) from error
    return schedule


def _amount(value: int, *, field: str) -> int:
    if not 1 <= value <= _MOST_MESSAGES:
        raise PartnerError(f"A number from 1 to {_MOST_MESSAGES:,} is needed.", field=field)
    return value


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
