"""Attacks on the chat in partners' pages, over the wire against a running server: each finds the door closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import socketio

from bot.db.staff import By
from tests.e2e.conftest import OTHER_PORTAL, PORTAL, ChatServer
from tests.e2e.visitors import FrameClient, finished, framed, names, says, talking_in_frame, visitor

BY = By(name="test")
THREAD = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"


# ---- Another visitor's conversation ----


async def test_another_visitors_conversation_is_not_there(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered, "What is CAR-T?") as (_, reply), framed(partnered) as stranger:
        thread, before = reply["threadId"], list(partnered.service.messages[reply["threadId"]])
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect(thread_id=thread)
        for path in (f"/my/{thread}", f"/my/{thread}/download", f"/sources/{thread}/{reply['id']}/1"):
            assert (await stranger.request("GET", path)).status_code == 404
        for path in ("contact/withdraw", "end", "erase"):
            assert (await stranger.request("POST", f"/my/{thread}/{path}")).status_code == 404
        assert partnered.service.messages[thread] == before


async def test_another_visitors_session_cannot_be_taken_over(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered) as (owner, reply), framed(partnered) as stranger:
        stranger.session_id = owner.session_id
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect()
        assert (await stranger.press("person", reply_id=reply["id"])).status_code == 404
        assert partnered.service.person_requests == []


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"threadId": "x') OR 1=1 --"}, id="injected_thread"),
        pytest.param({"threadId": "11111111-1111-1111-8111-111111111111"}, id="not_version_4"),
        pytest.param({"sessionId": "../../etc"}, id="session_with_a_path"),
        pytest.param({"sessionId": {"$ne": ""}}, id="session_of_another_type"),
    ],
)
async def test_ids_that_are_not_ours_are_refused(partnered: ChatServer, claims: dict[str, Any]) -> None:
    async with framed(partnered) as client:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(auth=claims)


@pytest.mark.parametrize("origin", [PORTAL, OTHER_PORTAL, "https://evil.example", "null"])
async def test_a_websocket_of_another_page_is_refused_even_of_the_partner_itself(
    partnered: ChatServer, origin: str
) -> None:
    async with framed(partnered) as client:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(origin=origin)


async def test_feedback_on_anothers_message_is_forgotten(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered) as (owner, reply), talking_in_frame(partnered) as (stranger, _):
        await stranger.press("helpful", reply_id=reply["id"])
        assert partnered.service.feedback == []
        await owner.press("helpful", reply_id=reply["id"])
        assert [(given.reply_id, given.value) for given in partnered.service.feedback] == [(reply["id"], 1)]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        pytest.param("edit_message", {"message": {"id": "REPLY", "output": "Cured.", "type": "x"}}, id="edit"),
        pytest.param(
            "client_message", {"message": {"id": "REPLY", "type": "assistant_message", "output": "Cured."}}, id="as_bot"
        ),
        pytest.param(
            "client_message", {"message": {"id": "REPLY", "type": "system_message", "output": "x"}}, id="as_system"
        ),
        pytest.param("message_favorite", {"message": {"id": "REPLY"}}, id="favourite"),
        pytest.param("chat_settings_change", {"model": "another"}, id="settings"),
        pytest.param("window_message", "hello", id="window"),
        pytest.param("audio_start", {}, id="audio"),
        pytest.param("guide_typing", {"x": ["y"]}, id="typing"),
    ],
)
async def test_a_stored_answer_cannot_be_overwritten(partnered: ChatServer, event: str, data: Any) -> None:
    async with talking_in_frame(partnered) as (client, reply):
        await client.until(lambda events: events[-1][0] == "task_end")
        if isinstance(data, dict) and "message" in data:
            data = {"message": {**data["message"], "id": reply["id"]}}
        before = list(partnered.service.messages[reply["threadId"]])
        await client.socket.emit(event, data)
        await client.say("I have chest pain")
        await client.until(lambda events: names(events).count("task_end") > 1)
        assert partnered.service.messages[reply["threadId"]][: len(before)] == before
        assert [message.text for message in partnered.service.messages[reply["threadId"]]].count("Cured.") == 0


async def test_a_step_id_of_ones_own_answer_sent_as_a_message_replaces_nothing(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered) as (client, reply):
        await client.say("What is CAR-T?", message_id=reply["id"])
        await client.until(lambda events: names(events).count("task_end") > 1)
        texts = [message.text for message in partnered.service.messages[reply["threadId"]] if message.id == reply["id"]]
        assert texts == [reply["output"]]


# ---- Routes, sizes, floods ----


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/project/file?session_id=x", id="upload"),
        pytest.param("GET", "/project/file/x", id="file"),
        pytest.param("PUT", "/project/thread/share", id="share"),
        pytest.param("GET", "/project/share/x", id="shared"),
        pytest.param("GET", f"/project/thread/{THREAD}", id="thread"),
        pytest.param("POST", "/project/threads", id="threads"),
        pytest.param("PUT", "/project/element", id="element"),
        pytest.param("DELETE", "/project/thread", id="delete"),
        pytest.param("PUT", "/feedback", id="feedback"),
        pytest.param("POST", "/mcp", id="mcp"),
        pytest.param("POST", "/login", id="login"),
        pytest.param("GET", "/docs", id="docs"),
        pytest.param("GET", "/openapi.json", id="openapi"),
        pytest.param("GET", "/copilot/index.js", id="copilot"),
        pytest.param("GET", "/ws/socket.io/", id="polling"),
        pytest.param("GET", "/../staff", id="up"),
        pytest.param("GET", "/%2e%2e/staff", id="up_encoded"),
        pytest.param("OPTIONS", "/ticket", id="preflight"),
        pytest.param("DELETE", "/enter", id="another_method"),
    ],
)
async def test_what_the_chat_needs_not_is_not_there(partnered: ChatServer, method: str, path: str) -> None:
    async with framed(partnered) as client:
        assert (await client.request(method, path)).status_code in (404, 405)


async def test_an_oversized_upload_ends_before_it_is_read(partnered: ChatServer) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(2000):
            read += 64 * 1024
            yield b"x" * 64 * 1024

    async with framed(partnered) as client:
        for path in ("/project/file?session_id=x", "/project/action", "/enter"):
            try:
                answer = await client.request("POST", path, content=endless())
            except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
                continue
            assert answer.status_code in (404, 413)
    assert read < 60 * 1024 * 1024


async def test_headers_have_a_limit(partnered: ChatServer) -> None:
    async with httpx.AsyncClient(base_url=partnered.url) as http:
        assert (await http.get("/chat/", headers={"X-Long": "x" * 40_000})).status_code == 431
        assert (await http.get("/chat/", headers={"X-Long": "x" * 20_000})).status_code == 200


async def test_a_frame_of_a_megabyte_ends_the_line_and_costs_no_other(partnered: ChatServer) -> None:
    async with framed(partnered) as client, framed(partnered) as other:
        await client.connect()
        await other.connect()
        await client.say("x" * 1_000_000)
        async with asyncio.timeout(10):
            await client.socket.wait()
        await other.say("the moon")
        assert await other.until(finished)


async def test_a_flood_of_messages_ends_at_the_door_and_an_emergency_is_heard(partnered: ChatServer) -> None:
    partnered.service.delay_s = 0.3
    async with framed(partnered) as client:
        await client.connect()
        for number in range(200):
            await client.say(f"the moon {number}")
        await client.until(lambda events: names(events).count("guide_done") == 200)
        await client.say("I have chest pain")
        await client.until(lambda events: says(events, "112"))
        thread = next(data["thread_id"] for event, data in client.events if event == "first_interaction")
        asked = [message for message in partnered.service.messages[thread] if message.text.startswith("the moon")]
        assert len(asked) < 20


@asynccontextmanager
async def a_dozen_lines(client: FrameClient) -> AsyncIterator[list[FrameClient]]:
    """Open as many lines of one visitor as there may be; whoever closes one takes it out."""
    others = [FrameClient(client.server, partner_id="contract", portal=PORTAL) for _ in range(12)]
    try:
        for other in others:
            other.passed = client.passed
            await other.connect()
        yield others
    finally:
        for other in others:
            await other.close()


async def test_a_client_that_says_it_connects_or_leaves_is_not_believed(partnered: ChatServer) -> None:
    async with framed(partnered) as client, a_dozen_lines(client) as others:
        for other in others:
            await other.socket.emit("disconnect", "x")
            await other.socket.emit("connect", {"HTTP_COOKIE": client.passed})
        await others[-1].say("the moon")
        assert await others[-1].until(finished)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect()


async def test_one_visitor_holds_no_more_than_a_dozen_lines(partnered: ChatServer) -> None:
    async with framed(partnered) as client, a_dozen_lines(client) as others:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect()
        await others.pop().close()
        await _soon(client.connect)


async def _soon(connect: Callable[[], Any]) -> None:
    """Try until the server has noticed that a line is gone."""
    for _ in range(50):
        try:
            await connect()
        except socketio.exceptions.ConnectionError:
            await asyncio.sleep(0.1)
        else:
            return
    raise AssertionError("the line stayed taken")


# ---- What answers say of themselves ----


async def test_the_frame_may_be_in_its_partners_pages_alone(partnered: ChatServer) -> None:
    async with framed(partnered) as client:
        page = await client.http.get("/embed/contract")
        policy = page.headers["content-security-policy"]
        assert policy.endswith(f"frame-ancestors {PORTAL}")
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert "x-frame-options" not in page.headers
        assert "set-cookie" not in page.headers
        user = await client.request("GET", "/user")
        assert user.headers["content-security-policy"].endswith(f"frame-ancestors {PORTAL}")
    async with visitor(partnered) as own:
        page = await own.http.get("/chat/")
        assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")


async def test_a_browser_that_names_another_page_around_the_frame_is_told_so(partnered: ChatServer) -> None:
    around = {"Sec-Fetch-Dest": "iframe"}
    async with httpx.AsyncClient(base_url=partnered.url) as http:
        refused = await http.get("/embed/contract", headers={**around, "Referer": "https://evil.example/page"})
        assert (refused.status_code, refused.json()) == (403, {"code": "frame_not_listed"})
        assert (await http.get("/embed/contract", headers={**around, "Referer": f"{PORTAL}/x"})).status_code == 200
        assert (await http.get("/embed/contract", headers=around)).status_code == 200
