"""The way in: what every answer carries, what breaks is a problem, and no route is reached by an unknown caller."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from bot.conversation.record import code_of
from bot.web.api.access import Access, Caller, Credentials, Whose
from bot.web.api.problems import Problem, retry_after
from bot.web.api.rates import Rates

logger = logging.getLogger(__name__)

App = Callable[[Any, Any, Any], Awaitable[None]]
Scope = MutableMapping[str, Any]
Handler = Callable[[Request], Coroutine[Any, Any, Response]]

IDENTITY_HEADER = "guide-identity"
# The one route that is passed on when a caller is over its limit: what is said there may be an emergency.
ANSWERS_EMERGENCIES = "send_message"
# As the guard before all pages; whatever fits is read for an emergency.
_MOST_BODY_BYTES = 128 * 1024
_ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_HEADERS = "guide_api_headers"
_OVER = "guide_api_over"
_CALLER = "guide_api_caller"


class Shield:
    """The outermost layer of the API: headers for every answer, and nothing that breaks is shown or logged as it is."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] == "websocket":  # there are none here
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[str, str] = dict(_ALWAYS)
        scope.setdefault("state", {})[_HEADERS] = headers
        has_started = False

        async def watched(message: Any) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                _add_headers(message, headers)
            await send(message)

        try:
            if _declared_bytes(scope) > _MOST_BODY_BYTES:
                raise Problem("too_large")
            if _is_other_than_json(scope):
                raise Problem("unsupported_media_type")
            await self._app(scope, _bounded(receive), watched)
        except Exception as error:  # noqa: BLE001  # a traceback may quote a patient; the server would log it
            problem = error if isinstance(error, Problem) else Problem("internal")
            if problem is not error:
                logger.error("request failed", extra={"code": code_of(error)})
            if not has_started:
                await problem.response()(scope, receive, watched)


def guarded_route(access: Access, rates: Rates) -> type[APIRoute]:
    """Return the class of routes that let known callers in, and count their requests."""

    class GuardedRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            handle = super().get_route_handler()
            reads_emergencies = self.name == ANSWERS_EMERGENCIES

            async def admitted(request: Request) -> Response:
                caller = await run_in_threadpool(access.caller, _credentials(request))
                window = rates.request(caller.key_id, talk_id=caller.talk_id, is_message=reads_emergencies)
                state = request.scope["state"]
                state[_HEADERS].update(window.headers())
                state[_CALLER] = caller
                over = Problem("rate_limited", headers=retry_after(window.reset_s)) if window.is_over else None
                if over is not None and (window.is_flood or not reads_emergencies):
                    raise over
                state[_OVER] = over
                return await handle(request)

            return admitted

    return GuardedRoute


def caller_of(request: Request) -> Caller:
    """Return who was let in."""
    caller: Caller = request.scope["state"][_CALLER]
    return caller


def over_limit(request: Request) -> Problem | None:
    """Return why only an emergency may be answered now; None: key and token have requests left."""
    over: Problem | None = request.scope["state"][_OVER]
    return over


def identity_of(request: Request) -> str | None:
    """Return the signed user id that was sent."""
    return request.headers.get(IDENTITY_HEADER)


async def find_whose(access: Access, request: Request, conversation_id: str) -> Whose:
    """Return whose conversation it is, whatever stands in the way of using it.

    Raises:
        Problem: Code ``not_found``: it is nothing to this caller.
    """
    return await run_in_threadpool(access.whose, caller_of(request), conversation_id, identity=identity_of(request))


async def require_whose(access: Access, request: Request, conversation_id: str) -> Whose:
    """Return whose conversation it is, for a call that may use it now.

    Raises:
        Problem: It may not.
    """
    whose = await find_whose(access, request, conversation_id)
    if whose.hindrance is not None:
        raise whose.hindrance
    return whose


def _credentials(request: Request) -> Credentials:
    return Credentials(
        authorization=request.headers.get("authorization"),
        has_origin="origin" in request.headers,
        address=request.client.host if request.client else "",
    )


def _is_other_than_json(scope: Scope) -> bool:
    """Tell whether a body comes as something else than JSON."""
    if scope["method"] not in ("POST", "PUT", "PATCH"):
        return False
    headers = {key.lower(): value for key, value in scope["headers"]}
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    return has_body and kind != b"application/json"


def _declared_bytes(scope: Scope) -> int:
    values = [value for key, value in scope["headers"] if key.lower() == b"content-length" and value.isdigit()]
    return int(values[0]) if values else 0


def _bounded(receive: Any) -> Any:
    """Stop reading a body that is longer than it may be, whatever it says of itself."""
    left = _MOST_BODY_BYTES

    async def bounded() -> Any:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)  # anything else FastAPI takes for a body that cannot be read
        return message

    return bounded


def _add_headers(message: Any, headers: dict[str, str]) -> None:
    present = {key.lower() for key, _ in message.get("headers", [])}
    more = [(key.encode(), value.encode()) for key, value in headers.items() if key.encode() not in present]
    message["headers"] = [*message.get("headers", []), *more]
