"""What a partner may be: every field checked once, wherever it was typed."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bot.conversation.hours import Hours
from bot.db.partner_values import Logo, Partner
from bot.errors import BotError, SettingsError

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
# Browsers read a host that ends so as an IPv4 address, and write it anew.
_NUMERIC_END = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_ADDRESS = re.compile(r"[^@\s,;<>\"\x00-\x1f\x7f]{1,64}@[^@\s,;<>\"\x00-\x1f\x7f]{1,190}")
_NUMBER = re.compile(r"\+?\(?[0-9][0-9 ()/.-]{1,23}")
_MOST_ORIGINS = 20
_MOST_LISTED = 5
_MOST_NAME_CHARS = 80
_MOST_WORDS_CHARS = 200
# Of what is repeated in a message: whoever typed it knows it by its beginning.
_MOST_SHOWN_CHARS = 80
_MOST_MESSAGES = 10_000_000
_MOST_LOGO_BYTES = 100_000
# Signs that let the words around them run the other way, and so say something else than they hold.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_RESERVED_IDS = frozenset({"widget", "static", "api", "admin", "none"})
# WCAG 2.2, 1.4.3: text at least 4.5 to 1. The colour is that of links on both grounds of the light scheme, and the
# ground of white words on buttons.
_MIN_CONTRAST = 4.5
_GROUNDS = ("#ffffff", "#fbfaf8")
_TEXT_FILES = ("replies", "chat")
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
        car_t_line=_line(partner.car_t_line),
        support_hours=_words(partner.support_hours or "", field="support_hours", most=_MOST_WORDS_CHARS) or None,
        support_schedule=_schedule(partner),
        support_timezone=_timezone(partner),
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


def spoken_languages(prompts_dir: Path) -> tuple[str, ...]:
    """Return the codes of the languages that a prompts folder has both replies and the chat's own words for."""
    replies, chat = ({path.name.split(".")[1] for path in prompts_dir.glob(f"{name}.*.yaml")} for name in _TEXT_FILES)
    return tuple(sorted(replies & chat))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as ``#4b3f92``, 1 to 21, as WCAG 2.2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def contrast_on_white(colour: str) -> float:
    """Return a colour's contrast with the chat's light grounds, 1 to 21: the lower one."""
    return min(contrast(colour, ground) for ground in _GROUNDS)


def ratio_in_words(value: float) -> str:
    """Write a contrast such as ``4.49 to 1``, cut and never rounded up to what is needed."""
    return f"{math.floor(value * 100) / 100:g} to 1"


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
    if any(unicodedata.category(sign) in ("Cc", "Cs") or sign in _TURNING for sign in value):
        raise PartnerError("Only letters, digits and signs that can be seen are taken.", field=field)
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
        f"{_shown(value)} is no exact origin. Write scheme and host, such as https://portal.example.org, without a "
        "path or a wildcard; foreign letters in the browser's spelling (xn--…).",
        field="origins",
    )
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise wrong from error
    if parts.scheme not in ("http", "https") or value != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise wrong
    address = _address_of(parts.hostname or "")
    if (address is None and not _is_host(parts.hostname or "")) or port == 0:
        raise wrong
    # A browser writes an IPv6 address in its shortest form.
    host = str(address or parts.hostname)
    is_local = host == "localhost" or host.endswith(".localhost") or (address is not None and address.is_loopback)
    if parts.scheme == "http" and (is_production or not is_local):
        raise PartnerError(f"{_shown(value)} is not encrypted; the origin must begin with https://.", field="origins")
    shown = f"[{host}]" if ":" in host else host
    is_usual = port is None or port == {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if is_usual else f":{port}")


def _address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a host is; None: it is a name, or an address that no browser takes or writes so."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    is_odd = isinstance(address, IPv6Address) and (address.scope_id is not None or address.ipv4_mapped is not None)
    return None if is_odd else address


def _is_host(host: str) -> bool:
    is_name = len(host) <= 253 and _HOST.fullmatch(host) is not None
    return is_name and _NUMERIC_END.fullmatch(host.rpartition(".")[2]) is None


def _languages(values: tuple[str, ...], *, known: Collection[str]) -> tuple[str, ...]:
    if not values:
        raise PartnerError("Name at least one language.", field="languages")
    for value in values:
        if value not in known:
            raise PartnerError(
                f"The guide does not speak {_shown(value)}; it speaks {', '.join(sorted(known))}.", field="languages"
            )
    return tuple(dict.fromkeys(values))


def _colour(value: str | None) -> str | None:
    value = (value or "").strip().lower()
    if not value:
        return None
    if not _COLOUR.fullmatch(value):
        raise PartnerError(f"{_shown(value)} is no colour; write one such as #4b3f92.", field="colour")
    worst = contrast_on_white(value)
    if worst < _MIN_CONTRAST:
        raise PartnerError(
            f"{value} is too pale to read: its contrast on the chat's white is {ratio_in_words(worst)}, and "
            f"{_MIN_CONTRAST} to 1 is needed. Choose a darker shade.",
            field="colour",
        )
    return value


def _region(value: str | None, *, known: Collection[str]) -> str | None:
    value = (value or "").strip().upper()
    if not value:
        return None
    if value not in known:
        raise PartnerError(
            f"No emergency numbers are known for {_shown(value)}; known: {', '.join(sorted(known))}.", field="region"
        )
    return value


def _numbers(values: tuple[str, ...], *, field: str) -> tuple[str, ...]:
    kept = [" ".join(value.split()) for value in values]
    for value in kept:
        if not _NUMBER.fullmatch(value):
            raise PartnerError(
                f"{_shown(value)} is no telephone number; write one such as +44 20 7946 0000.", field=field
            )
    return _listed(kept, field=field)


def _line(value: str | None) -> str | None:
    kept = (value or "").strip()
    return _numbers((kept,), field="car_t_line")[0] if kept else None


def _addresses(values: tuple[str, ...]) -> tuple[str, ...]:
    kept = [value.strip() for value in values]
    for value in kept:
        if not _ADDRESS.fullmatch(value):
            raise PartnerError(
                f"{_shown(value)} is no e-mail address; write one such as desk@example.org.", field="notify_to"
            )
    return _listed(kept, field="notify_to")


def _listed(values: list[str], *, field: str) -> tuple[str, ...]:
    if len(values) > _MOST_LISTED:
        raise PartnerError(f"More than {_MOST_LISTED} of them.", field=field)
    return tuple(dict.fromkeys(values))


def _schedule(partner: Partner) -> str | None:
    schedule = _words(partner.support_schedule or "", field="support_schedule", most=_MOST_WORDS_CHARS) or None
    try:
        Hours(schedule=schedule)
    except SettingsError as error:
        raise PartnerError(error.detail.partition(": ")[2], field="support_schedule") from error
    return schedule


def _timezone(partner: Partner) -> str:
    timezone = partner.support_timezone.strip() or "UTC"
    try:
        Hours(timezone=timezone)
    except SettingsError as error:
        raise PartnerError(
            f"{_shown(timezone)} is no time zone this machine knows; write one such as Europe/Berlin.",
            field="support_timezone",
        ) from error
    return timezone


def _amount(value: int, *, field: str) -> int:
    if not 1 <= value <= _MOST_MESSAGES:
        raise PartnerError(f"A number from 1 to {_MOST_MESSAGES:,} is needed.", field=field)
    return value


def _shown(value: str) -> str:
    return repr(value if len(value) <= _MOST_SHOWN_CHARS else f"{value[:_MOST_SHOWN_CHARS]}…")


def _luminance(colour: str) -> float:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
