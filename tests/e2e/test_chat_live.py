"""A person in the conversation, over the wire: who is told what, once, in order, and what a lost connection costs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from bot.domain import Author
from tests.e2e.conftest import ChatServer
from tests.e2e.visitors import Client, talking, visitor

SOON_S = 5.0


def _said(events: list[tuple[str, Any]], name: str = "staff") -> list[str]:
    return [data["output"] for event, data in events if event == "new_message" and data["name"] == name]


def _presences(events: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    return [data for event, data in events if event == "guide_presence"]


def _done(events: list[tuple[str, Any]]) -> list[str]:
    return [data["id"] for event, data in events if event == "guide_done"]


def _dealt_with(message_id: str, *, times: int = 1) -> Callable[[list[tuple[str, Any]]], bool]:
    return lambda events: _done(events).count(message_id) >= times


def _drawn(events: list[tuple[str, Any]]) -> list[str]:
    """What stands on the page at last, as Chainlit's page draws it."""
    steps: dict[str, str] = {}
    for event, data in events:
        if event == "resume_thread":
            steps = {step["id"]: step["output"] for step in data["steps"]}
        elif event == "new_message":
            steps[data["id"]] = data["output"]
        elif event == "delete_message":
            steps.pop(data["id"], None)
    return list(steps.values())


async def _with_person(server: ChatServer, client: Client, conversation_id: str) -> None:
    await asyncio.to_thread(server.desk.take, conversation_id)
    await client.until(lambda events: [1 for shown in _presences(events) if shown["state"] == "human"])


async def test_what_a_person_writes_is_on_the_page_soon_and_on_no_other(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply), talking(chat_server, "the moon") as (other, _):
        await _with_person(chat_server, client, reply["threadId"])
        await asyncio.to_thread(chat_server.desk.say, reply["threadId"], "I am here.")
        async with asyncio.timeout(SOON_S):
            await client.until(_said)
        assert _said(client.events) == ["**Anna · Support team**\n\nI am here."]
        assert _said(client.events, "note") == ["Anna from the support team has joined."]
        assert (_said(other.events), _presences(other.events)) == ([], [])


