"""A partner as a form holds it: text in every field, and back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.conversation.partner_rules import PartnerError
from bot.db.partner_values import IdentityMode, Partner

# Written one a line.
_LISTS = ("origins", "emergency_numbers", "notify_to")
_OPTIONAL = ("colour", "region", "car_t_line", "support_hours", "support_schedule")
_NUMBERS = ("messages_per_day", "messages_per_visitor")
_VERSION_CHARS = 16
_DIGITS = re.compile(r"[0-9]{1,9}")


def form_of(partner: Partner) -> dict[str, str]:
    """Return what stands in the form of a partner, by the fields' names."""
    return {
        **{name: getattr(partner, name) or "" for name in ("name", "support_timezone", *_OPTIONAL)},
        **{name: "\n".join(getattr(partner, name)) for name in _LISTS},
        **{name: str(getattr(partner, name)) for name in _NUMBERS},
        "languages": ", ".join(partner.languages),
        "identity": partner.identity.value,
    }


def version_of(partner: Partner) -> str:
    """Return a mark of what a partner's form shows; another one when somebody has changed it."""
    shown = json.dumps(form_of(partner), sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()[:_VERSION_CHARS]


def differences(partner: Partner, saved: Partner) -> dict[str, str]:
    """Say beside each field in which a filled in form differs from what is saved, what that is."""
    mine, theirs = form_of(partner), form_of(saved)
    return {
        name: f"Saved now: {', '.join(theirs[name].splitlines()) or 'nothing'}. Yours is written when you save again."
        for name in mine
        if mine[name] != theirs[name]
    }


def filled_in(partner: Partner, given: Mapping[str, str]) -> Partner:
    """Return the partner with the fields that a form gives; `bot.conversation.partner_rules` checks them afterwards.

    Raises:
        PartnerError: A number or a choice cannot be read.
    """
    text = {**form_of(partner), **given}
    fields: dict[str, Any] = {name: text[name].strip() or None for name in _OPTIONAL}
    fields |= {name: _lines(text[name]) for name in _LISTS}
    fields |= {name: _number(text[name], field=name) for name in _NUMBERS}
    return replace(
        partner,
        **fields,
        name=text["name"],
        support_timezone=text["support_timezone"],
        languages=tuple(text["languages"].replace(",", " ").split()),
        identity=_mode(text["identity"]),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _number(text: str, *, field: str) -> int:
    if not _DIGITS.fullmatch(text.strip()):
        raise PartnerError("Write a whole number, such as 5000.", field=field)
    return int(text.strip())


def _mode(text: str) -> IdentityMode:
    if text not in set(IdentityMode):
        raise PartnerError("Choose one of these.", field="identity")
    return IdentityMode(text)
