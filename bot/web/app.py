"""The web application: one FastAPI app with the chat at ``/chat``, health checks, and the guard before it all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from bot.domain import Reference
from bot.web import chat_page, chat_run_dir
from bot.web.chat_assets import Assets
from bot.web.chat_live import Bell, Heard
from bot.web.chat_my import ChatMy
from bot.web.chat_presence import Presence
from bot.web.chat_routes import ChatRoutes
from bot.web.chat_talk import Talk
from bot.web.chat_texts import ChatTexts
from bot.web.embed.gate import Gate
from bot.web.embed.page import embed_pages
from bot.web.embed.pass_cookie import PassCookie
from bot.web.embed.routes import EmbedParts, EmbedRoutes
from bot.web.embed.tickets import Tickets
from bot.web.guard import Guard, Policy, origin_of
from bot.web.visitor import VisitorCookie
from bot.web.widget.loader import widget_router

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.identity import Identities
    from bot.conversation.partners import Partners
    from bot.conversation.service import Service
    from bot.db.partner_counts import PartnerCountStore
    from bot.db.partners import PartnerStore

CHAT_PATH = "/chat"


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind the chat.

    Attributes:
        service: The one door to conversations.
        desk: The talks with persons, and the patient's own controls.
        live: Tells of what happens in conversations; it is started and stopped by the caller's hooks.
    """

    service: Service
    desk: Desk
    live: Heard


@dataclass(frozen=True, slots=True)
class Front:
    """The partners, as their pages meet them.

    Attributes:
        partners: Who they are, remembered.
        store: Where they are kept.
        counts: Counts frames, messages and refusals.
        identities: Reads signed user ids.
    """

    partners: Partners
    store: PartnerStore
    counts: PartnerCountStore
    identities: Identities


def create_app(
    *,
    behind: Behind,
    visitor_secret: str,
    texts: ChatTexts,
    run_dir: Path,
    public_url: str | None = None,
    references: Mapping[str, Reference] = MappingProxyType({}),
    front: Front | None = None,
    checks: Mapping[str, Callable[[], bool]] = MappingProxyType({}),
    on_start: Sequence[Callable[[], None]] = (),
    on_stop: Sequence[Callable[[], None]] = (),
) -> FastAPI:
    """Build the application.

    Args:
        behind: What stands behind the chat.
        visitor_secret: Signs the visitor cookie, at least 32 characters.
        texts: The page's own sentences.
        run_dir: Writable folder for what Chainlit reads at its start; one for each process.
        public_url: Address patients see; None: each request's own host.
        references: The guide's sources by id, for the source panel.
        front: The partners, whose pages embed the chat; None: nobody's do.
        checks: What ``/readyz`` asks, by name; all must be true.
        on_start: Called in this order when the server starts.
        on_stop: Called in this order when the server stops.

    Raises:
        SettingsError: The secret is too short, or the installed Chainlit is not the tested one.
    """
    is_https = (public_url or "").startswith("https://")
    cookie = VisitorCookie(secret=visitor_secret, is_secure=is_https)
    chat_run_dir.prepare(run_dir=run_dir, texts=texts)
    chat_run_dir.set_environment(run_dir=run_dir, secret=cookie.derive("chainlit"), path=CHAT_PATH)
    app = _app_around(
        behind, texts=texts, cookie=cookie, front=front, public_url=public_url, on_start=on_start, on_stop=on_stop
    )
    app.add_exception_handler(RequestValidationError, refuse_malformed)
    _add_health(app, checks=checks)
    _add_files(app, run_dir=run_dir)
    page = _page(texts)
    if front is not None:
        _add_front(app, front, service=behind.service, cookie=cookie, page=page)
    _add_chat(app, behind, texts=texts, cookie=cookie, page=page, references=references)
    return app


def _app_around(
    behind: Behind,
    *,
    texts: ChatTexts,
    cookie: VisitorCookie,
    front: Front | None,
    public_url: str | None,
    on_start: Sequence[Callable[[], None]],
    on_stop: Sequence[Callable[[], None]],
) -> FastAPI:
    """Make the application without routes: its guard, what it begins and ends with, and the parts of the screen."""
    # Imported here and not above: Chainlit reads the run directory when it is imported.
    from bot.web import chat_ui

    talk, presence = Talk(service=behind.service, texts=texts), Presence(desk=behind.desk, texts=texts)
    gate = None if front is None else Gate(partners=front.partners, passes=_pass_cookie(cookie), visitors=cookie)
    chat_ui.bind(
        chat_ui.Parts(service=behind.service, talk=talk, presence=presence, texts=texts, cookie=cookie, gate=gate)
    )
    bell = Bell(live=behind.live, screens=chat_ui.open_screens, delivery=talk.delivery, presence=presence)
    policy = Policy(public_origin=origin_of(public_url))
    return FastAPI(
        title=texts.name,
        lifespan=_lifespan(bell, on_start=on_start, on_stop=(*on_stop, chat_ui.clear_files)),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=[Middleware(Guard, policy=policy, authenticate=chat_ui.authenticate, gate=gate)],
    )


