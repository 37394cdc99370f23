"""The HTTP API over the real service, the real index of the mini guide and a real database: who may do what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from bot.answer.source import AnswerSource
from bot.conversation.limits import Limits
from bot.conversation.wire import reply_to_json
from bot.db.partner_values import IdentityMode
from bot.index.encoders import open_encoder
from bot.index.loaded import CurrentIndex
from bot.web.api.app import Bounds
from bot.web.api.problems import CATALOG
from tests.fakes.api import EMERGENCY, SECRET, Api, make_api, told_in

QUESTION = "What is cytokine release syndrome?"
CRISIS = "I want to end my life tonight"


@pytest.fixture(scope="module")
def source(mini_index_dir: Path) -> AnswerSource:
    return AnswerSource(index=CurrentIndex(index_dir=mini_index_dir), encoder_for=open_encoder)


@pytest.fixture
def make(tmp_path: Path, source: AnswerSource) -> Callable[..., Api]:
    return lambda **options: make_api(tmp_path, source=source, **options)


@pytest.fixture
def api(make: Callable[..., Api]) -> Api:
    return make()


async def _ask(api: Api, bearer: str, conversation_id: str, text: str, **headers: str) -> httpx.Response:
    async with api.client(bearer, **headers) as client:
        return await client.post(f"/conversations/{conversation_id}/messages", json={"text": text})


async def test_a_question_gets_the_whole_reply_of_the_guide(api: Api) -> None:
    opened = await api.open()
    response = await _ask(api, opened["token"], opened["conversation_id"], QUESTION)
    reply = response.json()
    kept = api.stores.transcripts.messages(conversation_id=opened["conversation_id"])
    assert response.status_code == 200
    assert reply == json.loads(json.dumps(reply_to_json(kept[1].reply)))  # type: ignore[arg-type]
    assert (reply["outcome"], reply["citations"][0]["section_id"]) == ("answered", "crs")
    assert "[1]" in reply["text"]


async def test_a_stream_ends_with_what_is_kept(api: Api) -> None:
    opened = await api.open()
    async with api.client(opened["token"], Accept="text/event-stream") as client:
        path = f"/conversations/{opened['conversation_id']}/messages"
        told = list(told_in((await client.post(path, json={"text": QUESTION})).text.splitlines()))
        lines = (await client.get(path)).json()["messages"]
    assert [each.name for each in told] == ["reply"]
    assert told[0].values == lines[1]["reply"]


# ------------------------------------------------------------------ who may do what

CONTACT = {"kind": "email", "value": "rosa@example.org", "consent": True}


@dataclass(frozen=True)
class Route:
    """A route below a conversation, and what it answers to who may use it."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    status: int = 200
    needs_person: bool = False


ROUTES = (
    Route("GET", ""),
    Route("GET", "/messages"),
    Route("POST", "/messages", {"text": QUESTION}),
    Route("GET", "/export"),
    Route("POST", "/feedback", {"reply_id": "REPLY", "value": 1}),
    Route("POST", "/handoff"),
    Route("GET", "/handoff"),
    Route("DELETE", "/handoff"),
    Route("PUT", "/handoff/contact", CONTACT, needs_person=True),
    Route("DELETE", "/handoff/contact"),
    Route("PUT", "/handoff/rating", {"rating": 4}, status=409),
    Route("DELETE", ""),
)
Who = Callable[[Api, dict[str, Any]], Awaitable[str | None]]


async def _owners_key(api: Api, opened: dict[str, Any]) -> str:
    return api.key


async def _owners_second_key(api: Api, opened: dict[str, Any]) -> str:
    return api.make_key(grace=timedelta(days=1))


async def _owners_token(api: Api, opened: dict[str, Any]) -> str:
    return str(opened["token"])


async def _another_token(api: Api, opened: dict[str, Any]) -> str:
    return str((await api.open())["token"])


async def _another_partners_key(api: Api, opened: dict[str, Any]) -> str:
    return api.other_key


async def _another_partners_token(api: Api, opened: dict[str, Any]) -> str:
    return str((await api.open(api.other_key))["token"])


async def _nobody(api: Api, opened: dict[str, Any]) -> None:
    return None


