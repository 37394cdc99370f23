"""The one layer before everything: who may call, which routes exist, how much may be sent, what headers say.

Chainlit alone checks no Origin on its websocket, serves upload, sharing, element, tool-server and login routes
nobody here needs, reads a whole body before it refuses it, and sets no security header. Whatever the screen is
made of, a request meets this layer first: closed unless listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bot.web.embed.gate import SCOPE_KEY, TICKET, Embedded, Gate, Stopped

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]
App = Callable[[Scope, Receive, Send], Any]
Headers = list[tuple[bytes, bytes]]

# The largest honest request is one message of 20,000 characters with its wrapping.
MAX_BODY_BYTES = 128 * 1024
# Cookies of a few partners and a signed user id are far below; nginx allows as much.
MAX_HEADER_BYTES = 32 * 1024
# Chainlit's own cookie; the browser never gets it.
SCREEN_COOKIE = b"guide_screen"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_STRICT_TRANSPORT = "max-age=31536000"
_HASHED_FILE = re.compile(r"^/chat/assets/")
_WORDS = {401: b"no pass", 403: b"forbidden", 404: b"not found", 413: b"too large", 431: b"headers too large"}
# Below /chat only these exist; HEAD counts as GET.
OPEN_CHAT_ROUTES: tuple[tuple[str, str], ...] = (
    ("GET", r"/chat/?"),
    ("GET", rf"/chat/thread/{_UUID4}/?"),
    ("GET", r"/chat/login(/callback)?"),
    ("GET", r"/chat/assets/[A-Za-z0-9_.-]+\.(js|mjs|css)"),
    ("GET", r"/chat/(favicon|logo|auth/config|user)"),
    ("GET", r"/chat/avatars/[A-Za-z0-9_ %-]{1,60}"),
    ("GET", r"/chat/project/(settings|translations)"),
    ("GET", r"/chat/sources/[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}/[0-9]{1,3}"),
    ("GET", rf"/chat/my/{_UUID4}(/download)?"),
    ("POST", rf"/chat/my/{_UUID4}/(contact|contact/withdraw|end|rate|erase)"),
    ("POST", r"/chat/auth/header"),
    ("POST", r"/chat/set-session-cookie"),
    ("POST", r"/chat/project/action"),
    ("WEBSOCKET", r"/chat/ws/socket\.io/?"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the guard enforces.

    Attributes:
        public_origin: Scheme and host that patients see; None: the Host header of each request decides.
        max_body_bytes: Largest request body and websocket message.
        max_header_bytes: All headers of a request together.
    """

    public_origin: str | None = None
    max_header_bytes: int = MAX_HEADER_BYTES
    max_body_bytes: int = MAX_BODY_BYTES
    open_chat_routes: tuple[tuple[str, str], ...] = OPEN_CHAT_ROUTES
    _compiled: tuple[tuple[str, re.Pattern[str]], ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        """Compile the route patterns once."""
        compiled = tuple((method, re.compile(pattern)) for method, pattern in self.open_chat_routes)
        object.__setattr__(self, "_compiled", compiled)

    def is_open(self, *, method: str, path: str) -> bool:
        """Say whether the route exists for the outside."""
        if path != "/chat" and not path.startswith("/chat/"):
            return True
        wanted = "GET" if method == "HEAD" else method
        return any(wanted == allowed and pattern.fullmatch(path) for allowed, pattern in self._compiled)

    def is_own_origin(self, *, origin: str, host: str, scheme: str) -> bool:
        """Say whether an origin is ours; no other may call."""
        return origin == (self.public_origin or f"{scheme}://{host}")

    def security_headers(
        self, *, host: str, scheme: str, path: str = "/", framed_by_origins: Sequence[str] = ()
    ) -> dict[str, str]:
        """Write the headers every answer carries unless it sets its own.

        Args:
            framed_by_origins: Exact origins whose pages may frame this answer; none: nobody's.
        """
        if is_staff(path):
            return _staff_headers(scheme)
        framed_by = " ".join(framed_by_origins) or "'none'"
        headers = {
            "content-security-policy": _content_security_policy(host=host, scheme=scheme, framed_by=framed_by),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if not framed_by_origins:
            headers["x-frame-options"] = "DENY"
        if scheme == "https":
            headers["strict-transport-security"] = _STRICT_TRANSPORT
        return headers


def is_staff(path: str) -> bool:
    """Say whether a path belongs to the staff console."""
    return path == "/staff" or path.startswith("/staff/")


def is_api(path: str) -> bool:
    """Say whether a path belongs to the HTTP API."""
    return path.startswith("/api/")


def origin_of(url: str | None) -> str | None:
    """Cut a URL down to scheme, host and port."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


class Guard:
    """The outermost ASGI layer."""

    def __init__(
        self,
        app: App,
        *,
        policy: Policy,
        authenticate: Callable[[Headers], Headers],
        gate: Gate | None = None,
    ) -> None:
        """Wrap an app.

        Args:
            app: What stands behind.
            policy: What to enforce.
            authenticate: Turns the headers of a chat request into those Chainlit understands.
            gate: Stands before the embedded chat; None: there is none.
        """
        self.app = app
        self.policy = policy
        self.authenticate = authenticate
        self.gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with limits and headers."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner, status = await self._admitted(scope, method=scope["method"])
        guarded_send = self._with_headers(scope, inner, send)
        if status is None and _declared_length(scope) > self.policy.max_body_bytes and not is_api(scope["path"]):
            status = 413
        if status is not None:
            await _answer(guarded_send, status)
            return
        if is_api(scope["path"]):  # it counts what it reads itself, and says so in its own words
            await self.app(inner, receive, guarded_send)
            return
        limited = _Limited(receive, max_bytes=self.policy.max_body_bytes)
        try:
            await self.app(self._for_chat(inner), limited.receive, limited.watch(guarded_send))
        except BodyTooLargeError:
            if limited.has_started:
                raise
            await _answer(guarded_send, 413)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner, status = await self._admitted(scope, method="WEBSOCKET")
        if status is not None:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(self._for_chat(inner), receive, send)

    async def _admitted(self, scope: Scope, *, method: str) -> tuple[Scope, int | None]:
        """Return the scope to go on with, and the status to refuse with or None."""
        if sum(len(key) + len(value) for key, value in scope["headers"]) > self.policy.max_header_bytes:
            return scope, 431
        if Gate.is_here(scope["path"]):
            if self.gate is None:
                return scope, 404
            entered = await self.gate.enter(scope, method=method, is_open=self._is_open)
            if isinstance(entered, Stopped):
                return scope, entered.status
            return entered, self._refusal(entered, method=method, is_for_partner=scope["path"].endswith(TICKET))
        return scope, self._refusal(scope, method=method)

    def _is_open(self, method: str, path: str) -> bool:
        return self.policy.is_open(method=method, path=path)

    def _refusal(self, scope: Scope, *, method: str, is_for_partner: bool = False) -> int | None:
        """Return the status to refuse with, or None.

        Args:
            is_for_partner: The partner's own pages call this route, and it looks at their origin itself.
        """
        if not self.policy.is_open(method=method, path=scope["path"]):
            return 404
        origin = _header(scope, b"origin")
        # The API takes no cookies: a page of another origin has nothing there that is not its own, and is told why.
        if is_for_partner or is_api(scope["path"]):
            return None
        if origin is None:
            is_foreign = method not in _SAFE_METHODS and _header(scope, b"sec-fetch-site") == "cross-site"
            return 403 if is_foreign else None
        if method in _SAFE_METHODS and not _is_guarded_read(scope["path"]):
            return None
        is_own = self.policy.is_own_origin(origin=origin.lower(), host=_host(scope), scheme=_scheme(scope))
        return None if is_own else 403

    def _for_chat(self, scope: Scope) -> Scope:
        if not scope["path"].startswith("/chat"):
            return scope
        return {**scope, "headers": self.authenticate(list(scope["headers"]))}

    def _with_headers(self, scope: Scope, inner: Scope, send: Send) -> Send:
        """Add the headers to what is sent; `inner` is the scope behind the gate, which names the partner."""
        path = inner["path"]
        embedded: Embedded | None = inner.get(SCOPE_KEY)
        defaults = self.policy.security_headers(
            host=_host(scope),
            scheme=self._public_scheme(scope),
            path=path,
            framed_by_origins=embedded.partner.origins if embedded is not None else (),
        )

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [_stay(*pair, host=_host(scope)) for pair in message.get("headers", [])]
                message["headers"] = _merge(headers, defaults=defaults, path=path)
            await send(message)

        return guarded

    def _public_scheme(self, scope: Scope) -> str:
        return urlsplit(self.policy.public_origin).scheme if self.policy.public_origin else _scheme(scope)


def _is_guarded_read(path: str) -> bool:
    """Say whether even reading is for our own pages alone, where a page says who it is."""
    return path.startswith(("/chat", "/embed"))


class BodyTooLargeError(Exception):
    """More was sent than may be; never leaves this module."""


class _Limited:
    """Counts a body while it is read."""

    def __init__(self, receive: Receive, *, max_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes
        self.has_started = False

    async def receive(self) -> Message:
        message: Message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise BodyTooLargeError
        return message

    def watch(self, send: Send) -> Send:
        async def watched(message: Message) -> None:
            # Whoever read the body may have taken the end of it for a mistake of the sender's, and answer so.
            if self._left < 0 and not self.has_started:
                raise BodyTooLargeError
            self.has_started = self.has_started or message["type"] == "http.response.start"
            await send(message)

        return watched


def _content_security_policy(*, host: str, scheme: str, framed_by: str) -> str:
    """Allow this origin alone; inline styles stay, since Chainlit's components place themselves with them."""
    socket = f"{'wss' if scheme == 'https' else 'ws'}://{host}" if re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {socket}".rstrip(),
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {framed_by}",
        )
    )


