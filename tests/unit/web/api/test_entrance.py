from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from bot.web.api.app import Bounds
from bot.web.api.problems import CATALOG
from tests.fakes.api import EMERGENCY, Api, make_api

JSON = {"content-type": "application/json"}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return make_api(tmp_path)


def _is_problem(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert (problem["status"], problem["type"]) == (status, f"/api/v1/problems#{code}")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in response.headers if name.startswith("access-control")]


def _raw(content: bytes) -> dict[str, Any]:
    return {"content": content, "headers": JSON}


@pytest.mark.parametrize(
    ("asked", "options", "code"),
    [
        pytest.param("GET /nothing", {}, "not_found", id="unknown-path"),
        pytest.param("GET /conversations/", {}, "not_found", id="slash"),
        pytest.param("GET /", {}, "not_found", id="root"),
        pytest.param("GET /docs", {}, "not_found", id="docs"),
        pytest.param("DELETE /conversations", {}, "method_not_allowed", id="method"),
        pytest.param("OPTIONS /conversations", {}, "method_not_allowed", id="options"),
        pytest.param("POST /conversations", {"content": b"x"}, "unsupported_media_type", id="no-type"),
        pytest.param("POST /conversations", {"data": {"language": "en"}}, "unsupported_media_type", id="form"),
        pytest.param("POST /conversations", _raw(b"{"), "invalid", id="no-json"),
        pytest.param("POST /conversations", _raw(b"\xff"), "bad_request", id="no-utf8"),
        pytest.param("POST /conversations", _raw(b"[" * 90_000), "bad_request", id="deep"),
        pytest.param("POST /conversations", _raw(b""), "invalid", id="no-body"),
        pytest.param("POST /conversations", {"json": []}, "invalid", id="list"),
        pytest.param("POST /conversations", _raw(b"1" * 131_073), "too_large", id="large"),
    ],
)
async def test_whatever_is_wrong_is_a_problem(asked: str, options: dict[str, Any], code: str, api: Api) -> None:
    async with api.client(api.key) as client:
        _is_problem(await client.request(*asked.split(), **options), CATALOG[code].status, code)


async def test_a_body_that_does_not_say_how_long_it_is_is_cut_off(api: Api) -> None:
    async def endless() -> Any:
        for _ in range(1_000):
            yield b'{"language": "' + b"e" * 1_000

    async with api.client(api.key) as client:
        _is_problem(await client.post("/conversations", content=endless(), headers=JSON), 413, "too_large")


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(api: Api) -> None:
    async with api.client(api.key) as client:
        response = await client.patch("/conversations/x/handoff", json={})
    assert response.headers["allow"] == "DELETE, GET, POST"


async def test_what_was_sent_is_not_repeated(api: Api) -> None:
    async with api.client(api.key) as client:
        response = await client.post(
            "/conversations", json={"Zebulon": 1, "visitor": "zebulon@example.org", "region": ["zebulon"]}
        )
    _is_problem(response, 422, "invalid")
    assert "zebulon" not in response.text.lower()
    assert response.json()["errors"] == [
        {"in": "body", "field": "region", "what": "Input should be a valid string"},
        {
            "in": "body",
            "field": "visitor",
            "what": "String should match pattern '^[A-Za-z0-9._:|~+/=-]{1,128}$'",
        },
        {"in": "body", "field": "", "what": "Extra inputs are not permitted"},
    ]


def test_there_are_no_websockets(api: Api) -> None:
    with TestClient(api.app) as client, pytest.raises(WebSocketDisconnect):
        client.websocket_connect("/api/v1/conversations").__enter__()


async def test_an_unknown_caller_is_told_so_before_anything_is_read(api: Api) -> None:
    async with api.client() as nobody:
        for path in ("/conversations", "/conversations/x/messages"):
            response = await nobody.post(path, content=b"{", headers=JSON)
            _is_problem(response, 401, "unauthorized")
            assert response.headers["www-authenticate"] == 'Bearer realm="guide"'
            assert "ratelimit-limit" not in response.headers


async def test_a_key_that_a_browser_sends_is_refused(api: Api) -> None:
    async with api.client(api.key, Origin="https://portal.example.org") as client:
        _is_problem(await client.post("/conversations", json={}), 403, "key_in_browser")


