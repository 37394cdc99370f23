"""The gate before the embedded chat: which partner, whose pass, and what of the chat may be reached with it.

The guard asks it first. A request that may pass goes on with the path it has below ``/chat``, and with the visitor's
cookie of the chat's own page, made for this one request: everything behind the gate is the same for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from bot.conversation.partners import Partners
from bot.db.partner_values import IdentityMode, Partner
from bot.web.embed.pass_cookie import Pass, PassCookie
from bot.web.visitor import VisitorCookie

Scope = MutableMapping[str, Any]
# Of conversations that are led in partners' pages.
CHANNEL = "widget"
# Under which the request's scope, and the socket's, hold the `Embedded`.
SCOPE_KEY = "guide.embed"
_PATH = re.compile(r"/embed/(?P<partner>[a-z0-9-]{1,40})(?P<rest>/.*)?", re.DOTALL)
_UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
# What `routes.EmbedRoutes` answers itself, without a pass; `/ticket` alone is for the partner's own pages to call.
_OWN = (
    ("GET", re.compile(rf"/?|/thread/{_UUID4}/?")),
    ("GET", re.compile(r"/(theme\.css|partner-logo)")),
    ("POST", re.compile(r"/(ticket|enter|identity)")),
)
TICKET = "/ticket"
# What an open page asks for again and again, and leaves where it is refused; nothing of a conversation.
_SHELL = re.compile(r"/(user|auth/config|favicon|logo|project/(settings|translations)|avatars/.*)")
# The chat's own page stands below its own root alone.
_NOT_HERE = re.compile(r"/login(/.*)?")


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the gate found out about a request.

    Attributes:
        visit: The pass; None where the route needs none.
    """

    partner: Partner
    visit: Pass | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The request ends at the gate with this status."""

    status: int


class Gate:
    """Lets visitors of partners' pages through.

    Args:
        partners: Who the partners are.
        passes: Reads the passes.
        visitors: Writes the cookie that the chat's own routes read.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        partners: Partners,
        passes: PassCookie,
        visitors: VisitorCookie,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._partners = partners
        self._passes = passes
        self._visitors = visitors
        self._clock = clock

    @staticmethod
    def is_here(path: str) -> bool:
        """Tell whether a path is below the gate."""
        return path == "/embed" or path.startswith("/embed/")

    async def enter(self, scope: Scope, *, method: str, is_open: Callable[[str, str], bool]) -> Scope | Stopped:
        """Return the scope with which a request goes on, or what stops it.

        Args:
            is_open: Says whether the chat has a route: method, and path below ``/chat``.
        """
        match = _PATH.fullmatch(scope["path"])
        partner = await self._partner(match["partner"]) if match else None
        if match is None or partner is None:
            return Stopped(404)
        rest, wanted = match["rest"] or "", "GET" if method == "HEAD" else method
        if any(wanted == allowed and pattern.fullmatch(rest) for allowed, pattern in _OWN):
            return {**scope, SCOPE_KEY: Embedded(partner)} if partner.is_active else Stopped(404)
        if _NOT_HERE.fullmatch(rest) or not is_open(method, f"/chat{rest}"):
            return Stopped(404)
        visit = self._passes.read(_cookies(scope), partner_id=partner.id)
        # A page that was let in stays open, and its line may come back: what is said there is refused message by
        # message, and an emergency is answered whatever the partner says.
        is_kept_open = method == "WEBSOCKET" or (wanted == "GET" and _SHELL.fullmatch(rest) is not None)
        if visit is None or not (is_kept_open or self.refusal(visit) is None):
            return Stopped(401)
        path = f"/chat{rest}"
        return {
            **scope,
            "path": path,
            "raw_path": path.encode(),
            "headers": self._as_chat(scope, visit),
            SCOPE_KEY: Embedded(partner, visit),
        }

    def refusal(self, visit: Pass) -> str | None:
        """Return why a visitor's message may not be answered now, as `Service.reply` takes it; None: it may.

        Asked for each message and request, so that a partner's changes hold for pages that are open.
        """
        partner = self._partners.active(visit.partner_id)
        if partner is None or visit.origin not in partner.origins:
            return "partner_off"
        if partner.identity is IdentityMode.REQUIRED and not self._is_signed_now(visit):
            return "signed_out"
        return None

    def _is_signed_now(self, visit: Pass) -> bool:
        return visit.signed_until is not None and self._clock() < visit.signed_until

    def _as_chat(self, scope: Scope, visit: Pass) -> list[tuple[bytes, bytes]]:
        others = [(key, value) for key, value in scope["headers"] if key.lower() != b"cookie"]
        return [*others, (b"cookie", self._visitors.value(visit.visitor_id))]

    async def _partner(self, partner_id: str) -> Partner | None:
        if self._partners.is_fresh():
            return self._partners.find(partner_id)
        return await run_in_threadpool(self._partners.find, partner_id)


def _cookies(scope: Scope) -> str:
    return b"; ".join(value for key, value in scope["headers"] if key.lower() == b"cookie").decode("latin-1")
