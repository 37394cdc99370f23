from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.web.guard import Guard, Policy

THREAD = "11111111-1111-4111-8111-111111111111"


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body, and with headers a careless app would send."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    headers = [(b"access-control-allow-origin", b"*"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": str(size).encode()})


def _client(policy: Policy | None = None) -> httpx.AsyncClient:
    guard = Guard(_echo, policy=policy or Policy(), authenticate=lambda headers: headers)
    transport = httpx.ASGITransport(app=guard)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://guide.test")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/chat/project/file", id="upload"),
        pytest.param("GET", "/chat/project/file/abc", id="download"),
        pytest.param("PUT", "/chat/project/thread/share", id="share"),
        pytest.param("GET", "/chat/project/share/abc", id="shared_thread"),
        pytest.param("PUT", "/chat/project/element", id="element"),
        pytest.param("DELETE", "/chat/project/element", id="element_delete"),
        pytest.param("GET", f"/chat/project/thread/{THREAD}/element/abc", id="element_read"),
        pytest.param("GET", f"/chat/project/thread/{THREAD}", id="thread_read"),
        pytest.param("DELETE", "/chat/project/thread", id="thread_delete"),
        pytest.param("PUT", "/chat/project/thread", id="thread_rename"),
        pytest.param("POST", "/chat/project/threads", id="threads"),
        pytest.param("PUT", "/chat/feedback", id="feedback"),
        pytest.param("DELETE", "/chat/feedback", id="feedback_delete"),
        pytest.param("POST", "/chat/mcp", id="mcp"),
        pytest.param("DELETE", "/chat/mcp", id="mcp_delete"),
        pytest.param("GET", "/chat/docs", id="docs"),
        pytest.param("GET", "/chat/openapi.json", id="openapi"),
        pytest.param("GET", "/chat/redoc", id="redoc"),
        pytest.param("POST", "/chat/login", id="password_login"),
        pytest.param("POST", "/chat/logout", id="logout"),
        pytest.param("POST", "/chat/auth/jwt", id="token_login"),
        pytest.param("GET", "/chat/auth/oauth/github", id="oauth"),
        pytest.param("GET", "/chat/copilot/index.js", id="copilot"),
        pytest.param("GET", "/chat/public/theme.json", id="public"),
        pytest.param("GET", "/chat/assets/index-abc.js.map", id="source_map"),
        pytest.param("GET", "/chat/assets/%2e%2e/secret.js", id="climbing"),
        pytest.param("GET", "/chat/ws/socket.io/", id="polling"),
        pytest.param("POST", "/chat/ws/socket.io/", id="polling_post"),
        pytest.param("GET", "/chat/thread/not-an-id", id="malformed_thread"),
        pytest.param("GET", "/chat/anything", id="anything"),
        pytest.param("GET", "/chat/my/not-an-id", id="malformed_own"),
        pytest.param("GET", f"/chat/my/{THREAD}/erase", id="erase_by_a_link"),
        pytest.param("POST", f"/chat/my/{THREAD}/take", id="unknown_wish"),
    ],
)
async def test_closes_every_route_that_is_not_listed(method: str, path: str) -> None:
    async with _client() as client:
        response = await client.request(method, path)
    assert (response.status_code, response.text) == (404, "not found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/chat", id="bare"),
        pytest.param("GET", "/chat/", id="page"),
        pytest.param("HEAD", "/chat/", id="head"),
        pytest.param("GET", f"/chat/thread/{THREAD}", id="thread"),
        pytest.param("GET", "/chat/assets/index-B2u6IBgX.js", id="script"),
        pytest.param("GET", "/chat/project/settings", id="settings"),
        pytest.param("GET", f"/chat/sources/{THREAD}/abc/1", id="source"),
        pytest.param("POST", "/chat/project/action", id="action"),
        pytest.param("GET", f"/chat/my/{THREAD}", id="own_conversation"),
        pytest.param("GET", f"/chat/my/{THREAD}/download", id="own_copy"),
        pytest.param("POST", f"/chat/my/{THREAD}/contact", id="contact"),
        pytest.param("POST", f"/chat/my/{THREAD}/contact/withdraw", id="contact_withdrawn"),
        pytest.param("POST", f"/chat/my/{THREAD}/end", id="end"),
        pytest.param("POST", f"/chat/my/{THREAD}/rate", id="rate"),
        pytest.param("POST", f"/chat/my/{THREAD}/erase", id="erase"),
        pytest.param("GET", "/guide", id="elsewhere"),
        pytest.param("GET", "/chatter", id="similar_name"),
    ],
)
async def test_opens_the_listed_routes(method: str, path: str) -> None:
    async with _client() as client:
        assert (await client.request(method, path)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="no_origin"),
        pytest.param({"Origin": "http://guide.test"}, 200, id="own"),
        pytest.param({"Origin": "http://evil.test"}, 403, id="foreign"),
        pytest.param({"Origin": "https://guide.test"}, 403, id="other_scheme"),
        pytest.param({"Origin": "http://guide.test.evil.test"}, 403, id="longer_name"),
        pytest.param({"Origin": "null"}, 403, id="null"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, 403, id="cross_site_without_origin"),
    ],
)
async def test_lets_only_its_own_pages_post(headers: dict[str, str], status: int) -> None:
    async with _client() as client:
        assert (await client.post("/chat/project/action", headers=headers)).status_code == status


