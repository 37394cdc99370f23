"""What a frame asks for before it is the chat: its page, a ticket, a pass; and the partner's colour and picture."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from bot.conversation.identity import Identities, IdentityError, Signed
from bot.db.partner_values import IdentityMode, Logo, Partner
from bot.errors import BotError
from bot.web.embed.gate import CHANNEL, SCOPE_KEY, Embedded
from bot.web.embed.pass_cookie import Pass, PassCookie, new_visitor_id
from bot.web.embed.theme import theme_css
from bot.web.embed.tickets import LIFETIME, TicketError, Tickets
from bot.web.rates import Rates

if TYPE_CHECKING:
    from bot.conversation.service import Service
    from bot.db.partner_counts import PartnerCountStore
    from bot.db.partners import PartnerStore

logger = logging.getLogger(__name__)
# A clinic's waiting room is one address; a script that fills the table of spent tickets is one too.
_TICKETS_PER_ADDRESS = "120/minute"
# A page that signs for a minute only, in several tabs.
_RENEWALS = "12/minute"
# Each is a write to the database; an admin learns as much from fewer.
_COUNTED_PER_ADDRESS = "300/minute"
_NO_STORE = {"cache-control": "no-store"}


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EnterWish(_Wish):
    """What a frame hands in.

    Attributes:
        parent: The origin of the page around the frame, as the browser told the frame.
        identity: The user id that the partner's server signed.
        region: Country code that the page told.
    """

    ticket: Annotated[str, Field(max_length=2000)]
    parent: Annotated[str, Field(max_length=300)]
    identity: Annotated[str, Field(max_length=4096)] | None = None
    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None


class IdentityWish(_Wish):
    """The partner's word for who this is, said again."""

    identity: Annotated[str, Field(max_length=4096)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedParts:
    """What the routes work with.

    Attributes:
        store: Keeps the partners' pictures.
        counts: Counts frames and refusals.
        page: Writes the page for a partner.
        clock: The time, UTC.
    """

    service: Service
    store: PartnerStore
    counts: PartnerCountStore
    tickets: Tickets
    passes: PassCookie
    identities: Identities
    page: Callable[[Partner], str]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class EmbedRoutes:
    """Holds the router. Every request has passed the gate, which has named the partner."""

    def __init__(self, parts: EmbedParts) -> None:
        self._parts = parts
        self._rates = Rates()
        # A thread of its own: however many strangers knock while the database is slow, patients' threads stay free.
        self._counting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refused")
        self.router = APIRouter(prefix="/embed/{partner_id}", include_in_schema=False)
        for path in ("", "/", "/thread/{conversation_id}"):
            self.router.add_api_route(path, self.show_page, methods=["GET", "HEAD"])
        self.router.add_api_route("/theme.css", self.show_theme, methods=["GET", "HEAD"])
        self.router.add_api_route("/partner-logo", self.show_logo, methods=["GET", "HEAD"])
        self.router.add_api_route("/ticket", self.give_ticket, methods=["POST"])
        self.router.add_api_route("/enter", self.enter, methods=["POST"])
        self.router.add_api_route("/identity", self.renew_identity, methods=["POST"])

    async def show_page(self, request: Request) -> Response:
        """Serve the frame's page; it is the same for everybody, and shows nothing before the ticket is handed in.

        Browsers show it in the partner's pages alone, by its policy; a browser that names another page is told so.
        """
        partner = _partner(request)
        around = _around(request)
        if around is not None and around not in partner.origins:
            await self._count_refused(request, around, "frame_not_listed")
            return _refused("frame_not_listed", 403)
        return HTMLResponse(self._parts.page(partner), headers=_NO_STORE)

    async def show_theme(self, request: Request) -> Response:
        """Serve the partner's colour as a style sheet."""
        return Response(theme_css(_partner(request).colour), media_type="text/css", headers=_NO_STORE)

    async def show_logo(self, request: Request) -> Response:
        """Serve the partner's picture."""
        logo: Logo | None = await run_in_threadpool(self._parts.store.logo, partner_id=_partner(request).id)
        if logo is None:
            return _refused("not_found", 404)
        return Response(logo.content, media_type=logo.media_type, headers={"cache-control": "private, max-age=3600"})

    async def give_ticket(self, request: Request) -> Response:
        """Give a ticket to a page of the partner's, which its browser names; to nobody else."""
        partner, origin = _partner(request), request.headers.get("origin", "")
        if origin not in partner.origins:
            await self._count_refused(request, origin, "origin_not_listed")
            return _refused("origin_not_listed", 403)
        # Only now, so that the page may read why.
        headers = {**_NO_STORE, "access-control-allow-origin": origin, "vary": "origin"}
        if not self._rates.hit(_TICKETS_PER_ADDRESS, kind="ticket", caller=_address(request)):
            return _refused("too_fast", 429, {**headers, "retry-after": "60"})
        ticket = self._parts.tickets.give(partner_id=partner.id, origin=origin)
        return JSONResponse({"ticket": ticket, "expires_in_s": int(LIFETIME.total_seconds())}, headers=headers)

    async def enter(self, request: Request, wish: EnterWish) -> Response:
        """Take a ticket, and give a pass: from now on the frame is the chat."""
        try:
            return await run_in_threadpool(self._enter, request, wish)
        except TicketError as error:
            await self._count_refused(request, wish.parent, error.code)
            return _refused(error.code, 403)
        except IdentityError as error:
            await self._count_refused(request, wish.parent, error.code)
            return _refused(error.code, 401)
        except BotError as error:
            logger.error("frame not let in", extra={"code": error.code})
            return _refused("unavailable", 503)

    async def renew_identity(self, request: Request, wish: IdentityWish) -> Response:
        """Take the partner's word for who this is once more; for somebody else the frame has to enter anew."""
        partner = _partner(request)
        visit = self._parts.passes.read(request.headers.get("cookie"), partner_id=partner.id)
        if visit is None or visit.origin not in partner.origins:
            return _refused("no_pass", 401)
        if not self._rates.hit(_RENEWALS, kind="identity", caller=visit.visitor_id):
            return _refused("too_fast", 429, {**_NO_STORE, "retry-after": "60"})
        try:
            signed = await run_in_threadpool(
                self._parts.identities.read, wish.identity, partner_id=partner.id, channel=CHANNEL
            )
        except IdentityError as error:
            return _refused(error.code, 401)
        except BotError as error:
            logger.error("identity not renewed", extra={"code": error.code})
            return _refused("unavailable", 503)
        if signed.visitor_id != visit.visitor_id:
            return _refused("identity_changed", 409)
        return self._with_pass({"identity": "ok"}, replace(visit, signed_until=signed.until))

    def _enter(self, request: Request, wish: EnterWish) -> Response:
        partner = _partner(request)
        parts = self._parts
        parts.tickets.take(wish.ticket, partner_id=partner.id, origin=wish.parent)
        if wish.parent not in partner.origins:  # taken off the list within this minute
            raise TicketError("The page is no longer listed.", code="ticket_foreign")
        before = parts.passes.read(request.headers.get("cookie"), partner_id=partner.id)
        signed, said = self._who(partner, wish.identity, before)
        visit = Pass(
            partner_id=partner.id,
            visitor_id=_visitor_id(signed, before),
            origin=wish.parent,
            region=wish.region,
            signed_until=None if signed is None else signed.until,
        )
        parts.counts.count_open(partner_id=partner.id, now=parts.clock())
        latest = parts.service.latest(visitor_id=visit.visitor_id, channel=CHANNEL)
        return self._with_pass({"conversation": None if latest is None else latest.id, "identity": said}, visit)

    def _who(self, partner: Partner, token: str | None, before: Pass | None) -> tuple[Signed | None, str]:
        """Return whom the partner says this is, and a code for it.

        Raises:
            IdentityError: The partner demands it, and it was not said, or not well.
        """
        if partner.identity is IdentityMode.NONE:
            return None, "none"
        try:
            signed = self._parts.identities.read(token or "", partner_id=partner.id, channel=CHANNEL)
            if before is None or before.visitor_id != signed.visitor_id:
                self._use_once(token or "", signed)
        except IdentityError as error:
            if partner.identity is IdentityMode.REQUIRED:
                raise
            return None, error.code
        return signed, "ok"

    def _use_once(self, token: str, signed: Signed) -> None:
        """Let a signed user id bring one browser in; that one may come again with it, another may not.

        Raises:
            IdentityError: Code ``identity_replayed``: another browser came in with it.
        """
        nonce = f"identity:{hashlib.sha256(token.encode()).hexdigest()}"
        # Remembered for longer than any clock takes it.
        expires_at = signed.until + LIFETIME
        if not self._parts.counts.spend_ticket(nonce=nonce, expires_at=expires_at, now=self._parts.clock()):
            raise IdentityError("The signed user id was used by another browser.", code="identity_replayed")

    def _with_pass(self, answer: dict[str, Any], visit: Pass) -> Response:
        if visit.signed_until is not None:
            answer["signed_for_s"] = int((visit.signed_until - self._parts.clock()).total_seconds())
        return JSONResponse(answer, headers={**_NO_STORE, "set-cookie": self._parts.passes.header(visit)})

    async def _count_refused(self, request: Request, origin: str, reason: str) -> None:
        """Count for the admin; what cannot be counted, or comes too often to be, is refused all the same."""
        partner = _partner(request)
        logger.info("frame refused", extra={"partner_id": partner.id, "code": reason})
        if not self._rates.hit(_COUNTED_PER_ADDRESS, kind="refused", caller=_address(request)):
            return
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._counting,
                partial(
                    self._parts.counts.count_refused,
                    partner_id=partner.id,
                    origin=origin,
                    reason=reason,
                    now=self._parts.clock(),
                ),
            )
        except BotError as error:
            logger.error("refusal not counted", extra={"code": error.code})


def _partner(request: Request) -> Partner:
    embedded: Embedded = request.scope[SCOPE_KEY]
    return embedded.partner


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _visitor_id(signed: Signed | None, before: Pass | None) -> str:
    """Whoever the partner names; else who was here before without a name; else somebody new."""
    if signed is not None:
        return signed.visitor_id
    if before is not None and not before.is_signed:
        return before.visitor_id
    return new_visitor_id()


def _around(request: Request) -> str | None:
    """Return the origin of the page that frames this one, where the browser tells it; None: not told, or our own."""
    if request.headers.get("sec-fetch-dest") not in ("iframe", "frame", "embed", "object"):
        return None
    parts = urlsplit(request.headers.get("referer", ""))
    if not parts.netloc or parts.netloc.lower() == request.headers.get("host", "").lower():
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()


def _refused(code: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"code": code}, status_code=status, headers=headers or _NO_STORE)