async def _revoked_key(api: Api, opened: dict[str, Any]) -> str:
    api.revoke(api.key)
    return api.key


async def _token_of_revoked_key(api: Api, opened: dict[str, Any]) -> str:
    api.revoke(api.key)
    return str(opened["token"])


async def _rotated_key(api: Api, opened: dict[str, Any]) -> str:
    key = api.key
    api.make_key(grace=timedelta(hours=1))
    api.clock.forward(hours=1)
    return key


async def _key_of_disabled_partner(api: Api, opened: dict[str, Any]) -> str:
    api.switch(is_active=False)
    return api.key


async def _token_of_disabled_partner(api: Api, opened: dict[str, Any]) -> str:
    api.switch(is_active=False)
    return str(opened["token"])


async def _old_token(api: Api, opened: dict[str, Any]) -> str:
    api.clock.forward(days=180)
    return str(opened["token"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method}-{route.path}")
@pytest.mark.parametrize(
    ("who", "code"),
    [
        pytest.param(_owners_key, None, id="owner's key"),
        pytest.param(_owners_second_key, None, id="owner's second key"),
        pytest.param(_owners_token, None, id="owner's token"),
        pytest.param(_another_token, "not_found", id="another conversation's token"),
        pytest.param(_another_partners_key, "not_found", id="another partner's key"),
        pytest.param(_another_partners_token, "not_found", id="another partner's token"),
        pytest.param(_nobody, "unauthorized", id="nobody"),
        pytest.param(_revoked_key, "key_refused", id="revoked key"),
        pytest.param(_token_of_revoked_key, "token_refused", id="revoked key's token"),
        pytest.param(_rotated_key, "key_refused", id="rotated key"),
        pytest.param(_key_of_disabled_partner, "key_refused", id="disabled partner's key"),
        pytest.param(_token_of_disabled_partner, "token_refused", id="disabled partner's token"),
        pytest.param(_old_token, "token_refused", id="old token"),
    ],
)
async def test_every_route_in_every_hand(route: Route, who: Who, code: str | None, tmp_path: Path) -> None:
    api = make_api(tmp_path)  # the answers' words are of no interest here: a script's are quick
    opened = await api.open()
    place = f"/conversations/{opened['conversation_id']}"
    async with api.client(api.key) as owner:
        reply = (await owner.post(f"{place}/messages", json={"text": QUESTION})).json()
        if route.needs_person:
            await owner.post(f"{place}/handoff")
    before = api.stores.transcripts.messages(conversation_id=opened["conversation_id"])
    body = None if route.body is None else {**route.body}
    if body is not None and "reply_id" in body:
        body["reply_id"] = reply["reply_id"]
    async with api.client(await who(api, opened)) as client:
        response = await client.request(route.method, f"{place}{route.path}", json=body)
    if code is None:
        assert response.status_code == route.status, response.text
        return
    assert (response.status_code, response.json()["code"]) == (CATALOG[code].status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert api.stores.transcripts.messages(conversation_id=opened["conversation_id"]) == before


async def test_a_conversation_of_the_chat_page_is_for_no_key(api: Api) -> None:
    talk = api.service.open(visitor_id="v", channel="chat", partner_id="st-mary")
    async with api.client(api.key) as client:
        assert (await client.get(f"/conversations/{talk.id}")).status_code == 404


async def test_wrong_keys_are_slowed_down_and_the_right_one_is_not(make: Callable[..., Api]) -> None:
    api = make(bounds=Bounds(failures_per_minute=3))
    await api.open()
    wrong = api.key[:-1] + ("A" if api.key[-1] != "A" else "B")
    async with api.client(wrong) as client:
        responses = [await client.post("/conversations", json={}) for _ in range(5)]
    assert [each.status_code for each in responses] == [401, 401, 401, 429, 429]
    assert responses[-1].headers["retry-after"] == "60"
    await api.open()


# ------------------------------------------------------------------ who writes


async def test_where_identity_is_required_every_call_names_the_patient(api: Api) -> None:
    sign = api.demand_identity()
    opened = await api.open(Guide_Identity=sign())
    place = f"/conversations/{opened['conversation_id']}"
    for bearer in (api.key, opened["token"]):
        async with api.client(bearer) as client:
            for route in ROUTES:
                body = route.body
                response = await client.request(route.method, f"{place}{route.path}", json=body)
                assert (response.status_code, response.json()["code"]) == (401, "identity_needed"), route
            assert (await client.get(f"{place}/events")).json()["code"] == "identity_needed"
        stranger = await _ask(api, bearer, opened["conversation_id"], QUESTION, Guide_Identity=sign("p-2"))
        assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
        named = await _ask(api, bearer, opened["conversation_id"], QUESTION, Guide_Identity=sign())
        assert named.status_code == 200
    async with api.client(api.key) as client:
        response = await client.post("/conversations", json={})
    assert (response.status_code, response.json()["code"]) == (401, "identity_needed")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"for_s": -60}, "identity_expired", id="expired"),
        pytest.param({"for_s": 7200}, "identity_refused", id="too-long"),
        pytest.param({"subject": "rosa@example.org"}, "identity_email", id="address"),
        pytest.param({"subject": ""}, "identity_refused", id="empty"),
    ],
)
@pytest.mark.parametrize("mode", [IdentityMode.REQUIRED, IdentityMode.OPTIONAL])
async def test_a_signed_user_id_that_cannot_be_taken_says_why(
    change: dict[str, Any], code: str, mode: IdentityMode, api: Api
) -> None:
    sign = api.demand_identity(mode)
    async with api.client(api.key, Guide_Identity=sign(**change)) as client:
        response = await client.post("/conversations", json={})
    assert (response.status_code, response.json()["code"]) == (401, code)