async def test_accepts_the_public_address_only() -> None:
    policy = Policy(public_origin="https://guide.example.org")
    origins = ("https://guide.example.org", "https://partner.test", "http://guide.test")
    async with _client(policy) as client:
        statuses = [
            (await client.post("/chat/project/action", headers={"Origin": origin})).status_code for origin in origins
        ]
    assert statuses == [200, 403, 403]


async def test_refuses_a_body_that_says_it_is_too_large() -> None:
    async with _client(Policy(max_body_bytes=10)) as client:
        response = await client.post("/chat/project/action", content=b"x" * 11)
    assert (response.status_code, response.text) == (413, "too large")


async def test_refuses_a_body_that_turns_out_too_large() -> None:
    async def pieces() -> Any:
        for _ in range(3):
            yield b"x" * 5

    async with _client(Policy(max_body_bytes=10)) as client:
        response = await client.post("/chat/project/action", content=pieces())
    assert (response.status_code, response.text) == (413, "too large")


async def test_passes_a_body_within_the_limit() -> None:
    async with _client(Policy(max_body_bytes=10)) as client:
        assert (await client.post("/chat/project/action", content=b"x" * 10)).text == "10"


async def test_every_answer_carries_the_security_headers_and_no_cors() -> None:
    async with _client() as client:
        headers = (await client.get("/chat/")).headers
    assert "access-control-allow-origin" not in headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self' ws://guide.test; manifest-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


async def test_refusals_carry_the_security_headers_too() -> None:
    async with _client() as client:
        headers = (await client.get("/chat/docs")).headers
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_hostile_host_header_does_not_reach_the_policy() -> None:
    async with _client() as client:
        headers = (await client.get("/chat/", headers={"Host": "a; script-src *"})).headers
    assert "connect-src 'self';" in headers["content-security-policy"]


async def _websocket(headers: list[tuple[bytes, bytes]], path: str = "/chat/ws/socket.io/") -> list[str]:
    sent: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    guard = Guard(app, policy=Policy(), authenticate=lambda found: found)
    scope = {"type": "websocket", "path": path, "scheme": "ws", "headers": [(b"host", b"guide.test"), *headers]}
    await guard(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    ("origin", "answer"),
    [
        pytest.param(b"http://guide.test", "websocket.accept", id="own"),
        pytest.param(b"http://evil.test", "websocket.close", id="foreign"),
        pytest.param(b"null", "websocket.close", id="null"),
    ],
)
async def test_a_websocket_opens_for_its_own_pages_only(origin: bytes, answer: str) -> None:
    assert await _websocket([(b"origin", origin)]) == [answer]


async def test_a_websocket_opens_at_one_path_only() -> None:
    assert await _websocket([], path="/chat/other") == ["websocket.close"]


async def test_the_console_is_kept_nowhere_framed_by_nobody_and_runs_no_inline_script() -> None:
    async with _client() as client:
        for path in ("/staff", "/staff/queue"):
            headers = (await client.get(path)).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "same-origin"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "unsafe-inline" not in headers["content-security-policy"]
        assert (await client.get("/staffing")).headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param("http://guide.test", 200, id="own"),
        pytest.param("https://partner.test", 403, id="partner"),
        pytest.param("http://evil.test", 403, id="stranger"),
        pytest.param("null", 403, id="hidden"),
    ],
)
async def test_the_console_hears_its_own_pages_alone(origin: str, status: int) -> None:
    async with _client() as client:
        response = await client.post("/staff/people", headers={"origin": origin})
        assert response.status_code == status


async def test_the_api_says_itself_who_may_call_and_how_much_may_be_sent() -> None:
    """It takes no cookies, and answers in problems of its own; the headers of the guard it has all the same."""
    async with _client(Policy(max_body_bytes=10)) as client:
        answer = await client.post("/api/v1/x", headers={"Origin": "https://evil.test"}, content=b"x" * 20)
    assert answer.status_code == 200
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ("https://evil.test/chat/?a=1#b", "/chat/?a=1#b"),
        ("http://EVIL.test/chat/", "/chat/"),
        ("https://evil.test//elsewhere.test/", "/elsewhere.test/"),
        ("https://evil.test", "/"),
        ("/staff", "/staff"),
        ("https://issuer.test/authorize?x=1", "https://issuer.test/authorize?x=1"),
    ],
)
async def test_a_hostile_host_header_sends_nobody_elsewhere(sent: str, arrives: str) -> None:
    async def redirect(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 307, "headers": [(b"Location", sent.encode())]})
        await send({"type": "http.response.body", "body": b""})

    guard = Guard(redirect, policy=Policy(), authenticate=lambda headers: headers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=guard), base_url="http://evil.test") as client:  # type: ignore[arg-type]
        response = await client.get("/chat")
    assert response.headers["location"] == arrives
