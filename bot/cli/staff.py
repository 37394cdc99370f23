"""``lupus-bot staff``: who may sign in to the console, from the machine that runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.domain import Role
from bot.errors import BotError
from bot.settings import Settings, load

if TYPE_CHECKING:
    from bot.db.staff import By, StaffMember, StaffStore

Echo = Callable[[str], None]
NameArgument = Annotated[str, typer.Argument(help="What they sign in with.")]

staff_app = typer.Typer(no_args_is_help=True, help="Manage who may sign in to the staff console.")


class StaffError(BotError):
    """An account cannot be made or found; the detail says why."""

    code = "staff"


@staff_app.command()
def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option("--role", help="What they may do; each role may do all of the ones before.")],
    display_name: Annotated[
        str | None, typer.Option("--display-name", help="Name that patients see; default: NAME with a capital.")
    ] = None,
    email: Annotated[str | None, typer.Option("--email", help="Address, for signing in with OpenID Connect.")] = None,
) -> None:
    """Add somebody, and print the link with which they choose a password."""
    settings = load()
    add_person(
        _store(settings),
        name=name,
        display_name=display_name or name.capitalize(),
        email=email,
        role=role,
        address=_address(settings),
        now=_now(),
        echo=typer.echo,
    )


@staff_app.command("list")
def list_() -> None:
    """List all staff."""
    print_people(_store(load()).everyone(), now=_now(), echo=typer.echo)


@staff_app.command()
def role(name: NameArgument, new_role: Annotated[Role, typer.Argument(metavar="ROLE", help="The new role.")]) -> None:
    """Give somebody another role; they are signed out."""
    store = _store(load())
    store.set_role(staff_id=_found(store, name).id, role=new_role, by=_by(), now=_now())
    typer.echo(f"{name} has the role {new_role} now.")


@staff_app.command()
def disable(name: NameArgument) -> None:
    """Switch somebody off: they are signed out at once; what they wrote stays."""
    store = _store(load())
    store.disable(staff_id=_found(store, name).id, by=_by(), now=_now())
    typer.echo(f"{name} is switched off.")


@staff_app.command()
def enable(name: NameArgument) -> None:
    """Switch somebody on again, with the password they had."""
    store = _store(load())
    store.enable(staff_id=_found(store, name).id, by=_by(), now=_now())
    typer.echo(f"{name} may sign in again.")


@staff_app.command()
def invite(name: NameArgument) -> None:
    """Print a new link for somebody whose link or password is lost; choosing a password also ends a lock."""
    settings = load()
    store = _store(settings)
    member = _found(store, name)
    if not member.is_active:
        raise StaffError(f"{member.name} is switched off; 'lupus-bot staff enable {member.name}' comes first.")
    token = store.invite(staff_id=member.id, by=_by(), now=_now())
    print_link(token, member=member, address=_address(settings), echo=typer.echo)


def add_person(
    store: StaffStore,
    *,
    name: str,
    display_name: str,
    email: str | None,
    role: Role,
    address: str,
    now: datetime,
    echo: Echo,
) -> None:
    """Add somebody and print their link.

    Raises:
        StaffError: A name, address or role cannot be taken.
        NameTakenError: The name is in use.
    """
    from bot.web.staff.particulars import problem_with

    problem = problem_with(name=name.lower(), display_name=display_name, email=email or "", role=role)
    if problem is not None:
        raise StaffError(f"{problem[0].replace('_', ' ').capitalize()}: {problem[1]}")
    member, token = store.add(name=name, display_name=display_name, email=email, role=role, by=_by(), now=now)
    print_link(token, member=member, address=address, echo=echo)


def print_link(token: str, *, member: StaffMember, address: str, echo: Echo) -> None:
    """Print a one-time link; it can be printed only now."""
    echo(f"{member.name} ({member.role}) chooses a password here, once and within 24 hours:")
    echo(f"{address}/staff/invite/{token}")


def print_people(people: list[StaffMember], *, now: datetime, echo: Echo) -> None:
    """Print one line for each member of staff."""
    if not people:
        echo("No staff yet; add the first with 'lupus-bot staff add NAME --role admin'.")
    width = max((len(person.name) for person in people), default=0)
    for person in people:
        seen = f"seen {person.seen_at:%Y-%m-%d}" if person.seen_at else "never seen"
        echo(f"{person.name:{width}}  {person.role:8}  {_state(person, now):12}  {seen}  {person.display_name}")


def _state(person: StaffMember, now: datetime) -> str:
    if not person.is_active:
        return "switched off"
    if person.locked_until is not None and person.locked_until > now:
        return "locked"
    return "active" if person.has_password or person.subject else "invited"


def _found(store: StaffStore, name: str) -> StaffMember:
    member = store.find(name=name)
    if member is None:
        raise StaffError(f"Nobody signs in as {name}; 'lupus-bot staff list' shows all names.")
    return member


def _store(settings: Settings) -> StaffStore:
    from bot.bootstrap import make_stores

    return make_stores(settings).staff


def _address(settings: Settings) -> str:
    if settings.public_url is not None:
        from bot.web.guard import origin_of

        return origin_of(settings.public_url) or ""
    return f"http://{'localhost' if settings.host in _ANY else settings.host}:{settings.port}"


_ANY = ("0.0.0.0", "::")  # noqa: S104  # compared, not bound


def _now() -> datetime:
    return datetime.now(UTC)


def _by() -> By:
    """Name who makes the change; which person runs a command is the operating system's to know."""
    # Imported late: help and completion do without the database's library.
    from bot.db.staff import By

    return By(name="command line")
