"""What goes wrong, as problem documents (RFC 9457): one fixed code for each, and nothing of what was sent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from bot.conversation.identity import IdentityError
from bot.errors import BotError, FloorError, LimitError, NotFoundError

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/api/v1/problems#"
_NO_EXTRA: Mapping[str, Any] = MappingProxyType({})
# A database that was away is mostly back within seconds.
_UNAVAILABLE_RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code stands for; `detail` is told where nothing more exact is known."""

    status: int
    title: str
    detail: str


CATALOG: Mapping[str, Kind] = MappingProxyType(
    {
        "bad_request": Kind(400, "The request cannot be read", "Send JSON in UTF-8, as the OpenAPI document shows."),
        "unauthorized": Kind(
            401, "No key", "Send 'Authorization: Bearer …' with the partner's key or the conversation's token."
        ),
        "key_refused": Kind(
            401, "The key does not work", "It is unknown, revoked or expired, or the partner is switched off."
        ),
        "token_refused": Kind(
            401,
            "The token does not work",
            "It is not ours or too old, or its key is revoked, or the partner is switched off.",
        ),
        "identity_needed": Kind(401, "Who writes?", "Send the signed user id in the header Guide-Identity."),
        "identity_expired": Kind(401, "The signed user id is too old", "Sign a new one and send the request again."),
        "identity_email": Kind(401, "The user id is an e-mail address", "Sign an id that names nobody."),
        "identity_refused": Kind(401, "The signed user id cannot be taken", "Check key, audience and times."),
        "key_in_browser": Kind(
            403,
            "A key was sent by a browser",
            "The key is for your server alone: revoke it, make a new one, and let your server call this API.",
        ),
        "key_needed": Kind(403, "A token is not enough", "Conversations are opened with the partner's key."),
        "not_found": Kind(404, "Not found", "There is no such thing, or not for this caller."),
        "method_not_allowed": Kind(405, "Not done here", "The header Allow names what can be done."),
        "idempotency_mismatch": Kind(
            409, "The key was used for another text", "Make a new Idempotency-Key for each message."
        ),
        "not_waiting": Kind(409, "Nobody waits", "No person was asked for, or the talk is over."),
        "limit.busy": Kind(409, "A message is being answered", "Send it again when the reply before it has come."),
        "too_large": Kind(413, "The request is too large", "Send at most 128 KiB."),
        "limit.too_long": Kind(413, "The message is too long", "Let the patient shorten it."),
        "unsupported_media_type": Kind(415, "Not JSON", "Send 'Content-Type: application/json'."),
        "invalid": Kind(422, "The request is not as described", "'errors' names each field and what is wrong."),
        "consent": Kind(422, "No consent", "Contact details are kept with the patient's consent only."),
        "nobody_named": Kind(
            422, "Nobody is named", "Send 'visitor', or the signed user id in the header Guide-Identity."
        ),
        "contact_email": Kind(422, "No e-mail address", "It cannot be one."),
        "contact_phone": Kind(422, "No telephone number", "It cannot be one, or lacks its country's code."),
        "rate_limited": Kind(429, "Too many requests", "Wait as long as Retry-After says."),
        "too_many_failures": Kind(429, "Too many wrong keys", "Wait as long as Retry-After says."),
        "too_many_streams": Kind(429, "Too many open streams", "Close streams that nobody reads."),
        "limit.too_fast": Kind(429, "The patient writes too fast", "Wait as long as Retry-After says."),
        "limit.too_many": Kind(429, "The patient has written enough for today", "Show them 'text'."),
        "limit.partner_full": Kind(429, "The partner's messages of today are used up", "Show the patient 'text'."),
        "internal": Kind(500, "Something broke here", "Try again; if it stays, tell us when it happened."),
        "unavailable": Kind(503, "Not available now", "Send the request again as Retry-After says."),
    }
)


class Problem(Exception):  # noqa: N818  # the standard's own word
    """A request that is not carried out.

    Args:
        code: A key of `CATALOG`.
        detail: For whoever reads the problem; None: the code's own. Never what a patient wrote.
        headers: Sent with it.
        extra: Further members of the document.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        extra: Mapping[str, Any] = _NO_EXTRA,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = CATALOG[code]
        self.detail = detail or self.kind.detail
        self.headers = {**_headers_of(self.kind.status), **headers}
        self.extra = extra

    def document(self) -> dict[str, Any]:
        """Return the problem as JSON-ready values."""
        return {
            "type": f"{TYPE_BASE}{self.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.code,
            **self.extra,
        }

    def response(self) -> Response:
        """Return the problem as an answer."""
        return JSONResponse(self.document(), status_code=self.kind.status, headers=self.headers, media_type=MEDIA_TYPE)


def retry_after(seconds: float) -> dict[str, str]:
    """Write the header that says when to come back."""
    return {"retry-after": str(max(1, int(seconds + 0.999)))}


def invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Return what is told of a request that is not as described; `errors` as Pydantic writes them."""
    return Problem("invalid", extra={"errors": [_shown(each) for each in errors]})


def problem_of(error: BotError) -> Problem:
    """Return what an error of ours is to the caller."""
    if isinstance(error, NotFoundError):
        return Problem("not_found")
    if isinstance(error, IdentityError):
        return Problem(error.code if error.code in CATALOG else "identity_refused", error.detail)
    if isinstance(error, FloorError):
        return Problem("not_waiting")
    if isinstance(error, LimitError) and error.code in CATALOG:
        return Problem(error.code, error.detail)
    logger.error("request not carried out", extra={"code": error.code})
    return Problem("unavailable", headers=retry_after(_UNAVAILABLE_RETRY_S))


def add_problem_handlers(app: FastAPI) -> None:
    """Let every refusal of an application be a problem document."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)  # noqa: S101  # registered for it alone
        return error.response()

    async def on_bot_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, BotError)  # noqa: S101  # as above
        return problem_of(error).response()

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # as above
        return invalid(error.errors()).response()

    async def on_http_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # as above
        code = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
        headers = {"allow": _allowed(app, request)} if error.status_code == 405 else {}
        return Problem(code.get(error.status_code, "bad_request"), headers=headers).response()

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(BotError, on_bot_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http_error)


def _allowed(app: FastAPI, request: Request) -> str:
    """Write all methods of a path; Starlette names those of the first route alone."""
    routes = (route for route in app.routes if isinstance(route, Route) and route.methods)
    found = (route.methods or () for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for methods in found for method in methods}))


def _headers_of(status: int) -> dict[str, str]:
    return {"www-authenticate": 'Bearer realm="guide"'} if status == 401 else {}


def _shown(error: Mapping[str, Any]) -> dict[str, str]:
    """Name a field and what is wrong with it; the name of an unknown field is the caller's own words, and left out."""
    place, *names = [str(part) for part in error["loc"]] or [""]
    is_ours = error["type"] not in ("extra_forbidden", "json_invalid")
    return {"in": place, "field": ".".join(names) if is_ours else "", "what": error["msg"]}
