"""Moments, spans of time and codes, as staff read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S
# Codes that their own words do not say well.
_PHRASES = {"asked_for_person": "Asked for a person"}


def moment(value: datetime | None) -> Markup:
    """Write a moment as a ``time`` element in UTC; the console's script turns it into the reader's own time."""
    if value is None:
        return Markup("–")
    utc = value.astimezone(UTC)
    shown = f"{utc.day} {utc:%b %Y, %H:%M} UTC"
    return Markup('<time class="moment" datetime="{}">{}</time>').format(f"{utc:%Y-%m-%dT%H:%M:%SZ}", shown)


def span(value: timedelta | float) -> str:
    """Write a span of time in its two largest units: "45 s", "3 min", "2 h 5 min", "3 d 4 h"."""
    seconds = max(0, int(value.total_seconds() if isinstance(value, timedelta) else value))
    if seconds < _MINUTE_S:
        return f"{seconds} s"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min"
    if seconds < _DAY_S:
        return _two(seconds // _HOUR_S, "h", seconds % _HOUR_S // _MINUTE_S, "min")
    return _two(seconds // _DAY_S, "d", seconds % _DAY_S // _HOUR_S, "h")


def in_words(code: str) -> str:
    """Write a code such as ``asked_for_person`` or ``staff.signed_in`` as words."""
    if code in _PHRASES:
        return _PHRASES[code]
    words = code.replace("_", " ").replace(".", ": ", 1)
    return words[:1].upper() + words[1:]


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit} {small} {small_unit}" if small else f"{large} {large_unit}"