async def test_what_breaks_shows_and_logs_nothing_of_itself(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = await api.open()

    def breaks(**_: Any) -> Any:
        raise RuntimeError("Zebulon has lupus")

    monkeypatch.setattr(api.service, "reply", breaks)
    monkeypatch.setattr(api.service, "history", breaks)
    path = f"/conversations/{opened['conversation_id']}/messages"
    with caplog.at_level(logging.DEBUG):
        async with api.client(opened["token"]) as client:
            _is_problem(await client.post(path, json={"text": "Hello"}), 500, "internal")
            _is_problem(await client.get(path), 500, "internal")
            stream = await client.post(path, json={"text": "Hello"}, headers={"accept": "text/event-stream"})
            _is_problem(stream, 500, "internal")
    assert "Zebulon" not in caplog.text
    assert "Traceback" not in caplog.text
    assert "Hello" not in caplog.text


async def test_a_key_has_so_many_requests_and_is_told_how_many_are_left(tmp_path: Path) -> None:
    api = make_api(tmp_path, bounds=Bounds(requests_per_minute=3))
    opened = await api.open()
    path = f"/conversations/{opened['conversation_id']}"
    async with api.client(opened["token"]) as client:
        responses = [await client.get(path) for _ in range(3)]
        emergency = await client.post(f"{path}/messages", json={"text": EMERGENCY})
        question = await client.post(f"{path}/messages", json={"text": "What is a flare?"})
    assert [each.status_code for each in responses] == [200, 200, 429]
    assert [each.headers["ratelimit-remaining"] for each in responses] == ["1", "0", "0"]
    _is_problem(responses[2], 429, "rate_limited")
    assert 0 < int(responses[2].headers["retry-after"]) <= 60
    assert (emergency.status_code, emergency.json()["outcome"]) == (200, "emergency")
    _is_problem(question, 429, "rate_limited")
    assert question.json()["text"] == "That was very fast. Please wait a moment and send your message again."
    async with api.client(api.other_key) as other:
        assert (await other.post("/conversations", json={})).status_code == 201


async def test_a_flood_is_not_even_read(tmp_path: Path) -> None:
    api = make_api(tmp_path, bounds=Bounds(requests_per_minute=1))
    opened = await api.open()
    path = f"/conversations/{opened['conversation_id']}/messages"
    async with api.client(opened["token"]) as client:
        statuses = [(await client.post(path, json={"text": EMERGENCY})).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]


async def test_one_conversations_token_silences_no_other(tmp_path: Path) -> None:
    api = make_api(tmp_path, bounds=Bounds(requests_per_minute=10, requests_per_token=3))
    loud, other = await api.open(), await api.open()
    path = f"/conversations/{loud['conversation_id']}"
    async with api.client(loud["token"]) as client:
        statuses = [(await client.get(path)).status_code for _ in range(200)]
        own = [await client.post(f"{path}/messages", json={"text": EMERGENCY}) for _ in range(4)]
    assert statuses == [200] * 3 + [429] * 197
    assert [each.status_code for each in own] == [200, 200, 200, 429]
    assert (own[0].headers["ratelimit-limit"], own[0].headers["ratelimit-remaining"]) == ("3", "0")
    path = f"/conversations/{other['conversation_id']}/messages"
    async with api.client(other["token"]) as client:
        question = await client.post(path, json={"text": "What is a flare?"})
        emergency = await client.post(path, json={"text": EMERGENCY})
    assert (question.json()["outcome"], emergency.json()["outcome"]) == ("answered", "emergency")


async def test_requests_that_are_no_messages_are_no_flood(tmp_path: Path) -> None:
    api = make_api(tmp_path, bounds=Bounds(requests_per_minute=1))
    opened = await api.open()
    path = f"/conversations/{opened['conversation_id']}"
    async with api.client(api.key) as client:
        statuses = {(await client.get(path)).status_code for _ in range(50)}
        emergency = await client.post(f"{path}/messages", json={"text": EMERGENCY})
    assert (statuses, emergency.status_code) == ({429}, 200)