async def test_a_user_id_that_somebody_else_signed_is_refused(api: Api) -> None:
    sign = api.demand_identity()
    header = jwt.get_unverified_header(sign())
    claims = jwt.decode(sign(), options={"verify_signature": False})
    forged = jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": header["kid"]})
    async with api.client(api.key, Guide_Identity=forged) as client:
        assert (await client.post("/conversations", json={})).json()["code"] == "identity_refused"


async def test_without_identity_the_header_is_ignored(api: Api) -> None:
    opened = await api.open(Guide_Identity="nonsense")
    assert opened["visitor"] is not None


# ------------------------------------------------------------------ emergencies, whatever is in the way


@pytest.mark.parametrize(("text", "outcome"), [(EMERGENCY, "emergency"), (CRISIS, "crisis")])
async def test_an_emergency_is_answered_when_every_limit_is_used_up(
    text: str, outcome: str, make: Callable[..., Api]
) -> None:
    api = make(limits=Limits(max_chars=200, per_visitor=("1/day",)), bounds=Bounds(requests_per_minute=4))
    api.change(messages_per_day=1, messages_per_visitor=1)
    opened = await api.open()
    ids = (opened["token"], opened["conversation_id"])
    assert (await _ask(api, *ids, QUESTION)).status_code == 200
    refused = await _ask(api, *ids, QUESTION)
    assert (refused.status_code, refused.json()["code"]) == (429, "limit.too_many")
    assert refused.json()["detail"] == refused.json()["text"]
    assert refused.json()["text"].startswith("You have sent me a lot of messages today")
    assert refused.headers["retry-after"] == str(15 * 3600)
    for said in (text, f"{text} {'!' * 300}", text):  # the last one is beyond the key's own limit
        response = await _ask(api, *ids, said)
        assert (response.status_code, response.json()["outcome"]) == (200, outcome)


async def test_an_emergency_is_answered_whoever_has_not_signed_in(api: Api) -> None:
    sign = api.demand_identity()
    opened = await api.open(Guide_Identity=sign())
    ids = (opened["token"], opened["conversation_id"])
    old = sign(for_s=60)
    api.clock.forward(minutes=5)
    for headers in ({}, {"Guide_Identity": old}):
        response = await _ask(api, *ids, EMERGENCY, **headers)
        assert (response.status_code, response.json()["outcome"]) == (200, "emergency")
        question = await _ask(api, *ids, QUESTION, **headers)
        assert (question.status_code, question.json()["text"][:24]) == (401, "To go on, please sign in")


