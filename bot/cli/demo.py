"""``lupus-bot demo``: a database of made-up talks, to try the staff console with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.cli.progress import step_progress
from bot.errors import BotError
from bot.settings import Settings, load

_PORTAL_PORT = 8090


class DemoError(BotError):
    """The database is not for playing."""

    code = "demo"


def demo(
    into_existing: Annotated[
        bool, typer.Option("--into-existing", help="Add the made-up talks to those that are there.")
    ] = False,
    partner: Annotated[
        bool, typer.Option("--partner", help="Serve a made-up portal with the guide in it, instead of adding talks.")
    ] = False,
    portal_port: Annotated[
        int, typer.Option("--portal-port", min=1, max=65535, help="Port of that portal.")
    ] = _PORTAL_PORT,
) -> None:
    """Fill the database with made-up talks and staff, so that the console can be tried; or show the widget at work."""
    from bot.bootstrap import make_desk, make_service, make_source, make_stores, site_url
    from bot.cli.demo_fill import DemoClock, Parts, add_staff, fill
    from bot.cli.demo_talks import load_demo

    if partner:
        _show_partner(portal_port)
        return
    # The guide's own sentences, whatever is set: nothing of this leaves the machine or costs anything.
    settings = load().model_copy(update={"llm": None, "tracing": False})
    _refuse_production(settings)
    stores = make_stores(settings, is_quiet=True)
    if not into_existing and stores.retention.has_conversations():
        raise DemoError(
            "The database has conversations already. Name a fresh one with BOT_DATA_DIR, or give --into-existing."
        )
    now = datetime.now(UTC)
    clock = DemoClock(now)
    source = make_source(settings)
    service = make_service(settings, source=source, stores=stores, limited=False, clock=clock)
    parts = Parts(service=service, desk=make_desk(settings, stores, clock=clock), stores=stores, clock=clock)
    told = load_demo()
    added = add_staff(parts, told)
    with step_progress() as progress:
        count = fill(parts, told, now=now, on_progress=lambda done, total: progress("holding talks", done, total))
    typer.echo(f"{count} made-up talks are in the database.\n")
    for member, token in added:
        typer.echo(
            f"{member.display_name} ({member.role}) signs in as {member.name}; password, once and within 24 hours:"
        )
        typer.echo(f"  {site_url(settings)}/staff/invite/{token}")
    typer.echo(f"\nStart the server with 'lupus-bot serve' and open {site_url(settings)}/staff")


def _show_partner(portal_port: int) -> None:
    from bot.cli.demo_portal import serve_portal

    settings = load()
    _refuse_production(settings)
    serve_portal(settings, portal_port=portal_port)


def _refuse_production(settings: Settings) -> None:
    if settings.environment == "production":
        raise DemoError("BOT_ENVIRONMENT is production: made-up talks do not belong beside those of patients.")
