"""What every part of the console shares: who is signed in, the page around its content, and the way back.

A part makes a router with paths below ``/staff`` and asks the shell for its guards::

    def labels_router(shell: Shell, stores: Stores) -> APIRouter:
        router = APIRouter()
        reader = Depends(shell.require(Role.REVIEWER))
        lead = Depends(shell.checked(Role.LEAD))

        @router.get("/labels")
        def labels(request: Request, staff: SignedIn = reader) -> Response:
            return shell.page(request, "labels.html", staff=staff, title="Labels", nav="settings", labels=...)

        @router.post("/labels")
        def add(name: Annotated[str, Form()], staff: SignedIn = lead) -> Response:
            ...
            return shell.redirect("/staff/labels", notice="The label was added.")

Templates extend ``base.html`` and put ``{{ csrf(staff) }}`` of ``parts.html`` into every form. No inline script and no
``style`` attribute: the console's content security policy refuses both. What is not found, or not for this role, is
`shell.missing()`; so is a store's `NotFoundError`. Requests that a script makes by itself carry ``X-Background: 1``,
so that an open page does not keep its owner signed in; streams of events do so without it.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.db.sign_ins import Lifetimes, SignInStore
from bot.domain import Role
from bot.errors import BotError, NotFoundError, StoreError
from bot.web.staff.cookies import Cookies, notice_of, notice_value
from bot.web.staff.navigation import items_for
from bot.web.staff.words import in_words, moment, span

TEMPLATES_DIR = Path(__file__).parent / "templates"
SIGN_IN = "/staff/sign-in"
_RANK = {role: rank for rank, role in enumerate(Role)}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_NOTICE_AGE_S = 60
_FORBIDDEN = "This page was open for too long, or the request came from elsewhere. Go back, reload and try again."
_MISSING = "There is no such page, or it is not for your role."


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is asking.

    Attributes:
        name: What they sign in with, for the audit log.
        display_name: What patients see.
        csrf: The token that every form and every changing request carries.
    """

    id: str
    name: str
    display_name: str
    role: Role
    csrf: str

    def may(self, role: Role | str) -> bool:
        """Tell whether this person has a role or one above it."""
        return _RANK[self.role] >= _RANK[Role(role)]


@dataclass(frozen=True, slots=True)
class ShellSite:
    """What stands around every page.

    Attributes:
        name: The guide's name.
        public_origin: Scheme and host that staff see; None: each request's own.
        static_url: Where scripts and style sheets are served, without a slash at its end.
        version: Added to their addresses, so that a new release is seen at once.
    """

    name: str
    public_origin: str | None = None
    static_url: str = "/static"
    version: str = "1"

    @property
    def is_secure(self) -> bool:
        """Tell whether staff come over HTTPS."""
        return (self.public_origin or "").startswith("https://")


class Refusal(HTTPException):
    """A request that ends here: not signed in (401), forged (403), or nothing there for this person (404)."""


