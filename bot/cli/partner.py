"""``lupus-bot partner``: the portals that embed the chat or call the HTTP API, from the machine that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.partner_shown import end_of, print_figures, print_next, print_partner, print_partners
from bot.errors import BotError
from bot.settings import Settings, load

if TYPE_CHECKING:
    from bot.db.partner_values import Partner
    from bot.db.staff import By
    from bot.db.stores import Stores

Echo = Callable[[str], None]
_MODES = ("none", "optional", "required")
_KINDS = ("api", "identity")
_MAX_GRACE_HOURS = 24 * 90
# Options whose name is not the field's own.
_OPTIONS = {
    "id": "ID", "origins": "--origin", "languages": "--language", "emergency_numbers": "--emergency-number",
}  # fmt: skip


def _one_of(*known: str) -> Callable[[str | None], str | None]:
    """Make what checks a word; the values' own type stands in the database's library, which help does without."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in known:
            raise typer.BadParameter(f"{value!r} is not one of {', '.join(known)}")
        return value

    return check


IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The partner's id, such as st-mary.")]
Name = Annotated[str | None, typer.Option("--name", help="The partner's name, as patients see it.")]
Origins = Annotated[
    list[str] | None, typer.Option("--origin", help="Page that may embed the chat: https://HOST. Repeatable.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", help="Language offered; the first is the usual one. Repeatable.")
]
Region = Annotated[str | None, typer.Option("--region", help="Country code for emergency numbers, such as GB.")]
Colour = Annotated[str | None, typer.Option("--colour", help="Of links and buttons, such as #4b3f92.")]
Numbers = Annotated[
    list[str] | None, typer.Option("--emergency-number", help="To dial instead of the region's. Repeatable.")
]
CarTLine = Annotated[str | None, typer.Option("--car-t-line", help="24-hour number of the treating centre.")]
SupportHours = Annotated[str | None, typer.Option("--support-hours", help="When people answer, in words.")]
SupportSchedule = Annotated[
    str | None, typer.Option("--support-schedule", help="When people answer: “Mon-Fri 09:00-17:00; Sat 10:00-12:00”.")
]
SupportTimezone = Annotated[str | None, typer.Option("--support-timezone", help="Of the schedule: Europe/Berlin.")]
NotifyTo = Annotated[
    list[str] | None, typer.Option("--notify-to", help="Address told of requests for a person. Repeatable.")
]
MessagesPerDay = Annotated[int | None, typer.Option("--messages-per-day", help="Of all visitors, in a day (UTC).")]
MessagesPerVisitor = Annotated[int | None, typer.Option("--messages-per-visitor", help="Of one visitor, in a day.")]
Identity = Annotated[
    str | None,
    typer.Option(
        "--identity",
        metavar="|".join(_MODES),
        help="Whether the partner's server signs who writes.",
        callback=_one_of(*_MODES),
    ),
]
LogoFile = Annotated[str | None, typer.Option("--logo", help="PNG or JPEG file of at most 100 kB.")]

partner_app = typer.Typer(no_args_is_help=True, help="Manage the portals that embed the chat or call its API.")


class PartnerCommandError(BotError):
    """A partner cannot be made or changed so; the detail names the option."""

    code = "partner_command"


@partner_app.command()
def add(  # noqa: PLR0913, PLR0917  # a command's arguments are its options
    ctx: typer.Context,
    partner_id: IdArgument,
    name: Annotated[str, typer.Option("--name", help="The partner's name, as patients see it.")],
    origin: Origins = None,
    language: Languages = None,
    region: Region = None,
    colour: Colour = None,
    emergency_number: Numbers = None,
    car_t_line: CarTLine = None,
    support_hours: SupportHours = None,
    support_schedule: SupportSchedule = None,
    support_timezone: SupportTimezone = None,
    notify_to: NotifyTo = None,
    messages_per_day: MessagesPerDay = None,
    messages_per_visitor: MessagesPerVisitor = None,
    identity: Identity = None,
    logo: LogoFile = None,
) -> None:
    """Add a partner, and print the tag that it puts into its pages."""
    settings = load()
    write_partner(settings, dict(ctx.params), is_new=True, now=_now(), echo=typer.echo)


