"""A sweep over every route of the whole site: what each answer says of itself, whoever asks and however badly."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from bot.bootstrap import make_stores
from bot.db.partners import blank_partner
from bot.db.staff import By
from bot.settings import Settings
from bot.web.site import build_site

UUID = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"
PUBLIC = "https://guide.example.org"
PORTAL = "https://portal.example.org"
ALWAYS = {
    "x-content-type-options": {"nosniff"},
    "referrer-policy": {"no-referrer", "same-origin"},
    "cross-origin-opener-policy": {"same-origin"},
    "cross-origin-resource-policy": {"same-origin", "cross-origin"},
    "strict-transport-security": {"max-age=31536000"},
}
LOADER = ("/widget.js", "/widget/")
# Only what the guide and its files show to everybody may be kept by anybody.
KEPT = (*LOADER, "/static/", "/chat/assets/", "/guide")


@pytest.fixture(scope="module")
def site(mini_index_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("site")
    settings = Settings(index_dir=mini_index_dir, data_dir=folder, public_url=PUBLIC)
    now = datetime.now(UTC)
    partner = replace(blank_partner(partner_id="st-mary", name="St Mary", now=now), origins=(PORTAL,))
    make_stores(settings).partners.add(partner, by=By(name="test"), now=now)
    return build_site(settings)


def _paths(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Return method and path of every route, those of included routers and mounted apps as well."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from _paths(route.effective_route_contexts(), prefix)
        elif isinstance(route, Mount):
            yield from _paths(route.routes or (), prefix + route.path)
        else:
            for method in sorted(getattr(route, "methods", None) or {"GET"}):
                yield method, prefix + route.path


def _filled(path: str) -> str:
    path = re.sub(r"\{(partner_id)\}", "st-mary", path)
    path = re.sub(r"\{(\w*version)\}", "1.0.0", path)
    return re.sub(r"\{[^}]+\}", UUID, path)


async def test_every_answer_of_every_route_carries_the_headers(site: FastAPI) -> None:
    wrong: list[tuple[Any, ...]] = []
    asked = 0
    transport = httpx.ASGITransport(app=site, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
        listed = sorted(set(_paths(list(site.router.routes))))
        for method, path in [*listed, ("GET", "/no-such-page"), ("GET", "/chat/docs"), ("POST", "/chat/project/file")]:
            for headers in ({}, {"Origin": PUBLIC}, {"Origin": "https://evil.example"}):
                answer = await client.request(method, _filled(path), headers=headers, content=b"{")
                asked += 1
                wrong += [(method, path, *problem) for problem in _problems(_filled(path), answer)]
    assert wrong == []
    assert asked > 300


def _problems(path: str, answer: httpx.Response) -> Iterator[tuple[Any, ...]]:
    headers = answer.headers
    for name, allowed in ALWAYS.items():
        if headers.get(name) not in allowed:
            yield name, headers.get(name)
    policy = headers.get("content-security-policy", "")
    if not policy.startswith("default-src 'none'") or "unsafe-eval" in policy or "*" in policy:
        yield "content-security-policy", policy
    framed_by = policy.rpartition("frame-ancestors ")[2]
    if framed_by != "'none'" and not (path.startswith("/embed/st-mary") and framed_by == PORTAL):
        yield "frame-ancestors", framed_by
    if answer.status_code >= 500 and path != "/readyz":
        yield "status", answer.status_code
    if "server" in headers or "x-powered-by" in headers:
        yield "server", headers.get("server")
    if "access-control-allow-origin" in headers and not path.startswith(LOADER):
        yield "access-control-allow-origin", headers["access-control-allow-origin"]
    yield from _kept_problems(path, headers)


def _kept_problems(path: str, headers: httpx.Headers) -> Iterator[tuple[Any, ...]]:
    if not path.startswith(KEPT) and "no-store" not in headers.get("cache-control", "no-store"):
        yield "cache-control", headers["cache-control"]
    for cookie in headers.get_list("set-cookie"):
        if not all(flag in cookie for flag in ("HttpOnly", "Secure", "SameSite=")) or "__Host-" not in cookie:
            yield "set-cookie", cookie


@pytest.mark.parametrize("path", ["/chat/", f"/chat/thread/{UUID}", "/staff/sign-in", "/embed/st-mary", "/api/v1/x"])
async def test_what_is_of_one_visitor_is_kept_nowhere(site: FastAPI, path: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url=PUBLIC) as client:
        assert (await client.get(path)).headers["cache-control"] == "no-store"


async def test_the_api_tells_a_browser_in_its_own_words_that_keys_stay_on_servers(site: FastAPI) -> None:
    headers = {"Origin": "https://evil.example", "Authorization": "Bearer guide_0_x"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site), base_url=PUBLIC) as client:
        answer = await client.post("/api/v1/conversations", headers=headers, json={})
        large = await client.post("/api/v1/conversations", json={"language": "x" * 200_000})
    assert (answer.status_code, answer.json()["code"]) == (403, "key_in_browser")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert {each.headers["content-type"] for each in (answer, large)} == {"application/problem+json"}