def _pass_cookie(cookie: VisitorCookie) -> PassCookie:
    return PassCookie(secret=cookie.derive("embed pass"))


def _add_front(app: FastAPI, front: Front, *, service: Service, cookie: VisitorCookie, page: str) -> None:
    """Add what partners' pages ask for: the loader, tickets and the frame."""
    tickets = Tickets(secret=cookie.derive("embed ticket"), spender=front.counts)
    parts = EmbedParts(
        service=service,
        store=front.store,
        counts=front.counts,
        tickets=tickets,
        passes=_pass_cookie(cookie),
        identities=front.identities,
        page=embed_pages(page, version=chat_page.version_of(chat_run_dir.STATIC_DIR)),
    )
    app.include_router(widget_router())
    app.include_router(EmbedRoutes(parts).router)


def _add_chat(
    app: FastAPI,
    behind: Behind,
    *,
    texts: ChatTexts,
    cookie: VisitorCookie,
    page: str,
    references: Mapping[str, Reference],
) -> None:
    """Add our own routes below the chat's path, then Chainlit, which takes what is left there."""
    from bot.web import chat_ui

    routes = ChatRoutes(
        app=app,
        service=behind.service,
        texts=texts,
        cookie=cookie,
        page=page,
        references=references,
        press=chat_ui.press,
    )
    for router in (routes.router, ChatMy(desk=behind.desk, texts=texts, cookie=cookie).router):
        app.include_router(router, prefix=CHAT_PATH)
    chat_ui.mount(app, target=str(Path(__file__).with_name("chat_target.py")), path=CHAT_PATH)


def _page(texts: ChatTexts) -> str:
    return chat_page.build_page(
        texts=texts, chainlit_dir=chat_run_dir.package_dir(), static_dir=chat_run_dir.STATIC_DIR
    )


def _lifespan(
    bell: Bell, *, on_start: Sequence[Callable[[], None]], on_stop: Sequence[Callable[[], None]]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Begin and tidy up with the server; a mounted app's own lifespan never runs (Starlette's issue 649)."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        for begin in on_start:
            await run_in_threadpool(begin)
        bell.start()
        yield
        await bell.stop()
        for tidy in on_stop:
            await run_in_threadpool(tidy)

    return lifespan


def _add_files(app: FastAPI, *, run_dir: Path) -> None:
    """Serve our own files, and Chainlit's script and stylesheet packed once."""
    source_dir = chat_run_dir.package_dir() / "frontend" / "dist" / "assets"
    assets = Assets(source_dir=source_dir, packed_dir=run_dir / "packed")
    assets.pack()
    app.add_api_route(f"{CHAT_PATH}/assets/{{name}}", assets.serve, methods=["GET", "HEAD"], include_in_schema=False)
    app.mount("/static", StaticFiles(directory=chat_run_dir.STATIC_DIR), name="static")


async def refuse_malformed(request: Request, error: Exception) -> JSONResponse:
    """Refuse what a page of ours would not send, without a word of it in the answer."""
    return JSONResponse({"code": "malformed"}, status_code=422)


def _add_health(app: FastAPI, *, checks: Mapping[str, Callable[[], bool]]) -> None:
    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse(f"{CHAT_PATH}/", status_code=307)

    @app.get("/healthz", include_in_schema=False)
    async def health() -> JSONResponse:
        """Say that the process lives."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", include_in_schema=False)
    def ready() -> JSONResponse:
        """Say whether patients can be answered."""
        results = {name: _passes(check) for name, check in checks.items()}
        is_ready = all(results.values())
        content = {"status": "ready" if is_ready else "not ready", "checks": results}
        return JSONResponse(content, status_code=200 if is_ready else 503)


def _passes(check: Callable[[], bool]) -> bool:
    """A check that breaks has failed; the reason is the part's own log line."""
    try:
        return bool(check())
    except Exception:  # noqa: BLE001  # a broken check is a failed check
        return False
