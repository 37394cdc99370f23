"""Getting into a partner's frame, over the wire against a running server: with a ticket and a pass, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import socketio

from bot.db.staff import By
from bot.web.embed.pass_cookie import Pass, PassCookie
from bot.web.visitor import VisitorCookie
from tests.e2e.conftest import OTHER_PORTAL, PORTAL, ChatServer
from tests.e2e.visitors import framed, names, says, talking_in_frame, visitor
from tests.fakes.chat_service import ANSWER

BY = By(name="test")
THREAD = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"


# ---- Coming in ----


async def test_a_visitor_with_a_ticket_is_answered_and_comes_back(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered, "What is CAR-T?") as (client, reply):
        assert reply["output"] == ANSWER
        conversation = partnered.service.conversations[reply["threadId"]]
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
async def test_a_page_that_is_not_listed_gets_no_ticket_and_is_counted(partnered: ChatServer, origin: str) -> None:
    counted = _refusals(partnered, origin)
    async with httpx.AsyncClient(base_url=partnered.url) as http:
        answer = await http.post("/embed/contract/ticket", headers={"Origin": origin} if origin else {})
    assert (answer.status_code, answer.json()) == (403, {"code": "origin_not_listed"})
    assert "access-control-allow-origin" not in answer.headers
    assert _refusals(partnered, origin) == counted + 1


def _refusals(partnered: ChatServer, origin: str) -> int:
    rows = partnered.stores.partner_counts.refused(partner_id="contract")
    return sum(row.times for row in rows if (row.origin, row.reason) == (origin, "origin_not_listed"))


async def test_a_ticket_may_be_read_by_the_page_it_is_for(partnered: ChatServer) -> None:
    async with httpx.AsyncClient(base_url=partnered.url) as http:
        answer = await http.post("/embed/contract/ticket", headers={"Origin": PORTAL})
    assert answer.headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in answer.headers
    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("origin", "no-store")


async def test_tickets_that_open_nothing_say_why(partnered: ChatServer) -> None:
    async with framed(partnered) as client, framed(partnered, "contract-2") as other:
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


async def test_of_many_frames_with_one_ticket_one_gets_in(partnered: ChatServer) -> None:
    async with framed(partnered) as client:
        ticket = (await client.ticket()).json()["ticket"]
        answers = await asyncio.gather(*(client.enter(ticket) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [403] * 9


@pytest.mark.parametrize("origin", [PORTAL, "https://evil.example", "null"])
async def test_a_ticket_is_taken_from_our_own_frame_alone(partnered: ChatServer, origin: str) -> None:
    async with framed(partnered) as client:
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
async def test_a_malformed_wish_to_enter_is_refused(partnered: ChatServer, wish: dict[str, Any]) -> None:
    async with httpx.AsyncClient(base_url=partnered.url) as http:
        answer = await http.post("/embed/contract/enter", json=wish, headers={"Origin": partnered.url})
    assert answer.status_code == 422


# ---- Without a pass, or with another's ----


READS = ("/user", "/project/settings", f"/my/{THREAD}", f"/my/{THREAD}/download", f"/sources/{THREAD}/x/1")


def _forged() -> str:
    visit = Pass(partner_id="contract", visitor_id="A" * 22, origin=PORTAL)
    return PassCookie(secret="another-secret-of-more-than-32-characters").header(visit).partition(";")[0]


async def test_without_a_pass_there_is_no_chat(partnered: ChatServer) -> None:
    async with framed(partnered, "contract-2") as other:
        value = other.passed.partition("=")[2]
        cookies = ("", _forged(), other.passed, f"{PassCookie.name('contract')}={value}", "guide_visitor=x")
        async with httpx.AsyncClient(base_url=partnered.url) as http:
            for cookie in cookies:
                statuses = [(await http.get(f"/embed/contract{path}", headers={"Cookie": cookie})) for path in READS]
                assert {answer.status_code for answer in statuses} == {401}
                pressed = await http.post("/embed/contract/project/action", json={}, headers={"Cookie": cookie})
                assert pressed.status_code == 401


async def test_without_a_pass_there_is_no_socket(partnered: ChatServer) -> None:
    async with framed(partnered) as client, framed(partnered, "contract-2") as other:
        for passed in ("", _forged(), other.passed):
            client.passed = passed
            with pytest.raises(socketio.exceptions.ConnectionError):
                await client.connect()


async def test_the_pages_own_cookie_opens_no_frame_and_a_pass_no_page(partnered: ChatServer) -> None:
    async with visitor(partnered) as own, framed(partnered) as client:
        cookie = own.cookies()
        async with httpx.AsyncClient(base_url=partnered.url) as http:
            assert (await http.get("/embed/contract/user", headers={"Cookie": cookie})).status_code == 401
            assert (await http.get("/chat/user", headers={"Cookie": client.passed})).status_code == 401


async def test_a_visitor_cookie_slipped_in_beside_the_pass_counts_for_nothing(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered) as (victim, reply), framed(partnered) as client:
        stolen = partnered.service.conversations[reply["threadId"]].visitor_id
        forged = VisitorCookie(secret="another-secret-of-more-than-32-characters").value(stolen).decode()
        client.passed += f"; {forged}; guide_screen=eyJ.forged.token"
        user = (await client.request("GET", "/user")).json()
        assert user["identifier"] not in (stolen, "")
        assert (await client.request("GET", f"/my/{reply['threadId']}")).status_code == 404
        assert victim.partner_id == client.partner_id


async def test_a_partner_that_is_switched_off_or_unknown_has_no_door(partnered: ChatServer) -> None:
    async with framed(partnered) as client:
        partnered.stores.partners.set_active(partner_id="contract", is_active=False, by=BY, now=datetime.now(UTC))
        partnered.partners.forget()
        assert (await client.ticket()).status_code == 404
        assert (await client.http.get("/embed/contract")).status_code == 404
        assert (await client.request("POST", "/project/action", json={})).status_code == 401
        assert (await client.request("GET", f"/my/{THREAD}")).status_code == 401
        for path in ("/embed", "/embed/", "/embed/unknown", "/embed/UNKNOWN/ticket", "/embed/a%2fb"):
            assert (await client.http.get(path)).status_code == 404


async def test_an_origin_taken_off_the_list_ends_its_passes_but_for_an_emergency(partnered: ChatServer) -> None:
    async with talking_in_frame(partnered) as (client, reply):
        partner = partnered.stores.partners.get(partner_id="contract")
        partnered.stores.partners.save(replace(partner, origins=(OTHER_PORTAL,)), by=BY, now=datetime.now(UTC))
        partnered.partners.forget()
        # A telephone that slept: its line comes back, shows nothing, and hears an emergency.
        await client.socket.disconnect()
        client.session_id, client.events = str(uuid4()), []
        await client.connect(thread_id=reply["threadId"])
        await client.say("the moon again")
        await client.until(lambda events: says(events, "Refused: partner_off."))
        await client.say("I have chest pain")
        await client.until(lambda events: says(events, "112"))
        assert "resume_thread" not in names(client.events)
        assert (await client.request("GET", f"/my/{reply['threadId']}/download")).status_code == 401


@pytest.mark.parametrize("sign", ["\xa0", "\x85", "\x1c"])
async def test_a_cookie_whose_name_only_looks_like_the_pass_is_none(partnered: ChatServer, sign: str) -> None:
    """Such a name has no ``__Host-`` promise: anybody below the same domain may set it."""
    async with framed(partnered) as client, framed(partnered) as attacker:
        tossed = sign + attacker.passed
        headers = {"Cookie": tossed.encode("latin-1")}
        assert (await client.http.get("/embed/contract/user", headers=headers)).status_code == 401
        mine, his = (client.passed, attacker.passed)
        client.passed = f"{mine}; {his}"
        assert (await client.request("GET", "/user")).status_code == 401


async def test_the_chats_own_page_is_not_served_below_a_partner(partnered: ChatServer) -> None:
    async with framed(partnered) as client:
        for path in ("/login", "/login/callback"):
            assert (await client.request("GET", path)).status_code == 404
