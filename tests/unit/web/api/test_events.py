from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web.api.app import Bounds
from tests.fakes.api import Api, Told, make_api, running, told_in, wait_until


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = make_api(tmp_path, bounds=Bounds(beat_s=0.2, streams_per_key=2))
    api.live.start()
    yield api
    api.live.stop()


@pytest.fixture
def address(api: Api) -> Iterator[str]:
    with running(api.app) as address:
        yield address


class Reader:
    """One open stream; `told` is what came, without comments."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.told: list[Told] = []
        self.beats = 0
        self.is_over = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for each in told_in(self.response.iter_lines()):
                if each.name:
                    self.told.append(each)
                else:
                    self.beats += 1
        except httpx.HTTPError:
            return
        self.is_over = True

    def until(self, name: str, count: int = 1) -> list[Told]:
        """Wait for so many events of a name."""
        wait_until(lambda: len([each for each in self.told if each.name == name]) >= count)
        return [each for each in self.told if each.name == name]


@contextmanager
def _following(address: str, opened: dict[str, Any], **headers: str) -> Iterator[Reader]:
    sent = {"authorization": f"Bearer {opened['token']}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    url = f"{address}/conversations/{opened['conversation_id']}/events"
    with httpx.Client(headers=sent, timeout=10) as client, client.stream("GET", url) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Reader(response)


def _say(api: Api, opened: dict[str, Any], text: str, client_message_id: str = "s1") -> None:
    api.desk.say(
        conversation_id=opened["conversation_id"],
        staff_id=api.staff_id,
        text=text,
        client_message_id=client_message_id,
        display_name="Grace",
    )


def _take(api: Api, opened: dict[str, Any]) -> None:
    api.desk.start(conversation_id=opened["conversation_id"], staff_id=api.staff_id, display_name="Grace")


async def test_a_person_comes_writes_and_leaves(api: Api, address: str) -> None:
    opened = await api.open()
    ids = {"conversation_id": opened["conversation_id"], "staff_id": api.staff_id}
    with _following(address, opened) as reader:
        assert reader.until("state")[0].values["state"] == "bot"
        _take(api, opened)
        assert reader.until("state", 2)[-1].values["person"] == "Grace"
        api.desk.typing(display_name="Grace", **ids)
        assert reader.until("typing")[0].values == {"name": "Grace"}
        _say(api, opened, "Hello, I am Grace.")
        joined, said = reader.until("message", 2)
        api.desk.release(display_name="Grace", outcome="answered", **ids)
        assert reader.until("state", 3)[-1].values["state"] == "bot"
    assert (joined.values["author"], said.values["author"]) == ("system", "staff")
    assert (said.values["text"], said.values["display_name"]) == ("Hello, I am Grace.", "Grace")
    assert said.id == str(said.values["seq"])


async def test_lines_of_patient_and_guide_are_not_told(api: Api, address: str) -> None:
    opened = await api.open()
    with _following(address, opened) as reader:
        reader.until("state")
        async with api.client(opened["token"]) as client:
            await client.post(f"/conversations/{opened['conversation_id']}/messages", json={"text": "What is a flare?"})
        _take(api, opened)
        (joined,) = reader.until("message")
    assert (joined.values["author"], joined.id) == ("system", "3")


async def test_a_reader_who_comes_back_gets_what_it_missed_and_nothing_twice(api: Api, address: str) -> None:
    opened = await api.open()
    _take(api, opened)
    _say(api, opened, "First.", "s1")
    _say(api, opened, "Second.", "s2")
    with _following(address, opened, Last_Event_ID="2") as reader:
        (second,) = reader.until("message")
        _say(api, opened, "Third.", "s3")
        told = reader.until("message", 2)
    assert (second.values["text"], [each.id for each in told]) == ("Second.", ["3", "4"])
    with _following(address, opened) as reader:
        reader.until("state")
        _say(api, opened, "Fourth.", "s4")
        assert [each.values["text"] for each in reader.until("message")] == ["Fourth."]


async def test_a_quiet_stream_says_that_it_lives_until_its_key_is_revoked(api: Api, address: str) -> None:
    opened = await api.open()
    with _following(address, opened) as reader:
        wait_until(lambda: reader.beats > 1)
        api.revoke(api.key)
        assert reader.until("over")[0].values == {}
        wait_until(lambda: reader.is_over)


async def test_a_stream_ends_when_the_patient_has_to_be_named_again(api: Api, address: str) -> None:
    sign = api.demand_identity()
    opened = await api.open(Guide_Identity=sign())
    with _following(address, opened, Guide_Identity=sign()) as reader:
        wait_until(lambda: reader.beats > 0)
        api.clock.forward(minutes=11)
        assert reader.until("over")


async def test_a_stream_ends_with_its_conversation(api: Api, address: str) -> None:
    opened = await api.open()
    with _following(address, opened) as reader:
        reader.until("state")
        async with api.client(opened["token"]) as client:
            await client.delete(f"/conversations/{opened['conversation_id']}")
        assert reader.until("erased")
        wait_until(lambda: reader.is_over)


async def test_who_waits_is_told_when_the_line_moves(api: Api, address: str) -> None:
    first, second = await api.open(), await api.open()
    async with api.client(api.key) as client:
        for each in (first, second):
            await client.post(f"/conversations/{each['conversation_id']}/handoff")
            api.clock.forward(seconds=1)
        with _following(address, second) as reader:
            assert reader.until("state")[0].values["position"] == 2
            await client.delete(f"/conversations/{first['conversation_id']}/handoff")
            assert reader.until("state", 2)[1].values["position"] == 1


async def test_a_key_has_so_many_streams_and_a_closed_one_makes_room(api: Api, address: str) -> None:
    opened = await api.open()
    url = f"{address}/conversations/{opened['conversation_id']}/events"
    headers = {"authorization": f"Bearer {api.key}"}
    with _following(address, opened), _following(address, opened):
        async with httpx.AsyncClient(headers=headers) as client:
            response = await client.get(url)
        assert (response.status_code, response.json()["code"]) == (429, "too_many_streams")
        assert response.headers["retry-after"] == "30"

    def is_let_in() -> bool:
        with httpx.stream("GET", url, headers=headers) as response:
            return response.status_code == 200

    await asyncio.to_thread(wait_until, is_let_in)


async def test_one_conversations_token_has_fewer_streams_than_its_key(tmp_path: Path) -> None:
    api = make_api(tmp_path, bounds=Bounds(streams_per_key=3, streams_per_token=1))
    first, second = await api.open(), await api.open()

    def status(address: str, opened: dict[str, Any]) -> int:
        url = f"{address}/conversations/{opened['conversation_id']}/events"
        with httpx.stream("GET", url, headers={"authorization": f"Bearer {opened['token']}"}) as response:
            return response.status_code

    with running(api.app) as address, _following(address, first):
        assert await asyncio.to_thread(status, address, first) == 429
        assert await asyncio.to_thread(status, address, second) == 200


async def test_the_stream_of_a_conversation_that_is_gone_is_not_found(api: Api) -> None:
    opened = await api.open()
    api.desk.erase(
        conversation_id=opened["conversation_id"],
        visitor_id=api.stores.transcripts.conversation(conversation_id=opened["conversation_id"]).visitor_id,
    )
    async with api.client(opened["token"]) as client:
        response = await client.get(f"/conversations/{opened['conversation_id']}/events")
    assert response.status_code == 404
