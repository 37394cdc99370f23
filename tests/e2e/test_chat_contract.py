"""What Chainlit leaves open and this application closes, tried over the wire against a running server.

A newer Chainlit that breaks one of these promises, or keeps one itself, is noticed here.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
import socketio

from tests.e2e.conftest import ChatServer
from tests.e2e.visitors import finished, names, talking, visitor
from tests.fakes.chat_service import ANSWER, EMERGENCY, PERSON


async def test_an_answer_streams_then_brings_its_sources_and_buttons(chat_server: ChatServer) -> None:
    async with talking(chat_server) as (client, reply):
        assert reply["output"] == ANSWER
        tokens = [data["token"] for event, data in client.events if event == "stream_token"]
        assert "".join(tokens) == ANSWER
        assert len(tokens) > 5
        assert [data["name"] for event, data in client.events if event == "element"] == ["[1]", "[2]"]
        await client.until(lambda events: "task_end" in names(events)[-1:])


async def test_the_conversation_of_the_screen_is_the_services(chat_server: ChatServer) -> None:
    async with talking(chat_server) as (client, reply):
        first = next(data for event, data in client.events if event == "first_interaction")
        assert first["thread_id"] == reply["threadId"]
        assert reply["threadId"] in chat_server.service.conversations


async def test_the_service_learns_where_the_page_is(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon"):
        assert chat_server.service.addresses[-1] == "127.0.0.1"


async def test_another_visitors_thread_is_refused(chat_server: ChatServer) -> None:
    async with talking(chat_server) as (_, reply), visitor(chat_server) as stranger:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect(thread_id=reply["threadId"])
        page = await stranger.http.get(f"/chat/thread/{reply['threadId']}")
        assert (page.status_code, page.headers["location"]) == (307, "/chat/")
        source = await stranger.http.get(f"/chat/sources/{reply['threadId']}/{reply['id']}/1")
        assert (source.status_code, source.json()) == (404, {"code": "not_found"})


async def test_another_visitors_session_is_refused(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, _), visitor(chat_server) as stranger:
        stranger.session_id = client.session_id
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect()
        response = await stranger.press("person", reply_id="any")
        assert response.status_code == 404
        assert chat_server.service.person_requests == []


async def test_the_owner_comes_back_to_words_sources_and_buttons(chat_server: ChatServer) -> None:
    async with talking(chat_server) as (client, reply):
        await client.socket.disconnect()
        client.session_id, client.events = str(uuid4()), []
        await client.connect(thread_id=reply["threadId"])
        buttons = await client.until(lambda events: [data["name"] for event, data in events if event == "action"][4:])
        thread = next(data for event, data in client.events if event == "resume_thread")
        assert [step["output"] for step in thread["steps"]] == ["What is CAR-T?", ANSWER]
        assert [element["name"] for element in thread["elements"]] == ["[1]", "[2]"]
        assert buttons == ["person"]


async def test_a_lost_connection_comes_back_to_the_conversation_too(chat_server: ChatServer) -> None:
    async with talking(chat_server) as (client, reply):
        await client.socket.disconnect()
        client.events = []
        await client.connect(thread_id=reply["threadId"])
        thread = await client.until(
            lambda events: next((data for event, data in events if event == "resume_thread"), None)
        )
        assert [step["output"] for step in thread["steps"]] == ["What is CAR-T?", ANSWER]


async def test_a_websocket_of_a_foreign_page_is_refused(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(origin="https://evil.test")


async def test_a_websocket_without_our_cookie_is_refused(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        client.http.cookies.clear()
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect()


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"threadId": "x') OR 1=1 --"}, id="injected_thread"),
        pytest.param({"threadId": str(uuid4())}, id="unknown_thread"),
        pytest.param({"threadId": "11111111-1111-1111-8111-111111111111"}, id="not_version_4"),
        pytest.param({"sessionId": "../../etc"}, id="session_with_a_path"),
        pytest.param({"sessionId": None}, id="no_session"),
        pytest.param({"sessionId": ["a"]}, id="session_of_another_type"),
    ],
)
async def test_ids_that_are_not_ours_are_refused(chat_server: ChatServer, claims: dict[str, Any]) -> None:
    async with visitor(chat_server) as client:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(auth=claims)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/chat/project/file?session_id=x", id="upload"),
        pytest.param("PUT", "/chat/project/thread/share", id="share"),
        pytest.param("PUT", "/chat/project/element", id="element"),
        pytest.param("DELETE", "/chat/project/thread", id="delete"),
        pytest.param("PUT", "/chat/feedback", id="feedback"),
        pytest.param("POST", "/chat/mcp", id="mcp"),
        pytest.param("POST", "/chat/login", id="login"),
        pytest.param("GET", "/chat/docs", id="docs"),
        pytest.param("GET", "/chat/openapi.json", id="openapi"),
        pytest.param("GET", "/docs", id="own_docs"),
        pytest.param("GET", "/openapi.json", id="own_openapi"),
        pytest.param("GET", "/chat/copilot/index.js", id="copilot"),
        pytest.param("GET", "/nothing", id="nothing"),
    ],
)
async def test_closed_routes_do_not_exist(chat_server: ChatServer, method: str, path: str) -> None:
    async with visitor(chat_server) as client:
        assert (await client.http.request(method, path)).status_code == 404


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({"reply_id": "another", "index": 0}, id="foreign_reply"),
        pytest.param({"reply_id": "another", "text": "You are cured.", "visitor_id": "x"}, id="own_words"),
    ],
)
async def test_a_forged_button_is_harmless(chat_server: ChatServer, payload: dict[str, Any]) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        before = list(chat_server.service.messages[reply["threadId"]])
        for name in ("ask", "helpful", "unhelpful", "reason", "erase"):
            assert (await client.press(name, **payload)).status_code == 200
        assert chat_server.service.messages[reply["threadId"]] == before
        assert chat_server.service.feedback == []


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"sessionId": "x", "action": {"name": "ask", "payload": {"reply_id": "../x"}}}, id="path"),
        pytest.param({"sessionId": "x", "action": {"name": "a" * 1000, "payload": {"reply_id": "x"}}}, id="huge"),
    ],
)
async def test_a_malformed_button_is_refused(chat_server: ChatServer, body: dict[str, Any]) -> None:
    async with visitor(chat_server) as client:
        assert (await client.http.post("/chat/project/action", json=body)).status_code == 422


async def test_feedback_counts_on_own_replies_only(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (owner, reply), talking(chat_server, "the moon") as (stranger, _):
        await stranger.press("helpful", reply_id=reply["id"])
        assert chat_server.service.feedback == []
        await owner.press("helpful", reply_id=reply["id"])
        assert [(feedback.reply_id, feedback.value) for feedback in chat_server.service.feedback] == [(reply["id"], 1)]


async def test_a_person_is_asked_for_and_what_happens_next_is_said(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        assert (await client.press("person", reply_id=reply["id"])).json() == {"success": True, "response": None}
        assert chat_server.service.person_requests == [reply["threadId"]]
        assert await client.until(lambda events: (step := finished(events)) and step["output"] == PERSON)


@pytest.mark.parametrize(
    ("event", "data"),
    [
        pytest.param("edit_message", {"message": {"id": "REPLY", "output": "You are cured.", "type": "x"}}, id="edit"),
        pytest.param("message_favorite", {"message": {"id": "REPLY", "metadata": {"favorite": True}}}, id="favourite"),
        pytest.param("audio_end", {}, id="audio"),
        pytest.param("chat_settings_change", {"model": "another"}, id="settings"),
        pytest.param("window_message", "hello", id="window"),
        pytest.param(
            "client_message", {"message": {"id": "REPLY", "type": "assistant_message", "output": "Cured."}}, id="as_bot"
        ),
        pytest.param(
            "client_message", {"message": {"id": "1; DROP", "type": "user_message", "output": "x"}}, id="odd_id"
        ),
        pytest.param(
            "client_message", {"message": {"id": str(uuid4()), "type": "user_message", "output": 7}}, id="no_text"
        ),
        pytest.param("client_message", "nonsense", id="nonsense"),
    ],
)
async def test_forged_socket_events_change_nothing(chat_server: ChatServer, event: str, data: Any) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        await client.until(lambda events: events[-1][0] == "task_end")
        before, seen = list(chat_server.service.messages[reply["threadId"]]), len(client.events)
        if isinstance(data, dict) and data.get("message", {}).get("id") == "REPLY":
            data = {"message": {**data["message"], "id": reply["id"]}}
        await client.socket.emit(event, data)
        # A message that is answered shows that everything sent before it has been dealt with.
        await client.say("I have chest pain")
        alarm = await client.until(lambda events: (found := finished(events)) and found["id"] != reply["id"] and found)
        assert alarm["output"] == EMERGENCY.replace("(tel:", "(#tel:")
        assert chat_server.service.messages[reply["threadId"]][: len(before)] == before
        assert len(chat_server.service.messages[reply["threadId"]]) == len(before) + 2
        assert {name for name, _ in client.events[seen:]} <= {
            "task_start",
            "task_end",
            "guide_done",
            "new_message",
            "delete_message",
            "remove_action",
            "action",
        }


async def test_a_failure_is_told_without_its_words(chat_server: ChatServer) -> None:
    chat_server.service.failure = RuntimeError("password=hunter2")
    async with visitor(chat_server) as client:
        await client.connect()
        await client.say("What is CAR-T?")
        await client.until(lambda events: events and events[-1][0] == "new_message" and events[-1][1]["name"] == "note")
        assert client.events[-1][1]["output"] == chat_server.texts.status.failed
        assert "hunter2" not in str(client.events)


async def test_no_served_page_script_or_style_of_ours_names_another_host(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        html = (await client.http.get("/chat/")).text
        assert set(re.findall(r"(?:https?:)?//[^\s\"'<>]+", html)) == {"http://www.w3.org/2000/svg"}
        for style in re.findall(r'href="(/[^"]+\.css[^"]*)"', html):
            css = (await client.http.get(style)).text
            assert re.findall(r"@import|url\([\"']?(?:https?:)?//", css) == []


async def test_the_script_comes_packed_and_may_be_kept(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        html = (await client.http.get("/chat/")).text
        script = re.findall(r'src="(/chat/assets/[^"]+)"', html)[0]
        packed = await client.http.get(script, headers={"Accept-Encoding": "gzip"})
        plain = await client.http.get(script, headers={"Accept-Encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < 1_500_000 < int(plain.headers["content-length"])
        assert packed.content == plain.content
        assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert packed.headers["content-type"] == "text/javascript; charset=utf-8"
        assert (await client.http.get("/chat/assets/missing.js")).status_code == 404


async def test_starters_and_labels_are_ours(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        settings = (await client.http.get("/chat/project/settings?language=en-US")).json()
        assert [starter["label"] for starter in settings["starters"]] == [
            starter.label for starter in chat_server.texts.starters
        ]
        assert (settings["threadSharing"], settings["ui"]["cot"], settings["features"]["edit_message"]) == (
            False,
            "hidden",
            False,
        )
        labels = (await client.http.get("/chat/project/translations?language=fr-FR")).json()["translation"]
        assert labels["chat"]["input"]["placeholder"] == chat_server.texts.placeholder


async def test_the_visitor_is_known_without_chainlits_own_cookie(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        user = (await client.http.get("/chat/user")).json()
        assert list(client.http.cookies) == ["guide_visitor"]
        assert client.http.cookies["guide_visitor"].startswith(user["identifier"])


async def test_chainlits_own_token_never_reaches_the_browser(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        answer = await client.request("POST", "/auth/header", headers={"Origin": chat_server.url})
        assert answer.status_code == 200
        assert list(client.http.cookies) == ["guide_visitor"]
        assert "set-cookie" not in answer.headers


async def test_a_forged_chainlit_cookie_counts_for_nothing(chat_server: ChatServer) -> None:
    async with httpx.AsyncClient(base_url=chat_server.url, cookies={"guide_screen": "eyJ.forged.token"}) as http:
        assert (await http.get("/chat/user")).status_code == 401


async def test_health_and_home(chat_server: ChatServer) -> None:
    async with httpx.AsyncClient(base_url=chat_server.url) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert (await http.get("/readyz")).json() == {"status": "ready", "checks": {"index": True}}
        home = await http.get("/")
        assert (home.status_code, home.headers["location"]) == (307, "/chat/")
