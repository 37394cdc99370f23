"""``lupus-bot demo --partner``: a made-up portal on another site, with the guide in it."""

from __future__ import annotations

import http.client
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.errors import SettingsError
from bot.settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from bot.db.stores import Stores

PARTNER_ID = "riverside-demo"
_FOLDER = Path(__file__).parent / "templates" / "portal"
_IDENTITY_LIFETIME = timedelta(minutes=5)
_USER = "demo-user-17"


@dataclass(frozen=True, slots=True)
class Sites:
    """Where both are: browsers take ``127.0.0.1`` and ``localhost`` for two sites.

    Attributes:
        guide: Origin of the guide.
        portal: Origin of the portal.
    """

    guide: str
    portal: str


def sites_of(settings: Settings, *, portal_port: int) -> Sites:
    """Return where the two are.

    Raises:
        SettingsError: The guide does not listen on this machine alone, or both would have one port.
    """
    if settings.host not in ("127.0.0.1", "localhost") or settings.public_url is not None:
        raise SettingsError("The demo is for this machine alone: leave BOT_HOST at 127.0.0.1 and BOT_PUBLIC_URL empty.")
    if portal_port == settings.port:
        raise SettingsError(f"Port {portal_port} is the guide's own; choose another with --portal-port.")
    other = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}[settings.host]
    return Sites(guide=f"http://{settings.host}:{settings.port}", portal=f"http://{other}:{portal_port}")


def add_portal(stores: Stores, *, portal: str) -> str:
    """Make the made-up partner, or let it be where the portal is now; return the id of its signing key."""
    from bot.db.partner_values import IdentityMode, KeyKind
    from bot.db.partners import PartnerTakenError, blank_partner
    from bot.db.staff import By

    now, by = datetime.now(UTC), By(name="demo")
    partner = replace(
        blank_partner(partner_id=PARTNER_ID, name="Riverside Clinic (demo)", now=now),
        origins=(portal,),
        colour="#0b3d5c",
        identity=IdentityMode.OPTIONAL,
    )
    with suppress(PartnerTakenError):
        stores.partners.add(partner, by=by, now=now)
    stores.partners.save(partner, by=by, now=now)
    stores.partners.set_active(partner_id=PARTNER_ID, is_active=True, by=by, now=now)
    keys = (key for key in stores.partners.keys(partner_id=PARTNER_ID) if key.kind is KeyKind.IDENTITY)
    found = next((key for key in keys if key.is_valid(now)), None)
    if found is None:
        found, _ = stores.partners.rotate(
            partner_id=PARTNER_ID, kind=KeyKind.IDENTITY, grace=timedelta(), by=by, now=now
        )
    return found.id


def portal_app(*, tag: str, guide: str, key_id: str, master: str) -> Starlette:
    """Build the portal: one page under a strict policy, and the route that signs who is there."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    policy = (
        f"default-src 'none'; script-src 'self' {guide}; style-src 'self'; frame-src {guide}; "
        f"connect-src 'self' {guide}; img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'"
    )
    page = (_FOLDER / "index.html").read_text(encoding="utf-8").replace("{{ tag }}", tag)

    def show(request: Request) -> Response:
        return HTMLResponse(page, headers={"content-security-policy": policy})

    def file(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        media_type = "text/css" if name.endswith(".css") else "text/javascript"
        return Response((_FOLDER / name).read_text(encoding="utf-8"), media_type=media_type)

    def identity(request: Request) -> Response:
        return JSONResponse({"identity": _signed(key_id=key_id, master=master)})

    return Starlette(
        routes=[
            Route("/", show),
            Route("/portal.css", file),
            Route("/portal.js", file),
            Route("/identity", identity),
        ]
    )


def serve_portal(settings: Settings, *, portal_port: int) -> None:
    """Serve the portal, and the guide unless it runs already; return when it is stopped."""
    import uvicorn

    from bot.bootstrap import make_stores, visitor_secret
    from bot.cli.serve import check_port, run_site
    from bot.web.widget.loader import tag

    sites = sites_of(settings, portal_port=portal_port)
    runs_already = _answers(settings.host, settings.port)
    check_port("127.0.0.1", portal_port)
    if not runs_already:
        check_port(settings.host, settings.port)
    key_id = add_portal(make_stores(settings), portal=sites.portal)
    app = portal_app(
        tag=tag(origin=sites.guide, partner_id=PARTNER_ID),
        guide=sites.guide,
        key_id=key_id,
        master=visitor_secret(settings),
    )
    config = uvicorn.Config(app, host="127.0.0.1", port=portal_port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    typer.echo(f"The made-up portal is at {sites.portal}   (stop it with Ctrl+C)")
    if runs_already:
        server.run()
        return
    thread = threading.Thread(target=server.run, name="portal", daemon=True)
    thread.start()
    try:
        run_site(settings)
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def _answers(host: str, port: int) -> bool:
    """Tell whether the guide runs at an address."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _signed(*, key_id: str, master: str) -> str:
    from bot.conversation.identity import identity_secret, sign_identity

    secret = identity_secret(master=master, partner_id=PARTNER_ID, key_id=key_id)
    until = datetime.now(UTC) + _IDENTITY_LIFETIME
    return sign_identity(_USER, partner_id=PARTNER_ID, key_id=key_id, secret=secret, until=until)
