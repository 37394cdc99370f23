"""Puts the API together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from starlette.middleware import Middleware

from bot.conversation.identity import Identities
from bot.conversation.partners import Partners
from bot.web.api.access import Access
from bot.web.api.answers import Answers
from bot.web.api.conversations import ConversationRoutes
from bot.web.api.entrance import Shield, guarded_route
from bot.web.api.erasures import ErasureRoutes
from bot.web.api.events import Events
from bot.web.api.handoff import HandoffRoutes
from bot.web.api.messages import Messages
from bot.web.api.openapi import DESCRIPTION, PUBLIC, VERSION, document_of
from bot.web.api.problems import CATALOG, add_problem_handlers
from bot.web.api.rates import Rates
from bot.web.api.schemas import CodeOut
from bot.web.api.tokens import Tokens, VisitorIds
from bot.web.chat_live import Heard

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.service import Service
    from bot.db.stores import Stores


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one caller may ask for, in one process.

    Attributes:
        requests_per_minute: Of one key and all its tokens; emergencies are answered beyond it.
        requests_per_token: In a minute, of one conversation's token; emergencies are answered beyond it.
        failures_per_minute: Wrong keys and tokens of one address.
        streams_per_key: Streams of live events that one key and its tokens may have open.
        streams_per_token: Those of one token.
        beat_s: How often a quiet stream says that it lives.
    """

    requests_per_minute: int = 600
    requests_per_token: int = 120
    failures_per_minute: int = 60
    streams_per_key: int = 100
    streams_per_token: int = 4
    beat_s: float = 15.0


_USUAL = Bounds()


def create_api(
    *,
    service: Service,
    desk: Desk,
    live: Heard,
    stores: Stores,
    partners: Partners,
    identities: Identities,
    secret: str,
    disclaimer: str = "",
    bounds: Bounds = _USUAL,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Build the API, to be mounted at ``/api/v1``; it starts and stops nothing.

    Args:
        service: The one door to conversations.
        desk: The talks with persons, and the patient's own controls.
        live: Tells of what happens in conversations, once its owner has started it.
        stores: The record: keys, and whose conversations are.
        partners: Who the partners are, remembered.
        identities: Reads signed user ids.
        secret: The server's own, at least 32 characters; what is signed and derived here has secrets of its own.
        disclaimer: Told with each new conversation, for the caller to show.
        bounds: How much one caller may ask for.
        clock: The time, UTC.

    Raises:
        SettingsError: The secret is too short.
    """
    tokens = Tokens(secret=secret, clock=clock)
    rates = _rates(bounds)
    access = Access(
        partners=partners,
        keys=stores.partners,
        conversations=stores.transcripts,
        identities=identities,
        tokens=tokens,
        rates=rates,
        clock=clock,
    )
    app = _blank()
    app.router.route_class = guarded_route(access, rates)
    visitors = VisitorIds(secret=secret)
    ConversationRoutes(
        access=access,
        service=service,
        desk=desk,
        transcripts=stores.transcripts,
        tokens=tokens,
        visitors=visitors,
        disclaimer=disclaimer,
        clock=clock,
    ).add_to(app)
    ErasureRoutes(access=access, desk=desk, visitors=visitors, clock=clock).add_to(app)
    answers = Answers(service=service, sent=stores.transcripts, clock=clock)
    Messages(access=access, answers=answers, service=service, beat_s=bounds.beat_s).add_to(app)
    _events(access, service=service, desk=desk, live=live, bounds=bounds, clock=clock).add_to(app)
    HandoffRoutes(access=access, service=service, desk=desk).add_to(app)
    return app


def _rates(bounds: Bounds) -> Rates:
    return Rates(
        requests_per_minute=bounds.requests_per_minute,
        requests_per_token=bounds.requests_per_token,
        failures_per_minute=bounds.failures_per_minute,
    )


def _events(
    access: Access, *, service: Service, desk: Desk, live: Heard, bounds: Bounds, clock: Callable[[], datetime]
) -> Events:
    return Events(
        access=access,
        service=service,
        desk=desk,
        live=live,
        most_streams=bounds.streams_per_key,
        most_of_token=bounds.streams_per_token,
        beat_s=bounds.beat_s,
        clock=clock,
    )


def _blank() -> FastAPI:
    """Return the application with what everybody may read: what it can do, and what can go wrong."""
    app = FastAPI(
        title="Lupus & CAR-T Guide",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,  # its page loads scripts from another server
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Shield)],
        generate_unique_id_function=lambda route: route.name,
    )
    add_problem_handlers(app)
    write = document_of(app)

    async def show_document() -> Response:
        """Read this document."""
        return JSONResponse(write())

    async def list_problems() -> Response:
        """Read which codes problems carry, and what to do about each."""
        codes = [
            {"code": code, "status": kind.status, "title": kind.title, "detail": kind.detail}
            for code, kind in CATALOG.items()
        ]
        return JSONResponse(codes)

    app.add_api_route("/openapi.json", show_document, methods=["GET"], tags=[PUBLIC], summary="This document")
    app.add_api_route(
        "/problems", list_problems, methods=["GET"], tags=[PUBLIC], summary="All codes", response_model=list[CodeOut]
    )
    return app
