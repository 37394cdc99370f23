"""Serves the widget's loader: the newest at ``/widget.js``, each version for good at ``/widget/<version>.js``."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

LOADERS_DIR = Path(__file__).parent / "loaders"
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_METHODS = ["GET", "HEAD"]
# The newest may be an hour old: a fix reaches every portal within it, and no visitor waits for the question.
_NEWEST_CACHE = "public, max-age=3600, stale-while-revalidate=86400"
_RELEASED_CACHE = "public, max-age=31536000, immutable"
# Any page may load it: what it may open is decided by the ticket, not here.
_HEADERS = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
    "vary": "accept-encoding",
}
_MEDIA_TYPE = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Loader:
    """One released loader.

    Attributes:
        version: Three numbers, as in its file's name.
        script: Its bytes, ASCII only.
        packed: The same, gzip.
        digest: SHA-256 of the script, hexadecimal.
        integrity: What a tag says so that a browser runs these bytes and no others.
    """

    version: str
    script: bytes
    packed: bytes
    digest: str
    integrity: str


def widget_router(loaders_dir: Path = LOADERS_DIR) -> APIRouter:
    """Make the routes of the loader; the files are read and packed now, once."""
    loaders = read_loaders(loaders_dir)
    newest = next(reversed(loaders.values()))
    router = APIRouter()

    @router.api_route("/widget.js", methods=_METHODS, include_in_schema=False)
    def _newest(request: Request) -> Response:
        return _answer(request, loader=newest, cache_control=_NEWEST_CACHE)

    @router.api_route("/widget/{version}.js", methods=_METHODS, include_in_schema=False)
    def _released(request: Request, version: str) -> Response:
        loader = loaders.get(version)
        if loader is None:
            return PlainTextResponse("There is no such version of the widget.\n", status_code=404, headers=_HEADERS)
        return _answer(request, loader=loader, cache_control=_RELEASED_CACHE)

    return router


@cache
def read_loaders(loaders_dir: Path = LOADERS_DIR) -> dict[str, Loader]:
    """Read the released loaders, oldest first.

    Raises:
        FileNotFoundError: There is none; the package was installed without its scripts.
    """
    found = [path for path in loaders_dir.glob("*.js") if _VERSION.fullmatch(path.stem)]
    if not found:
        message = f"no loader in {loaders_dir}: install the package with its .js files"
        raise FileNotFoundError(message)
    return {path.stem: _read(path) for path in sorted(found, key=lambda path: _numbers(path.stem))}


def tag(*, origin: str, partner_id: str, version: str | None = None) -> str:
    """Write the HTML tag that a partner puts into its pages.

    Args:
        origin: Scheme and host of this server, as patients see it.
        partner_id: The partner's id.
        version: A released version: its address and digest, so that the portal runs these bytes and no others.
            None: the newest, which receives fixes by itself.

    Raises:
        KeyError: No such version.
    """
    partner = escape(partner_id)
    if version is None:
        return f'<script src="{escape(origin)}/widget.js" data-partner="{partner}" async></script>'
    integrity = read_loaders()[version].integrity
    return (
        f'<script src="{escape(origin)}/widget/{version}.js" integrity="{integrity}" crossorigin="anonymous" '
        f'data-partner="{partner}" async></script>'
    )


def _read(path: Path) -> Loader:
    script = path.read_bytes()
    return Loader(
        version=path.stem,
        script=script,
        packed=gzip.compress(script, compresslevel=9, mtime=0),
        digest=hashlib.sha256(script).hexdigest(),
        integrity=f"sha384-{base64.b64encode(hashlib.sha384(script).digest()).decode('ascii')}",
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _answer(request: Request, *, loader: Loader, cache_control: str) -> Response:
    is_packed = _takes_gzip(request.headers.get("accept-encoding", ""))
    # Two different bodies never share a strong tag.
    etag = f'"{loader.digest[:32]}{"-gzip" if is_packed else ""}"'
    headers = {**_HEADERS, "cache-control": cache_control, "etag": etag}
    if _knows(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    if is_packed:
        return Response(loader.packed, media_type=_MEDIA_TYPE, headers={**headers, "content-encoding": "gzip"})
    return Response(loader.script, media_type=_MEDIA_TYPE, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    quality = {"*": 0.0}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        quality[name.strip()] = _quality(parameter)
    return quality.get("gzip", quality["*"]) > 0


def _quality(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _knows(if_none_match: str, etag: str) -> bool:
    # A proxy on the way may have weakened the tag.
    known = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return etag in known or "*" in known
