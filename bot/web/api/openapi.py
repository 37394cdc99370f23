"""The OpenAPI document: what FastAPI knows of the routes, and beside it keys, problems, streams and headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.openapi.utils import get_openapi

from bot.web.api.problems import CATALOG, MEDIA_TYPE, Problem
from bot.web.api.schemas import UUID4, ProblemOut, schema_of

VERSION = "1.0.0"
BASE_PATH = "/api/v1"
PUBLIC = "public"
TAGS = [
    {"name": "conversations", "description": "Open, read, export and erase."},
    {"name": "messages", "description": "What the patient writes, the replies, the transcript."},
    {"name": "handoff", "description": "Ask for a person, and what the patient may do then."},
    {"name": PUBLIC, "description": "For everybody, without a key."},
]
DESCRIPTION = f"""A conversational guide to lupus and CAR-T therapy. Every sentence of an answer comes from a written \
guide and carries a number, and the number names the passage it rests on. It is a machine and not a doctor: show the \
disclaimer wherever you show its replies, and never hold back a reply of outcome `emergency` or `crisis`.

For your **server**: a key never belongs in a page or an app. Every call carries `Authorization: Bearer …` with the \
partner's key, or with the token of the one conversation it is about. Whatever goes wrong is a problem document \
(`{MEDIA_TYPE}`, RFC 9457); decide by its `code`, show the patient its `text` where it has one.

Every answer of a known caller carries `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`."""

ConversationId = Annotated[
    str,
    Path(
        description="As the conversation was opened with; another one is not found.",
        json_schema_extra={"pattern": UUID4, "examples": ["5f2b6f0e-3c51-4f0e-9d53-1f1f5d1a7c11"]},
    ),
]
_IDENTITY = {
    "name": "Guide-Identity",
    "in": "header",
    "required": False,
    "description": "The user id that your server signed (JWT, HS256). Needed with every call where the partner's "
    "identity is `required`; looked at where it is `optional`; else ignored.",
    "schema": {"type": "string"},
}
_SCHEMES = {
    "partnerKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "The partner's key, `guide_<id>_<secret>`. From your server only.",
    },
    "conversationToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of one conversation, `talk_…`; works for 180 days and no longer than the key it was "
        "given under.",
    },
}
_RATE_HEADERS = {
    "RateLimit-Limit": "Requests in a minute: of the token, or of its key where that has fewer left.",
    "RateLimit-Remaining": "Requests left now.",
    "RateLimit-Reset": "Seconds until there is room for one more.",
}
_WORDS = {
    400: "The request cannot be read.",
    401: "Nobody we know, or the patient is not named as the partner demands.",
    403: "This caller may not do this.",
    404: "There is no such thing, or not for this caller.",
    409: "It does not fit what is going on.",
    413: "Too large or too long.",
    415: "Not JSON.",
    422: "Not as described.",
    429: "Too much, or too fast; Retry-After says when to come back.",
    500: "Something broke here.",
    503: "Not available now; Retry-After says when to come back.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route may answer with, each with an example for every code."""
    return {status: _described(status) for status in statuses}


def stream_of(events: Mapping[str, str]) -> dict[str, Any]:
    """Describe a stream of server-sent events; `events` are names and what comes with them."""
    example = "\n\n".join(f"event: {name}\n{data}" for name, data in events.items())
    return {
        "content": {
            "text/event-stream": {
                "schema": {"type": "string", "description": f"Events: {', '.join(events)}."},
                "example": f"{example}\n\n",
            }
        }
    }


def document_of(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what writes the document of an application, once."""
    kept: dict[str, Any] = {}

    def write() -> dict[str, Any]:
        if not kept:
            kept.update(_written(app))
        return kept

    return write


def _written(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        servers=[{"url": BASE_PATH}],
    )
    components = document.setdefault("components", {})
    schema_of(ProblemOut, components.setdefault("schemas", {}))
    components["securitySchemes"] = _SCHEMES
    components["parameters"] = {"GuideIdentity": _IDENTITY}
    components["headers"] = {
        name: {"description": words, "schema": {"type": "string", "pattern": "^[0-9]+$"}}
        for name, words in _RATE_HEADERS.items()
    }
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            _leave_out_validation(operation["responses"])
            operation["responses"]["500"] = _described(500)
            if PUBLIC not in operation["tags"]:
                _complete(operation, is_token_enough="{conversation_id}" in path)
    return document


def _complete(operation: dict[str, Any], *, is_token_enough: bool) -> None:
    """Say what every route for known callers has: keys, the signed user id, the headers of limits."""
    operation["security"] = [{"partnerKey": []}]
    if is_token_enough:
        operation["security"].append({"conversationToken": []})
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/GuideIdentity"})
    for status, response in operation["responses"].items():
        if status < "300" or status == "429":
            headers = {name: {"$ref": f"#/components/headers/{name}"} for name in _RATE_HEADERS}
            # Who was wrong too often is counted by address, and has no key whose limit could be told.
            response.setdefault("headers", {}).update(headers)


def _leave_out_validation(responses: dict[str, Any]) -> None:
    """Take out what FastAPI adds where a path has a parameter: any text is taken, and one of nothing is not found."""
    if MEDIA_TYPE not in responses.get("422", {"content": {MEDIA_TYPE: {}}})["content"]:
        del responses["422"]


def _described(status: int) -> dict[str, Any]:
    examples = {
        code: {"summary": kind.title, "value": Problem(code).document()}
        for code, kind in CATALOG.items()
        if kind.status == status
    }
    described: dict[str, Any] = {
        "description": _WORDS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}, "examples": examples}},
    }
    if status == 401:
        described["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    return described
