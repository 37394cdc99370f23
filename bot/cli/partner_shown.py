"""What ``lupus-bot partner`` prints of partners; secrets are not among it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.db.partner_values import Partner, PartnerKey
    from bot.db.stores import Stores

Echo = Callable[[str], None]


def print_partners(stores: Stores, *, now: datetime, echo: Echo) -> None:
    """Print one line for each partner."""
    from bot.conversation.partner_figures import messages_today

    partners = stores.partners.everyone()
    if not partners:
        echo("No partners yet; add the first with 'lupus-bot partner add ID --name NAME --origin https://HOST'.")
    width = max((len(partner.id) for partner in partners), default=0)
    for partner in partners:
        count = messages_today(stores.partner_counts, partner_id=partner.id, now=now)
        state = "active" if partner.is_active else "switched off"
        origins = f"{len(partner.origins)} origin{'' if len(partner.origins) == 1 else 's'}"
        today = f"{count} of {partner.messages_per_day} today"
        echo(f"{partner.id:{width}}  {state:12}  {origins:10}  identity {partner.identity:8}  {today}  {partner.name}")


def print_partner(stores: Stores, partner_id: str, *, address: str, now: datetime, echo: Echo) -> None:
    """Print all that is known of a partner.

    Raises:
        NotFoundError: There is none of this id.
    """
    from bot.conversation.partner_figures import messages_today

    partner = stores.partners.get(partner_id=partner_id)
    for name, value in _rows(partner):
        echo(f"{name:20}  {value}")
    count = messages_today(stores.partner_counts, partner_id=partner_id, now=now)
    echo(f"{'messages today':20}  {count} of {partner.messages_per_day}")
    echo("\nKeys:")
    for key in stores.partners.keys(partner_id=partner_id):
        used = "" if key.used_at is None else f", last used {_moment(key.used_at)}"
        echo(f"  {key.id}  {key.kind:8}  made {_moment(key.created_at)}, {end_of(key, now)}{used}")
    echo(f"  A new one: lupus-bot partner rotate {partner_id} --kind api")
    echo(f"\nTag for its pages:\n  {_tag(address, partner_id)}")
    refused = stores.partner_counts.refused(partner_id=partner_id)
    echo("\nTurned away:" if refused else "\nNothing was turned away.")
    for each in refused:
        # What a page calls itself is data: shown with its signs spelt out, so that no terminal obeys it.
        echo(f"  {each.times:6}  {each.reason}  {each.origin!a}  last {_moment(each.last_at)}")


def print_figures(stores: Stores, partner_id: str, *, days: int, csv: str | None, now: datetime, echo: Echo) -> None:
    """Print the days on which something happened, or write all as CSV.

    Raises:
        NotFoundError: There is no such partner.
    """
    from bot.conversation.partner_figures import csv_of, days_of

    stores.partners.get(partner_id=partner_id)
    found = days_of(partner_id=partner_id, days=days, now=now, figures=stores.figures, counts=stores.partner_counts)
    if csv == "-":
        # Bytes: a terminal's own encoding and ends of lines have no place in a file.
        sys.stdout.flush()
        sys.stdout.buffer.write(csv_of(found, partner_id=partner_id).encode())
        return
    if csv is not None:
        Path(csv).write_bytes(csv_of(found, partner_id=partner_id).encode())
        echo(f"{csv} holds {len(found)} days of {partner_id}.")
        return
    names = ("opens", "conversations", "questions", "handoffs", "helpful", "unhelpful", "refused")
    echo("day         " + "  ".join(names))
    shown = [day for day in found if any(getattr(day, name) for name in names)]
    for day in shown:
        echo(f"{day.on}  " + "  ".join(f"{getattr(day, name):{len(name)}}" for name in names))
    if not shown:
        echo("Nothing happened in these days.")


def print_next(partner: Partner, *, address: str, is_new: bool, echo: Echo) -> None:
    """Print what an operator does next for a partner."""
    if not partner.origins:
        echo(f"No page may embed it yet: lupus-bot partner set {partner.id} --origin https://HOST")
        return
    if is_new:
        echo("Its pages need this tag:")
        echo(_tag(address, partner.id))
    if partner.identity != "none":
        echo(f"Its server signs user ids with a key: lupus-bot partner rotate {partner.id} --kind identity")


def end_of(key: PartnerKey, now: datetime) -> str:
    """Tell whether a key works, and until when."""
    if key.expires_at is None:
        return "works"
    return f"{'ends' if key.is_valid(now) else 'ended'} {_moment(key.expires_at)}"


def _rows(partner: Partner) -> list[tuple[str, str]]:
    from dataclasses import fields

    left_out = ("is_active", "has_logo", "created_at", "updated_at")
    rows = [(field.name, getattr(partner, field.name)) for field in fields(partner) if field.name not in left_out]
    return [
        *((name.replace("_", " "), _told(value)) for name, value in rows),
        ("logo", "yes" if partner.has_logo else "none"),
        ("state", "active" if partner.is_active else "switched off"),
        ("added", _moment(partner.created_at)),
        ("changed", _moment(partner.updated_at)),
    ]


def _told(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)


def _moment(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC"


def _tag(address: str, partner_id: str) -> str:
    # Imported late: help and completion do without the web.
    from bot.web.widget.loader import tag

    return tag(origin=address, partner_id=partner_id)