async def test_an_emergency_is_answered_while_the_record_is_broken(api: Api) -> None:
    opened = await api.open()
    unseen = api.service.open(visitor_id="x", channel="api", partner_id="st-mary").id
    api.destroy_record()
    for bearer, conversation_id in (
        (opened["token"], opened["conversation_id"]),
        (api.key, opened["conversation_id"]),
        (api.key, unseen),
    ):
        response = await _ask(api, bearer, conversation_id, EMERGENCY)
        assert (response.status_code, response.json()["outcome"]) == (200, "emergency"), response.text
        assert "tel:911" in response.json()["text"]
    async with api.client(api.key) as client:
        begun = await client.post("/conversations", json={})
        place = f"/conversations/{begun.json()['conversation_id']}"
        first = await client.post(f"{place}/messages", json={"text": EMERGENCY})
        broken = [await client.get(place), await client.delete(place), await client.post(f"{place}/handoff")]
    assert (begun.status_code, first.json()["outcome"]) == (201, "emergency")
    assert [each.status_code for each in broken] == [503, 503, 200]
    assert broken[0].json()["code"] == "unavailable"
    assert broken[0].headers["retry-after"] == "5"
    assert broken[2].json()["reason"] == "trouble"
    assert str(api.engine.url.database) not in broken[0].text
    question = await _ask(api, opened["token"], opened["conversation_id"], QUESTION)
    assert (question.status_code, question.json()["reason"]) == (200, "trouble")


# ------------------------------------------------------------------ limits of the patient


async def test_each_limit_of_a_visitor_has_its_own_code(make: Callable[..., Api]) -> None:
    api = make(limits=Limits(max_chars=200, per_visitor=("2/minute",)))
    opened = await api.open()
    ids = (opened["token"], opened["conversation_id"])
    long = await _ask(api, *ids, "a " * 200)
    codes = [(await _ask(api, *ids, QUESTION)).json().get("code") for _ in range(3)]
    assert (long.status_code, long.json()["code"], "retry-after" in long.headers) == (413, "limit.too_long", False)
    assert codes == [None, None, "limit.too_fast"]


async def test_limits_count_by_person_and_not_by_the_partners_one_address(make: Callable[..., Api]) -> None:
    api = make(limits=Limits(max_chars=200, per_visitor=("1/minute",), per_address=("1/minute",)))
    for _ in range(3):
        opened = await api.open()
        assert (await _ask(api, opened["token"], opened["conversation_id"], QUESTION)).status_code == 200
    async with api.client(api.key) as client:
        both = [(await client.post("/conversations", json={"visitor": "v-1"})).json() for _ in range(2)]
    statuses = [(await _ask(api, each["token"], each["conversation_id"], QUESTION)).status_code for each in both]
    assert statuses == [200, 429]


async def test_the_partners_own_quota_is_told(api: Api) -> None:
    api.change(messages_per_day=1)
    opened = await api.open()
    ids = (opened["token"], opened["conversation_id"])
    assert (await _ask(api, *ids, QUESTION)).status_code == 200
    refused = await _ask(api, *ids, QUESTION)
    assert (refused.status_code, refused.json()["code"]) == (429, "limit.partner_full")


async def test_duplicates_at_once_are_one_message_whoever_sends_them(api: Api) -> None:
    opened = await api.open()
    path = f"/conversations/{opened['conversation_id']}/messages"
    headers = {"Idempotency_Key": "m-1"}
    async with api.client(api.key, **headers) as one, api.client(opened["token"], **headers) as other:
        sent = [client.post(path, json={"text": QUESTION}) for client in (one, other) * 10]
        responses = await asyncio.gather(*sent)
        lines = (await one.get(path)).json()["messages"]
    assert {each.status_code for each in responses} == {200}
    assert ({each.json()["reply_id"] for each in responses}, len(lines)) == ({lines[1]["message_id"]}, 2)


async def test_a_person_speaks_and_the_guide_is_silent(api: Api) -> None:
    opened = await api.open()
    ids = (opened["token"], opened["conversation_id"])
    api.desk.start(conversation_id=opened["conversation_id"], staff_id=api.staff_id, display_name="Grace")
    reply = (await _ask(api, *ids, QUESTION)).json()
    assert (reply["reason"], reply["text"], reply["handoff"]["state"]) == ("person_speaks", "", "human")
    assert (await _ask(api, *ids, EMERGENCY)).json()["outcome"] == "emergency"