async def test_the_strip_says_who_waits_who_is_here_who_writes_and_who_left(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        await client.press("person", reply_id=reply["id"])
        await client.until(_presences)
        await _with_person(chat_server, client, reply["threadId"])
        await asyncio.to_thread(chat_server.desk.type, reply["threadId"])
        typing = await client.until(lambda events: [data for event, data in events if event == "guide_typing"])
        await asyncio.to_thread(chat_server.desk.release, reply["threadId"])
        shown = await client.until(lambda events: _presences(events)[2:])
        assert typing == [{"text": "Anna is writing…"}]
        assert [(one["state"], one["person"], one["may_rate"]) for one in _presences(client.events)] == [
            ("waiting", "", False),
            ("human", "Anna", False),
            ("bot", "", True),
        ]
        assert shown[0]["text"] == chat_server.texts.presence.ended


async def test_while_a_person_is_here_the_page_shows_nothing_of_the_guides(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        await _with_person(chat_server, client, reply["threadId"])
        client.events.clear()
        message_id = str(uuid4())
        await client.say("Thank you, Anna", message_id=message_id)
        await client.until(lambda events: message_id in _done(events))
        names = {event for event, _ in client.events}
        assert names.isdisjoint({"task_start", "stream_start", "action", "element", "toast"})
        assert _drawn(client.events) == ["Thank you, Anna"]
        # The page knows its own line again by its id, and where it stands.
        echo = next(data for event, data in client.events if event == "new_message")
        assert (echo["id"], echo["metadata"]["seq"]) == (message_id, 4)


async def test_a_second_page_of_the_same_patient_shows_all_of_it_too(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        second = Client(chat_server)
        second.http.cookies = client.http.cookies
        await second.connect(thread_id=reply["threadId"])
        await second.until(lambda events: [1 for event, _ in events if event == "resume_thread"])
        await client.say("What is CAR-T?")
        await second.until(lambda events: [d for e, d in events if e == "action" and d["name"] == "ask"][1:])
        await _with_person(chat_server, second, reply["threadId"])
        message_id = str(uuid4())
        await second.say("Hello from the other page", message_id=message_id)
        await second.until(lambda events: message_id in _done(events))
        await asyncio.to_thread(chat_server.desk.say, reply["threadId"], "I see both.")
        await second.until(_said)
        await client.until(_said)
        stored = [message.text for message in chat_server.service.messages[reply["threadId"]]]
        shown = [text.removeprefix("**Anna · Support team**\n\n") for text in _drawn(second.events)]
        assert shown == stored
        await second.close()


async def test_ten_messages_each_way_across_a_lost_connection_stand_there_once_and_in_order(
    chat_server: ChatServer,
) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        conversation_id = reply["threadId"]
        await _with_person(chat_server, client, conversation_id)
        ids = [str(uuid4()) for _ in range(10)]
        for number, message_id in enumerate(ids):
            if number == 5:
                await client.socket.disconnect()
            if client.socket.connected:
                await client.say(f"Patient {number}", message_id=message_id)
                await client.until(_dealt_with(message_id))
            await asyncio.to_thread(chat_server.desk.say, conversation_id, f"Anna {number}")
        await client.connect(thread_id=conversation_id)
        # As the page does: all that it knows no end of, the last one before the break included.
        for message_id, number in zip(ids[4:], range(4, 10), strict=True):
            await client.say(f"Patient {number}", message_id=message_id)
            await client.until(_dealt_with(message_id, times=2 if number == 4 else 1))
        await client.until(lambda events: "Patient 9" in _drawn(events))
        stored = [message.text for message in chat_server.service.messages[conversation_id]]
        shown = [text.removeprefix("**Anna · Support team**\n\n") for text in _drawn(client.events)]
        assert shown == stored
        assert [text for text in stored if text.startswith("Patient")] == [f"Patient {n}" for n in range(10)]
        assert [text for text in stored if text.startswith("Anna ") and text[-1].isdigit()] == [
            f"Anna {n}" for n in range(10)
        ]
        assert [m for m in chat_server.service.messages[conversation_id] if m.author is Author.BOT][1:] == []


async def test_a_message_sent_again_while_it_is_answered_is_one_message(chat_server: ChatServer) -> None:
    async with visitor(chat_server) as client:
        await client.connect()
        chat_server.service.delay_s = 0.4
        message_id = str(uuid4())
        for _ in range(3):
            await client.say("What is CAR-T?", message_id=message_id)
        await client.until(_done)
        first = next(data for event, data in client.events if event == "first_interaction")
        authors = [message.author for message in chat_server.service.messages[first["thread_id"]]]
        assert authors == [Author.PATIENT, Author.BOT]
        assert [data["name"] for event, data in client.events if event == "action"].count("person") == 1


async def test_the_person_is_told_that_the_patient_writes_but_not_by_every_key(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        await client.socket.emit("guide_typing", {})
        await _with_person(chat_server, client, reply["threadId"])
        for _ in range(5):
            await client.socket.emit("guide_typing", {})
        message_id = str(uuid4())
        await client.say("Hello", message_id=message_id)
        await client.until(lambda events: message_id in _done(events))
        async with asyncio.timeout(SOON_S):
            while reply["threadId"] not in chat_server.desk.typed:  # noqa: ASYNC110  # another thread's list
                await asyncio.sleep(0.01)
        assert chat_server.desk.typed.count(reply["threadId"]) == 1


async def test_the_owner_keeps_a_copy_is_reached_ends_rates_and_deletes(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        conversation_id = reply["threadId"]
        own = f"/chat/my/{conversation_id}"
        await client.press("person", reply_id=reply["id"])
        copy = await client.http.get(f"{own}/download")
        assert copy.headers["content-disposition"] == "attachment; filename*=UTF-8''conversation-%C3%A9.txt"
        assert copy.headers["content-type"] == "text/plain; charset=utf-8"
        assert copy.text.startswith("\ufeffthe moon")
        refused = await client.http.post(f"{own}/contact", json={"kind": "email", "value": "a@b.org"})
        assert (refused.status_code, refused.json()["code"]) == (422, "consent")
        wish = {"kind": "email", "value": "a@b.org", "consent": True}
        assert (await client.http.post(f"{own}/contact", json=wish)).json()["contacts"] == ["email"]
        assert (await client.http.post(f"{own}/contact/withdraw", json={})).json()["contacts"] == []
        await _with_person(chat_server, client, conversation_id)
        assert (await client.http.post(f"{own}/end", json={})).json()["state"] == "bot"
        assert (await client.http.post(f"{own}/rate", json={"rating": 4})).json()["may_rate"] is False
        assert chat_server.desk.ratings[conversation_id] == 4
        gone = await client.http.post(f"{own}/erase", json={})
        assert gone.json()["proof"].startswith("Your conversation was deleted on ")
        await client.until(lambda events: [data for event, data in events if event == "guide_gone"])
        assert (await client.http.get(own)).status_code == 404
        page = await client.http.get(f"/chat/thread/{conversation_id}")
        assert (page.status_code, page.headers["location"]) == (307, "/chat/")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("GET", "", None, id="show"),
        pytest.param("GET", "/download", None, id="download"),
        pytest.param("POST", "/contact", {"kind": "email", "value": "a@b.org", "consent": True}, id="contact"),
        pytest.param("POST", "/contact/withdraw", {}, id="withdraw"),
        pytest.param("POST", "/end", {}, id="end"),
        pytest.param("POST", "/rate", {"rating": 1}, id="rate"),
        pytest.param("POST", "/erase", {}, id="erase"),
    ],
)
@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_for_anybody_else_there_is_no_such_conversation(
    chat_server: ChatServer, who: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    async with talking(chat_server, "the moon") as (_, reply), visitor(chat_server) as other:
        if who == "nobody":
            other.http.cookies.clear()
        before = list(chat_server.service.messages[reply["threadId"]])
        answer = await other.http.request(method, f"/chat/my/{reply['threadId']}{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert chat_server.service.messages[reply["threadId"]] == before
        assert reply["threadId"] not in chat_server.desk.contacts


async def test_a_foreign_page_cannot_delete_a_conversation(chat_server: ChatServer) -> None:
    async with talking(chat_server, "the moon") as (client, reply):
        answer = await client.http.post(
            f"/chat/my/{reply['threadId']}/erase", json={}, headers={"Origin": "https://evil.test"}
        )
        assert answer.status_code == 403
        assert reply["threadId"] in chat_server.service.conversations