def _staff_headers(scheme: str) -> dict[str, str]:
    """Write the console's headers: kept nowhere, framed by nobody, no inline script or style."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        # With "no-referrer" a browser hides the Origin of our own forms as well, and they would be refused.
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "x-robots-tag": "noindex, nofollow",
    }
    return headers | ({"strict-transport-security": _STRICT_TRANSPORT} if scheme == "https" else {})


def _merge(headers: Headers, *, defaults: dict[str, str], path: str) -> Headers:
    """Add what is missing, and drop what Chainlit adds of its own."""
    kept = [pair for pair in headers if not (path.startswith("/chat") and _is_chainlits(*pair))]
    present = {key.lower() for key, _ in kept}
    wanted = dict(defaults)
    if _HASHED_FILE.match(path):
        wanted["cache-control"] = "public, max-age=31536000, immutable"
    elif path.startswith("/chat"):
        wanted["cache-control"] = "no-store"
    kept += [(key.encode(), value.encode()) for key, value in wanted.items() if key.encode() not in present]
    return kept


def _stay(key: bytes, value: bytes, *, host: str) -> tuple[bytes, bytes]:
    """Send on within this site by path alone: the Host header, which a router builds whole addresses of, may lie."""
    if key.lower() != b"location":
        return key, value
    parts = urlsplit(value.decode("latin-1"))
    if not parts.netloc or parts.netloc.lower() != host:
        return key, value
    # Two slashes at the beginning would name another host.
    path = "/" + parts.path.lstrip("/")
    return key, urlunsplit(("", "", path, parts.query, parts.fragment)).encode("latin-1")


def _is_chainlits(key: bytes, value: bytes) -> bool:
    """Say whether a header lets others read, or hands out the token that `authenticate` makes for each request."""
    key = key.lower()
    return key.startswith(b"access-control-") or (key == b"set-cookie" and value.startswith(SCREEN_COOKIE + b"="))


async def _answer(send: Send, status: int) -> None:
    body = _WORDS[status]
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        # What is still being sent is not waited for, be it gigabytes.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _declared_length(scope: Scope) -> int:
    value = _header(scope, b"content-length") or "0"
    return int(value) if value.isascii() and value.isdecimal() else 0


def _header(scope: Scope, name: bytes) -> str | None:
    found: Iterable[bytes] = (value for key, value in scope["headers"] if key.lower() == name)
    first = next(iter(found), None)
    return None if first is None else first.decode("latin-1")


def _host(scope: Scope) -> str:
    return (_header(scope, b"host") or "").lower()


def _scheme(scope: Scope) -> str:
    return {"ws": "http", "wss": "https"}.get(scope["scheme"], str(scope["scheme"]))
