from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.conversation.limits import Limits
from bot.domain import GENERATIVE
from tests.fakes.answers import make_answer
from tests.fakes.api import EMERGENCY, Api, make_api, running, told_in, wait_until

STREAM = {"accept": "text/event-stream"}


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return make_api(tmp_path)


async def _messages(api: Api) -> tuple[httpx.AsyncClient, str]:
    opened = await api.open()
    return api.client(opened["token"]), f"/conversations/{opened['conversation_id']}/messages"


async def test_the_transcript_comes_in_parts(api: Api) -> None:
    client, path = await _messages(api)
    for text in ("What is a flare?", "And then?"):
        await client.post(path, json={"text": text})
    first = (await client.get(path, params={"limit": 3})).json()
    rest = (await client.get(path, params={"after_seq": first["next_after_seq"]})).json()
    assert [each["seq"] for each in first["messages"]] == [1, 2, 3]
    assert ([each["seq"] for each in rest["messages"]], rest["next_after_seq"]) == ([4], None)
    exact = (await client.get(path, params={"limit": 4})).json()
    assert exact["next_after_seq"] is None


async def test_the_same_key_gets_the_same_reply_also_in_the_body(api: Api) -> None:
    client, path = await _messages(api)
    key = {"idempotency-key": "m 1"}
    first = await client.post(path, json={"text": "What is a flare?"}, headers=key)
    second = await client.post(path, json={"text": "What is a flare?"}, headers=key)
    third = await client.post(path, json={"text": "What is a flare?", "client_message_id": "m 1"})
    other = await client.post(path, json={"text": "What is lupus?"}, headers=key)
    assert first.json() == second.json() == third.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert len((await client.get(path)).json()["messages"]) == 2


async def test_an_emergency_is_answered_under_a_key_that_was_used(api: Api) -> None:
    client, path = await _messages(api)
    key = {"idempotency-key": "m1"}
    await client.post(path, json={"text": "What is a flare?"}, headers=key)
    response = await client.post(path, json={"text": EMERGENCY}, headers=key)
    assert (response.status_code, response.json()["outcome"]) == (200, "emergency")


async def test_twenty_of_the_same_at_once_are_one_message_and_one_reply(api: Api) -> None:
    client, path = await _messages(api)
    headers = {"idempotency-key": "m1"}
    sent = [client.post(path, json={"text": "What is a flare?"}, headers=headers) for _ in range(20)]
    responses = await asyncio.gather(*sent)
    assert {each.status_code for each in responses} == {200}
    assert len({each.json()["reply_id"] for each in responses}) == 1
    assert len((await client.get(path)).json()["messages"]) == 2


async def test_two_different_messages_at_once_are_told_to_wait(api: Api) -> None:
    client, path = await _messages(api)
    goes_on = threading.Event()
    api.source.before = lambda question: goes_on.wait(5)
    first = asyncio.create_task(client.post(path, json={"text": "What is a flare?"}))
    await asyncio.to_thread(wait_until, lambda: bool(api.source.questions))
    second = await client.post(path, json={"text": "What is lupus?"})
    goes_on.set()
    assert (second.status_code, second.json()["code"]) == (409, "limit.busy")
    assert second.headers["retry-after"] == "1"
    assert (await first).status_code == 200


async def test_an_emergency_waits_for_no_slow_answers(api: Api) -> None:
    goes_on = threading.Event()
    api.source.before = lambda question: goes_on.wait(20)
    slow = []
    for _ in range(60):
        client, path = await _messages(api)
        slow.append(asyncio.create_task(client.post(path, json={"text": "What is a flare?"})))
    await asyncio.to_thread(wait_until, lambda: len(api.source.questions) == 60)
    client, path = await _messages(api)
    response = await asyncio.wait_for(client.post(path, json={"text": EMERGENCY}), 5)
    goes_on.set()
    assert response.json()["outcome"] == "emergency"
    assert {each.status_code for each in await asyncio.gather(*slow)} == {200}


async def test_a_stream_grows_and_ends_with_the_whole_reply(api: Api) -> None:
    whole = make_answer(answerer=GENERATIVE)
    api.source.draft = whole
    api.source.growing = (replace(whole, text="A flare"), replace(whole, text="A flare is"))
    client, path = await _messages(api)
    response = await client.post(path, json={"text": "What is a flare?"}, headers=STREAM)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert (response.headers["cache-control"], response.headers["x-accel-buffering"]) == ("no-store", "no")
    events = list(told_in(response.text.splitlines()))
    assert events[-1].name == "reply"
    assert {each.name for each in events[:-1]} <= {"progress"}
    texts = [each.values["text"] for each in events[:-1]]
    assert all(events[-1].values["text"].startswith(text.split(" [")[0]) for text in texts)
    stored = (await client.get(path)).json()["messages"][1]["reply"]
    assert events[-1].values == stored