@partner_app.command("set")
def set_(  # noqa: PLR0913, PLR0917  # a command's arguments are its options
    ctx: typer.Context,
    partner_id: IdArgument,
    name: Name = None,
    origin: Origins = None,
    language: Languages = None,
    region: Region = None,
    colour: Colour = None,
    emergency_number: Numbers = None,
    car_t_line: CarTLine = None,
    support_hours: SupportHours = None,
    support_schedule: SupportSchedule = None,
    support_timezone: SupportTimezone = None,
    notify_to: NotifyTo = None,
    messages_per_day: MessagesPerDay = None,
    messages_per_visitor: MessagesPerVisitor = None,
    identity: Identity = None,
    logo: LogoFile = None,
) -> None:
    """Change what is given and leave the rest; an empty value, such as --colour "", takes it away."""
    settings = load()
    write_partner(settings, dict(ctx.params), is_new=False, now=_now(), echo=typer.echo)


@partner_app.command("list")
def list_() -> None:
    """List all partners: id, state, origins, identity, messages today, name."""
    print_partners(_stores(load()), now=_now(), echo=typer.echo)


@partner_app.command()
def show(partner_id: IdArgument) -> None:
    """Show all of a partner: its fields, keys without their secrets, tag, and what was turned away."""
    settings = load()
    print_partner(_stores(settings), partner_id, address=_address(settings), now=_now(), echo=typer.echo)


@partner_app.command()
def rotate(
    partner_id: IdArgument,
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="|".join(_KINDS),
            help="What the key is for: the HTTP API, or signing user ids.",
            callback=_one_of(*_KINDS),
        ),
    ],
    grace_hours: Annotated[
        int,
        typer.Option("--grace-hours", min=0, max=_MAX_GRACE_HOURS, help="How long the older keys go on working."),
    ] = 24,
) -> None:
    """Make a new key and print its secret, once; the older ones of its kind end after the grace."""
    settings = load()
    grace = timedelta(hours=grace_hours)
    print_new_key(settings, partner_id, kind=kind, grace=grace, now=_now(), echo=typer.echo)


@partner_app.command()
def revoke(
    partner_id: IdArgument,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Id of the key, as 'show' prints it.")],
) -> None:
    """End a key now."""
    _stores(load()).partners.revoke(partner_id=partner_id, key_id=key, by=_by(), now=_now())
    typer.echo(f"The key {key} of {partner_id} has ended.")


@partner_app.command()
def disable(partner_id: IdArgument) -> None:
    """Switch a partner off: its pages and keys stop working within seconds; nothing is lost."""
    _stores(load()).partners.set_active(partner_id=partner_id, is_active=False, by=_by(), now=_now())
    typer.echo(f"{partner_id} is switched off; 'lupus-bot partner enable {partner_id}' switches it on again.")


@partner_app.command()
def enable(partner_id: IdArgument) -> None:
    """Switch a partner on again, with the keys it had."""
    _stores(load()).partners.set_active(partner_id=partner_id, is_active=True, by=_by(), now=_now())
    typer.echo(f"{partner_id} is switched on.")


@partner_app.command()
def figures(
    partner_id: IdArgument,
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="How many days, today's among them.")] = 30,
    csv: Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write CSV there; - prints it.")] = None,
) -> None:
    """Count what happened on a partner's pages, day by day (UTC); nobody's words are in it."""
    print_figures(_stores(load()), partner_id, days=days, csv=csv, now=_now(), echo=typer.echo)