class Shell:
    """Guards and frame of the console.

    Args:
        sign_ins: The sessions.
        site: What stands around every page.
        lifetimes: When sessions end.
        waiting: Counts the patients who wait for a person, for the badge.
        now: The clock.
    """

    def __init__(
        self,
        *,
        sign_ins: SignInStore,
        site: ShellSite,
        lifetimes: Lifetimes | None = None,
        waiting: Callable[[], int] = lambda: 0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.sign_ins = sign_ins
        self.site = site
        self.cookies = Cookies(is_secure=site.is_secure)
        self.lifetimes = lifetimes or Lifetimes()
        self.now = now
        self._waiting = waiting
        self._templates = _environment()

    def require(self, role: Role) -> Callable[..., SignedIn]:
        """Make the dependency of a route that reads: somebody with this role or one above it."""

        def signed_in(request: Request) -> SignedIn:
            staff = self.who(request)
            if staff is None:
                raise Refusal(401)
            if not staff.may(role):
                raise Refusal(404)
            return staff

        return signed_in

    def checked(self, role: Role) -> Callable[..., SignedIn]:
        """Make the dependency of a route that changes something: as `require`, and the request is no forgery."""
        of_role = self.require(role)

        def checked_in(request: Request, sent: str = _SENT) -> SignedIn:
            staff = of_role(request)
            if not self.is_own(request) or not hmac.compare_digest(sent.encode(), staff.csrf.encode()):
                raise Refusal(403, detail=_FORBIDDEN)
            return staff

        return checked_in

    def who(self, request: Request) -> SignedIn | None:
        """Return who is signed in, or None."""
        token = self.cookies.read(request, "staff")
        if token is None:
            return None
        session = self.sign_ins.read(
            token=token, lifetimes=self.lifetimes, now=self.now(), is_seen=not _is_background(request)
        )
        if session is None:
            return None
        staff = session.staff
        return SignedIn(staff.id, staff.name, staff.display_name, staff.role, session.csrf)

    def is_own(self, request: Request) -> bool:
        """Tell whether a request that changes something comes from a page of ours, as far as the browser says."""
        origin = request.headers.get("origin")
        if origin is None:
            return request.headers.get("sec-fetch-site") in (None, "same-origin", "none")
        return origin.lower() == self.origin(request)

    def origin(self, request: Request) -> str:
        """Return scheme and host under which staff see the console."""
        host = request.headers.get("host", "").lower()
        return self.site.public_origin or f"{request.url.scheme}://{host}"

    def page(
        self,
        request: Request,
        template: str,
        *,
        staff: SignedIn | None,
        title: str,
        nav: str = "",
        status: int = 200,
        **values: Any,
    ) -> Response:
        """Render a page.

        Args:
            staff: Who is signed in; None: a page for strangers, without navigation.
            nav: Key of the navigation entry that is marked.
            values: What the template names.
        """
        notice = notice_of(self.cookies.read(request, "staff_notice"))
        frame = {
            "site": self.site,
            "staff": staff,
            "title": title,
            "nav": nav,
            "notice": notice,
            "items": () if staff is None else items_for(staff.may),
            "waiting": self._waiting() if staff is not None and staff.may(Role.AGENT) else 0,
            "now": self.now(),
        }
        html = self._templates.get_template(template).render(frame | values)
        response = Response(html, status_code=status, media_type="text/html")
        if notice is not None:
            self.cookies.drop(response, "staff_notice")
        return response

    def redirect(self, path: str, notice: str | None = None) -> Response:
        """Go on to another page of the console after a change; `notice` is shown there once."""
        response = RedirectResponse(path, status_code=303)
        if notice is not None:
            self.cookies.set(response, "staff_notice", notice_value(notice), max_age_s=_NOTICE_AGE_S)
        return response

    @staticmethod
    def missing() -> Refusal:
        """Return what to raise where nothing is, or not for this person."""
        return Refusal(404)

    def install(self, app: FastAPI) -> None:
        """Let an application answer refusals of the console with its pages."""
        app.add_exception_handler(Refusal, self._refuse)
        app.add_exception_handler(BotError, self._fail)

    def _refuse(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        if not _wants_page(request):
            words = {401: "sign in", 403: "forbidden", 404: "not found"}[status]
            return JSONResponse({"error": words}, status_code=status)
        if status == 401:
            return self._to_sign_in(request)
        title = {403: "That did not work", 404: "Nothing here"}[status]
        told = getattr(error, "detail", "")
        detail = _MISSING if told == HTTPStatus(status).phrase else told
        return self._stop(request, status=status, title=title, detail=detail)

    def _to_sign_in(self, request: Request) -> Response:
        """Ask for a sign-in; a click on another site's link first comes again from a page of ours.

        The session cookie is not sent with such a click, and whoever is signed in should not be asked to do it again.
        """
        if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
            target = local_path(_path_of(request))
            return self.page(request, "onward.html", staff=None, title="One moment", target=target)
        wanted = local_path(_path_of(request)) if request.method == "GET" else "/staff"
        query = "" if wanted == "/staff" else f"?next={quote(wanted, safe='')}"
        return RedirectResponse(SIGN_IN + query, status_code=303)

    def _fail(self, request: Request, error: Exception) -> Response:
        if not _is_here(request) or not isinstance(error, BotError):
            raise error
        if isinstance(error, NotFoundError):
            return self._refuse(request, Refusal(404))
        status = 503 if isinstance(error, StoreError) else 400
        detail = "The database cannot be used at the moment. Nothing was changed." if status == 503 else error.detail
        if not _wants_page(request):
            return JSONResponse({"error": error.code}, status_code=status)
        return self._stop(request, status=status, title="That did not work", detail=detail)

    def _stop(self, request: Request, *, status: int, title: str, detail: str) -> Response:
        # Without the navigation: finding out who asks may be what has just failed.
        return self.page(request, "stop.html", staff=None, title=title, status=status, detail=detail)


def local_path(path: str | None) -> str:
    """Return a path of the console to go on to; whatever could lead elsewhere becomes ``/staff``."""
    if path is None or len(path) > 1000 or not path.isascii() or not path.isprintable():
        return "/staff"
    is_ours = path == "/staff" or path.startswith(("/staff/", "/staff?"))
    # A sign-in that leads back to itself would never end.
    is_safe = not any(mark in path for mark in ("\\", "//", "..")) and not path.startswith(SIGN_IN)
    return path if is_ours and is_safe else "/staff"


async def _sent_token(request: Request) -> AsyncIterator[str]:
    """Read the token that a request carries, from its header or its form; the form's files are closed in the end."""
    header = request.headers.get("x-csrf-token")
    try:
        if header is not None or not request.headers.get("content-type", "").startswith(_FORMS):
            yield header or ""
        else:
            value = (await request.form()).get("csrf")
            yield value if isinstance(value, str) else ""
    finally:
        await request.close()


_SENT = Depends(_sent_token)


def _path_of(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _is_here(request: Request) -> bool:
    return request.url.path == "/staff" or request.url.path.startswith("/staff/")


def _is_background(request: Request) -> bool:
    return request.headers.get("accept") == "text/event-stream" or "x-background" in request.headers


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = moment
    environment.filters["span"] = span
    environment.filters["in_words"] = in_words
    return environment
