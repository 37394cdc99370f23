"""``lupus-bot serve``: the chat, on this machine."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from bot.errors import BotError
from bot.settings import Settings, load

# An open page holds its connection for as long as it is open; a reply takes a fraction of this.
_PATIENCE_S = 5


class PortError(BotError):
    """The address cannot be listened on."""

    code = "port"


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on; default: BOT_HOST.")] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, help="Port to listen on; default: BOT_PORT.")
    ] = None,
) -> None:
    """Start the chat and print its address."""
    settings = load()
    changes = {"host": host, "port": port}
    settings = settings.model_copy(update={name: value for name, value in changes.items() if value is not None})
    check_port(settings.host, settings.port)
    run_site(settings)


def run_site(settings: Settings) -> None:
    """Serve the whole site until it is stopped; the address is known to be free."""
    import uvicorn

    from bot import log
    from bot.web.guard import MAX_BODY_BYTES
    from bot.web.site import build_site

    log.set_up(level=settings.log_level)
    app = build_site(settings)
    shown = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # compared, not bound
    typer.echo(f"The guide is at http://{shown}:{settings.port}/chat   (stop it with Ctrl+C)")
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # Who asks and over what is told by the proxies that are named, and by nobody else.
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        ws_max_size=MAX_BODY_BYTES,
        timeout_graceful_shutdown=_PATIENCE_S,
    )


def check_port(host: str, port: int) -> None:
    """Make sure that the address is free before anything slow begins.

    Raises:
        PortError: It is taken or not ours; the detail says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortError(
                f"Port {port} on {host} is taken or not allowed; choose another with BOT_PORT or --port."
            ) from error