async def test_a_quiet_stream_says_that_it_lives(api: Api) -> None:
    client, path = await _messages(api)
    goes_on = threading.Event()
    api.source.before = lambda question: goes_on.wait(2.0)
    response = await client.post(path, json={"text": "What is a flare?"}, headers=STREAM)
    names = [each.name for each in told_in(response.text.splitlines())]
    assert (names[-1], set(names[:-1])) == ("reply", {""})


async def test_what_is_refused_at_once_keeps_its_status_in_a_stream(tmp_path: Path) -> None:
    api = make_api(tmp_path, limits=Limits(max_chars=2000, per_visitor=("1/minute",)))
    client, path = await _messages(api)
    await client.post(path, json={"text": "What is a flare?"})
    response = await client.post(path, json={"text": "What is lupus?"}, headers=STREAM)
    assert (response.status_code, response.json()["code"]) == (429, "limit.too_fast")


async def test_a_reply_that_nobody_waited_for_is_kept_and_got_by_sending_again(api: Api) -> None:
    opened = await api.open()
    goes_on = threading.Event()
    api.source.before = lambda question: goes_on.wait(5)
    with running(api.app) as address:
        path = f"{address}/conversations/{opened['conversation_id']}/messages"
        headers = {"authorization": f"Bearer {opened['token']}", "idempotency-key": "m1"}
        body = {"text": "What is a flare?"}
        async with httpx.AsyncClient(headers=headers) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(path, json=body, timeout=0.3)
            async with client.stream("POST", path, json=body, headers=STREAM) as response:
                assert response.status_code == 200  # and goes away
            goes_on.set()
            again = (await client.post(path, json=body)).json()
            lines = (await client.get(path)).json()["messages"]
    assert (again["outcome"], len(lines)) == ("answered", 2)
    assert lines[1]["reply"] == again


# ------------------------------------------------------------------ odd messages that may hold an emergency


def _json(text: str) -> dict[str, Any]:
    return {"content": f'{{"text": "{text}"}}'.encode(), "headers": {"content-type": "application/json"}}


async def test_half_a_surrogate_pair_keeps_no_message_back(api: Api) -> None:
    client, path = await _messages(api)
    urgent = await client.post(path, **_json(f"{EMERGENCY} \\ud83d"))
    plain = await client.post(path, **_json("What is a flare? \\udc00"))
    lines = (await client.get(path)).json()["messages"]
    assert (urgent.status_code, urgent.json()["outcome"]) == (200, "emergency")
    assert (plain.status_code, plain.json()["outcome"]) == (200, "answered")
    assert lines[2]["text"] == "What is a flare? \ufffd"


@pytest.mark.parametrize("place", ["{0} {1}", "{1} {0}"])
async def test_a_message_of_a_whole_body_is_read_for_an_emergency(place: str, api: Api) -> None:
    client, path = await _messages(api)
    filling = "and so on " * 12_000
    urgent = await client.post(path, json={"text": place.format(EMERGENCY, filling)})
    plain = await client.post(path, json={"text": filling})
    assert (urgent.status_code, urgent.json()["outcome"]) == (200, "emergency")
    assert (plain.status_code, plain.json()["code"]) == (413, "limit.too_long")


@pytest.mark.parametrize(
    ("headers", "more", "place"),
    [
        pytest.param({"idempotency-key": "a" * 129}, {}, ("header", "Idempotency-Key"), id="long-key"),
        pytest.param({"idempotency-key": ""}, {}, ("header", "Idempotency-Key"), id="empty-key"),
        pytest.param({"idempotency-key": b"m\xe9"}, {}, ("header", "Idempotency-Key"), id="key-beyond-ascii"),
        pytest.param({}, {"client_message_id": "a\n"}, ("body", "client_message_id"), id="id-of-two-lines"),
        pytest.param({}, {"client_message_id": 3}, ("body", "client_message_id"), id="id-is-a-number"),
        pytest.param({}, {"patient": "rosa"}, ("body", ""), id="another-field"),
    ],
)
async def test_what_is_wrong_beside_the_text_is_told_but_to_an_emergency(
    headers: dict[str, Any], more: dict[str, Any], place: tuple[str, str], api: Api
) -> None:
    client, path = await _messages(api)
    plain = await client.post(path, json={"text": "What is a flare?", **more}, headers=headers)
    urgent = await client.post(path, json={"text": EMERGENCY, **more}, headers=headers)
    assert (plain.status_code, plain.json()["code"]) == (422, "invalid")
    assert [(each["in"], each["field"]) for each in plain.json()["errors"]] == [place]
    assert "rosa" not in plain.text
    assert (urgent.status_code, urgent.json()["outcome"]) == (200, "emergency")