def write_partner(settings: Settings, given: dict[str, Any], *, is_new: bool, now: datetime, echo: Echo) -> None:
    """Add or change a partner and its logo, and say what comes next.

    Args:
        given: The options by their names; None: not given.

    Raises:
        PartnerCommandError: An option cannot be taken.
        PartnerTakenError: There is a partner of this id.
        NotFoundError: There is none of this id.
    """
    from dataclasses import replace

    from bot.conversation.partner_rules import PartnerError, checked_logo
    from bot.db.partners import blank_partner

    stores, partner_id = _stores(settings), given["partner_id"]
    if is_new:
        before = blank_partner(partner_id=partner_id, name=given["name"], now=now)
    else:
        before = stores.partners.get(partner_id=partner_id)
    try:
        partner = _checked(settings, replace(before, **_changes(given)))
        logo = None if not given["logo"] else checked_logo(Path(given["logo"]).read_bytes())
    except PartnerError as error:
        option = _OPTIONS.get(error.field, f"--{error.field.replace('_', '-')}")
        raise PartnerCommandError(f"{option}: {error.detail}") from error
    if is_new:
        stores.partners.add(partner, by=_by(), now=now)
    else:
        stores.partners.save(partner, by=_by(), now=now, seen=before)
    if given["logo"] is not None:
        stores.partners.set_logo(partner_id=partner_id, logo=logo, by=_by(), now=now)
    echo(f"{partner_id} is {'added' if is_new else 'changed'}.")
    print_next(partner, address=_address(settings), is_new=is_new, echo=echo)


def print_new_key(
    settings: Settings, partner_id: str, *, kind: str, grace: timedelta, now: datetime, echo: Echo
) -> None:
    """Make a key and print its secret; it can be printed only now.

    Raises:
        NotFoundError: There is no such partner.
    """
    from bot.bootstrap import visitor_secret
    from bot.conversation.identity import identity_secret
    from bot.db.partner_values import KeyKind

    store = _stores(settings).partners
    key_kind, master = KeyKind(kind), visitor_secret(settings)
    key, shown = store.rotate(partner_id=partner_id, kind=key_kind, grace=grace, by=_by(), now=now)
    secret = shown or identity_secret(master=master, partner_id=partner_id, key_id=key.id)
    echo(f"The new {kind} key {key.id} of {partner_id}; it is shown once, so hand it on now:")
    echo(secret)
    for older in store.keys(partner_id=partner_id):
        if older.id != key.id and older.kind is key_kind and older.expires_at and older.expires_at >= now:
            echo(f"The older key {older.id} {end_of(older, now)}.")


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that the options change, by the fields' names."""
    from bot.db.partner_values import IdentityMode

    lists = {
        "origins": given["origin"],
        "languages": given["language"],
        "emergency_numbers": given["emergency_number"],
        "notify_to": given["notify_to"],
    }
    words = ("name", "colour", "region", "car_t_line", "support_hours", "support_schedule", "support_timezone")
    plain = {name: given[name] for name in (*words, "messages_per_day", "messages_per_visitor")}
    mode = None if given["identity"] is None else IdentityMode(given["identity"])
    # A list that was not given is empty; one that is taken away holds an empty text.
    found = {name: _kept(value) if value else None for name, value in lists.items()}
    return {name: value for name, value in (found | plain | {"identity": mode}).items() if value is not None}


def _kept(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(value for value in values if value.strip())


def _checked(settings: Settings, partner: Partner) -> Partner:
    from bot.bootstrap import load_texts
    from bot.conversation.partner_rules import checked_partner, spoken_languages

    return checked_partner(
        partner,
        regions=load_texts(settings).regions,
        languages=spoken_languages(settings.prompts_dir),
        is_production=settings.environment == "production",
    )


def _stores(settings: Settings) -> Stores:
    from bot.bootstrap import make_stores

    return make_stores(settings)


def _address(settings: Settings) -> str:
    from bot.bootstrap import site_url

    return site_url(settings)


def _now() -> datetime:
    return datetime.now(UTC)


def _by() -> By:
    """Name who makes the change; which person runs a command is the operating system's to know."""
    from bot.db.staff import By

    return By(name="command line")
