"""Attacks on the chat in partners' pages, over the wire against a running server: each finds the door closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import socketio

from bot.db.partners import PartnerTakenError, blank_partner
from bot.db.staff import By
from bot.web.embed.pass_cookie import Pass, PassCookie
from bot.web.visitor import VisitorCookie
from tests.e2e.conftest import ChatServer
from tests.e2e.visitors import FrameClient, finished, names, visitor
from tests.fakes.chat_service import ANSWER

PORTAL = "https://portal.example.org"
OTHER_PORTAL = "https://other.example.org"
BY = By(name="test")
THREAD = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"


@pytest.fixture
def server(chat_server: ChatServer) -> ChatServer:
    """The running server with two partners that are switched on."""
    now = datetime.now(UTC)
    for partner_id, origin in (("contract", PORTAL), ("contract-2", OTHER_PORTAL)):
        partner = replace(blank_partner(partner_id=partner_id, name=partner_id, now=now), origins=(origin,))
        try:
            chat_server.stores.partners.add(partner, by=BY, now=now)
        except PartnerTakenError:
            chat_server.stores.partners.save(partner, by=BY, now=now)
            chat_server.stores.partners.set_active(partner_id=partner_id, is_active=True, by=BY, now=now)
    chat_server.partners.forget()
    return chat_server


@asynccontextmanager
async def framed(server: ChatServer, partner_id: str = "contract") -> AsyncIterator[FrameClient]:
    portal = PORTAL if partner_id == "contract" else OTHER_PORTAL
    client = FrameClient(server, partner_id=partner_id, portal=portal)
    await client.visit()
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def talking(server: ChatServer, text: str = "the moon") -> AsyncIterator[tuple[FrameClient, dict[str, Any]]]:
    async with framed(server) as client:
        await client.connect()
        await client.say(text)
        yield client, await client.until(finished)


# ---- Coming in ----


async def test_a_visitor_with_a_ticket_is_answered_and_comes_back(server: ChatServer) -> None:
    async with talking(server, "What is CAR-T?") as (client, reply):
        assert reply["output"] == ANSWER
        conversation = server.service.conversations[reply["threadId"]]
        assert (conversation.partner_id, conversation.channel) == ("contract", "widget")
        again = await client.enter((await client.ticket()).json()["ticket"])
        assert again.json() == {"conversation": reply["threadId"], "identity": "none"}
        source = await client.request("GET", f"/sources/{reply['threadId']}/{reply['id']}/1")
        assert source.status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("https://evil.example", id="stranger"),
        pytest.param("null", id="hidden"),
        pytest.param("", id="none"),
        pytest.param("http://portal.example.org", id="without_tls"),
        pytest.param("https://portal.example.org:8443", id="another_port"),
        pytest.param("https://portal.example.org.evil.example", id="longer"),
        pytest.param("https://sub.portal.example.org", id="below"),
        pytest.param(f"{PORTAL}/", id="with_a_path"),
        pytest.param(OTHER_PORTAL, id="another_partners"),
    ],
)
async def test_a_page_that_is_not_listed_gets_no_ticket_and_is_counted(server: ChatServer, origin: str) -> None:
    counted = _refusals(server, origin)
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/embed/contract/ticket", headers={"Origin": origin} if origin else {})
    assert (answer.status_code, answer.json()) == (403, {"code": "origin_not_listed"})
    assert "access-control-allow-origin" not in answer.headers
    assert _refusals(server, origin) == counted + 1


def _refusals(server: ChatServer, origin: str) -> int:
    rows = server.stores.partner_counts.refused(partner_id="contract")
    return sum(row.times for row in rows if (row.origin, row.reason) == (origin, "origin_not_listed"))


async def test_a_ticket_may_be_read_by_the_page_it_is_for(server: ChatServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/embed/contract/ticket", headers={"Origin": PORTAL})
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in answer.headers
    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("origin", "no-store")


async def test_tickets_that_open_nothing_say_why(server: ChatServer) -> None:
    async with framed(server) as client, framed(server, "contract-2") as other:
        ticket = (await client.ticket()).json()["ticket"]
        foreign = (await other.ticket()).json()["ticket"]
        assert (await client.enter(ticket)).status_code == 200
        answers = {
            "ticket_replayed": await client.enter(ticket),
            "ticket_forged": await client.enter(ticket[:-2] + "xx"),
            "ticket_foreign": await client.enter(foreign),
        }
        for code, answer in answers.items():
            assert (answer.status_code, answer.json()) == (403, {"code": code})
            assert "set-cookie" not in answer.headers
        fresh = (await client.ticket()).json()["ticket"]
        assert (await client.enter(fresh, parent=OTHER_PORTAL)).json() == {"code": "ticket_foreign"}


async def test_of_many_frames_with_one_ticket_one_gets_in(server: ChatServer) -> None:
    async with framed(server) as client:
        ticket = (await client.ticket()).json()["ticket"]
        answers = await asyncio.gather(*(client.enter(ticket) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [403] * 9


@pytest.mark.parametrize("origin", [PORTAL, "https://evil.example", "null"])
async def test_a_ticket_is_taken_from_our_own_frame_alone(server: ChatServer, origin: str) -> None:
    async with framed(server) as client:
        ticket = (await client.ticket()).json()["ticket"]
        assert (await client.enter(ticket, origin=origin)).status_code == 403
        assert (await client.enter(ticket)).status_code == 200  # it was not used up


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"ticket": "x" * 5000, "parent": PORTAL}, id="huge"),
        pytest.param({"ticket": 7, "parent": PORTAL}, id="a_number"),
        pytest.param({"ticket": "x", "parent": PORTAL, "visitor_id": "A" * 22}, id="more"),
        pytest.param({"ticket": "x", "parent": PORTAL, "region": "Germany"}, id="no_region"),
    ],
)
async def test_a_malformed_wish_to_enter_is_refused(server: ChatServer, wish: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/embed/contract/enter", json=wish, headers={"Origin": server.url})
    assert answer.status_code == 422


# ---- Without a pass, or with another's ----


READS = ("/user", "/project/settings", f"/my/{THREAD}", f"/my/{THREAD}/download", f"/sources/{THREAD}/x/1")


def _forged() -> str:
    visit = Pass(partner_id="contract", visitor_id="A" * 22, origin=PORTAL)
    return PassCookie(secret="another-secret-of-more-than-32-characters").header(visit).partition(";")[0]


async def test_without_a_pass_there_is_no_chat(server: ChatServer) -> None:
    async with framed(server, "contract-2") as other:
        value = other.passed.partition("=")[2]
        cookies = ("", _forged(), other.passed, f"{PassCookie.name('contract')}={value}", "guide_visitor=x")
        async with httpx.AsyncClient(base_url=server.url) as http:
            for cookie in cookies:
                statuses = [(await http.get(f"/embed/contract{path}", headers={"Cookie": cookie})) for path in READS]
                assert {answer.status_code for answer in statuses} == {401}
                pressed = await http.post("/embed/contract/project/action", json={}, headers={"Cookie": cookie})
                assert pressed.status_code == 401


async def test_without_a_pass_there_is_no_socket(server: ChatServer) -> None:
    async with framed(server) as client, framed(server, "contract-2") as other:
        for passed in ("", _forged(), other.passed):
            client.passed = passed
            with pytest.raises(socketio.exceptions.ConnectionError):
                await client.connect()


async def test_the_pages_own_cookie_opens_no_frame_and_a_pass_no_page(server: ChatServer) -> None:
    async with visitor(server) as own, framed(server) as client:
        cookie = own.cookies()
        async with httpx.AsyncClient(base_url=server.url) as http:
            assert (await http.get("/embed/contract/user", headers={"Cookie": cookie})).status_code == 401
            assert (await http.get("/chat/user", headers={"Cookie": client.passed})).status_code == 401


async def test_a_visitor_cookie_slipped_in_beside_the_pass_counts_for_nothing(server: ChatServer) -> None:
    async with talking(server) as (victim, reply), framed(server) as client:
        stolen = server.service.conversations[reply["threadId"]].visitor_id
        forged = VisitorCookie(secret="another-secret-of-more-than-32-characters").value(stolen).decode()
        client.passed += f"; {forged}; guide_screen=eyJ.forged.token"
        user = (await client.request("GET", "/user")).json()
        assert user["identifier"] not in (stolen, "")
        assert (await client.request("GET", f"/my/{reply['threadId']}")).status_code == 404
        assert victim.partner_id == client.partner_id


async def test_a_partner_that_is_switched_off_or_unknown_has_no_door(server: ChatServer) -> None:
    async with framed(server) as client:
        server.stores.partners.set_active(partner_id="contract", is_active=False, by=BY, now=datetime.now(UTC))
        server.partners.forget()
        assert (await client.ticket()).status_code == 404
        assert (await client.http.get("/embed/contract")).status_code == 404
        assert (await client.request("POST", "/project/action", json={})).status_code == 401
        assert (await client.request("GET", f"/my/{THREAD}")).status_code == 401
        for path in ("/embed", "/embed/", "/embed/unknown", "/embed/UNKNOWN/ticket", "/embed/a%2fb"):
            assert (await client.http.get(path)).status_code == 404


async def test_an_origin_taken_off_the_list_ends_its_passes_but_for_an_emergency(server: ChatServer) -> None:
    async with talking(server) as (client, reply):
        partner = server.stores.partners.get(partner_id="contract")
        server.stores.partners.save(replace(partner, origins=(OTHER_PORTAL,)), by=BY, now=datetime.now(UTC))
        server.partners.forget()
        # A telephone that slept: its line comes back, shows nothing, and hears an emergency.
        await client.socket.disconnect()
        client.session_id, client.events = str(uuid4()), []
        await client.connect(thread_id=reply["threadId"])
        await client.say("the moon again")
        await client.until(lambda events: _says(events, "Refused: partner_off."))
        await client.say("I have chest pain")
        await client.until(lambda events: _says(events, "112"))
        assert "resume_thread" not in names(client.events)
        assert (await client.request("GET", f"/my/{reply['threadId']}/download")).status_code == 401


@pytest.mark.parametrize("sign", ["\xa0", "\x85", "\x1c"])
async def test_a_cookie_whose_name_only_looks_like_the_pass_is_none(server: ChatServer, sign: str) -> None:
    """Such a name has no ``__Host-`` promise: anybody below the same domain may set it."""
    async with framed(server) as client, framed(server) as attacker:
        tossed = sign + attacker.passed
        headers = {"Cookie": tossed.encode("latin-1")}
        assert (await client.http.get("/embed/contract/user", headers=headers)).status_code == 401
        mine, his = (client.passed, attacker.passed)
        client.passed = f"{mine}; {his}"
        assert (await client.request("GET", "/user")).status_code == 401


async def test_the_chats_own_page_is_not_served_below_a_partner(server: ChatServer) -> None:
    async with framed(server) as client:
        for path in ("/login", "/login/callback"):
            assert (await client.request("GET", path)).status_code == 404


# ---- Another visitor's conversation ----


async def test_another_visitors_conversation_is_not_there(server: ChatServer) -> None:
    async with talking(server, "What is CAR-T?") as (_, reply), framed(server) as stranger:
        thread, before = reply["threadId"], list(server.service.messages[reply["threadId"]])
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect(thread_id=thread)
        for path in (f"/my/{thread}", f"/my/{thread}/download", f"/sources/{thread}/{reply['id']}/1"):
            assert (await stranger.request("GET", path)).status_code == 404
        for path in ("contact/withdraw", "end", "erase"):
            assert (await stranger.request("POST", f"/my/{thread}/{path}")).status_code == 404
        assert server.service.messages[thread] == before


async def test_another_visitors_session_cannot_be_taken_over(server: ChatServer) -> None:
    async with talking(server) as (owner, reply), framed(server) as stranger:
        stranger.session_id = owner.session_id
        with pytest.raises(socketio.exceptions.ConnectionError):
            await stranger.connect()
        assert (await stranger.press("person", reply_id=reply["id"])).status_code == 404
        assert server.service.person_requests == []


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"threadId": "x') OR 1=1 --"}, id="injected_thread"),
        pytest.param({"threadId": "11111111-1111-1111-8111-111111111111"}, id="not_version_4"),
        pytest.param({"sessionId": "../../etc"}, id="session_with_a_path"),
        pytest.param({"sessionId": {"$ne": ""}}, id="session_of_another_type"),
    ],
)
async def test_ids_that_are_not_ours_are_refused(server: ChatServer, claims: dict[str, Any]) -> None:
    async with framed(server) as client:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(auth=claims)


@pytest.mark.parametrize("origin", [PORTAL, OTHER_PORTAL, "https://evil.example", "null"])
async def test_a_websocket_of_another_page_is_refused_even_of_the_partner_itself(
    server: ChatServer, origin: str
) -> None:
    async with framed(server) as client:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(origin=origin)


async def test_feedback_on_anothers_message_is_forgotten(server: ChatServer) -> None:
    async with talking(server) as (owner, reply), talking(server) as (stranger, _):
        await stranger.press("helpful", reply_id=reply["id"])
        assert server.service.feedback == []
        await owner.press("helpful", reply_id=reply["id"])
        assert [(given.reply_id, given.value) for given in server.service.feedback] == [(reply["id"], 1)]


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
async def test_a_stored_answer_cannot_be_overwritten(server: ChatServer, event: str, data: Any) -> None:
    async with talking(server) as (client, reply):
        await client.until(lambda events: events[-1][0] == "task_end")
        if isinstance(data, dict) and "message" in data:
            data = {"message": {**data["message"], "id": reply["id"]}}
        before = list(server.service.messages[reply["threadId"]])
        await client.socket.emit(event, data)
        await client.say("I have chest pain")
        await client.until(lambda events: names(events).count("task_end") > 1)
        assert server.service.messages[reply["threadId"]][: len(before)] == before
        assert [message.text for message in server.service.messages[reply["threadId"]]].count("Cured.") == 0


async def test_a_step_id_of_ones_own_answer_sent_as_a_message_replaces_nothing(server: ChatServer) -> None:
    async with talking(server) as (client, reply):
        await client.say("What is CAR-T?", message_id=reply["id"])
        await client.until(lambda events: names(events).count("task_end") > 1)
        texts = [message.text for message in server.service.messages[reply["threadId"]] if message.id == reply["id"]]
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
async def test_what_the_chat_needs_not_is_not_there(server: ChatServer, method: str, path: str) -> None:
    async with framed(server) as client:
        assert (await client.request(method, path)).status_code in (404, 405)


async def test_an_oversized_upload_ends_before_it_is_read(server: ChatServer) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(2000):
            read += 64 * 1024
            yield b"x" * 64 * 1024

    async with framed(server) as client:
        for path in ("/project/file?session_id=x", "/project/action", "/enter"):
            try:
                answer = await client.request("POST", path, content=endless())
            except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
                continue
            assert answer.status_code in (404, 413)
    assert read < 60 * 1024 * 1024


async def test_headers_have_a_limit(server: ChatServer) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/chat/", headers={"X-Long": "x" * 40_000})).status_code == 431
        assert (await http.get("/chat/", headers={"X-Long": "x" * 20_000})).status_code == 200


async def test_a_frame_of_a_megabyte_ends_the_line_and_costs_no_other(server: ChatServer) -> None:
    async with framed(server) as client, framed(server) as other:
        await client.connect()
        await other.connect()
        await client.say("x" * 1_000_000)
        async with asyncio.timeout(10):
            await client.socket.wait()
        await other.say("the moon")
        assert await other.until(finished)


async def test_a_flood_of_messages_ends_at_the_door_and_an_emergency_is_heard(server: ChatServer) -> None:
    server.service.delay_s = 0.3
    async with framed(server) as client:
        await client.connect()
        for number in range(200):
            await client.say(f"the moon {number}")
        await client.until(lambda events: names(events).count("guide_done") == 200)
        await client.say("I have chest pain")
        await client.until(lambda events: _says(events, "112"))
        thread = next(data["thread_id"] for event, data in client.events if event == "first_interaction")
        asked = [message for message in server.service.messages[thread] if message.text.startswith("the moon")]
        assert len(asked) < 20


def _says(events: list[tuple[str, Any]], words: str) -> bool:
    return any(event in ("new_message", "update_message") and words in data.get("output", "") for event, data in events)


async def test_a_client_that_says_it_connects_or_leaves_is_not_believed(server: ChatServer) -> None:
    async with framed(server) as client:
        others = [FrameClient(server, partner_id="contract", portal=PORTAL) for _ in range(12)]
        try:
            for other in others:
                other.passed = client.passed
                await other.connect()
                await other.socket.emit("disconnect", "x")
                await other.socket.emit("connect", {"HTTP_COOKIE": client.passed})
            await others[-1].say("the moon")
            assert await others[-1].until(finished)
            with pytest.raises(socketio.exceptions.ConnectionError):
                await client.connect()
        finally:
            for other in others:
                await other.close()


async def test_one_visitor_holds_no_more_than_a_dozen_lines(server: ChatServer) -> None:
    async with framed(server) as client:
        others = [FrameClient(server, partner_id="contract", portal=PORTAL) for _ in range(12)]
        try:
            for other in others:
                other.passed = client.passed
                await other.connect()
            with pytest.raises(socketio.exceptions.ConnectionError):
                await client.connect()
            await others.pop().close()
            await _soon(client.connect)
        finally:
            for other in others:
                await other.close()


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


async def test_the_frame_may_be_in_its_partners_pages_alone(server: ChatServer) -> None:
    async with framed(server) as client:
        page = await client.http.get("/embed/contract")
        policy = page.headers["content-security-policy"]
        assert policy.endswith(f"frame-ancestors {PORTAL}")
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert "x-frame-options" not in page.headers
        assert "set-cookie" not in page.headers
        user = await client.request("GET", "/user")
        assert user.headers["content-security-policy"].endswith(f"frame-ancestors {PORTAL}")
    async with visitor(server) as own:
        page = await own.http.get("/chat/")
        assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")


async def test_a_browser_that_names_another_page_around_the_frame_is_told_so(server: ChatServer) -> None:
    around = {"Sec-Fetch-Dest": "iframe"}
    async with httpx.AsyncClient(base_url=server.url) as http:
        refused = await http.get("/embed/contract", headers={**around, "Referer": "https://evil.example/page"})
        assert (refused.status_code, refused.json()) == (403, {"code": "frame_not_listed"})
        assert (await http.get("/embed/contract", headers={**around, "Referer": f"{PORTAL}/x"})).status_code == 200
        assert (await http.get("/embed/contract", headers=around)).status_code == 200
