from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation.identity import Identities
from bot.db.partner_values import IdentityMode
from tests.fakes.api import SECRET, Api, make_api


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return make_api(tmp_path)


async def test_opening_one_answers_with_all_that_is_needed_to_go_on(api: Api) -> None:
    async with api.client(api.key) as client:
        response = await client.post("/conversations", json={"region": "GB", "visitor": "v-1"})
    opened = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/api/v1/conversations/{opened['conversation_id']}"
    assert {**opened, "conversation_id": "", "token": ""} == {
        "conversation_id": "",
        "token": "",
        "token_expires_at": "2027-05-22T09:00:00+00:00",
        "visitor": "v-1",
        "state": "bot",
        "language": "en",
        "created_at": "2026-11-23T09:00:00+00:00",
        "disclaimer": "This guide gives general information, not medical advice. In an emergency, call your emergency "
        "number.",
    }
    kept = api.stores.transcripts.conversation(conversation_id=opened["conversation_id"])
    assert (kept.channel, kept.partner_id, kept.region, kept.language) == ("api", "st-mary", "GB", "en")
    assert "v-1" not in kept.visitor_id


async def test_a_language_that_the_partner_does_not_offer_becomes_its_first(api: Api) -> None:
    async with api.client(api.key) as client:
        response = await client.post("/conversations", json={"language": "de"})
    assert response.json()["language"] == "en"


async def test_a_visitor_is_the_same_person_in_both_conversations(api: Api) -> None:
    async with api.client(api.key) as client:
        first = (await client.post("/conversations", json={})).json()
        second = (await client.post("/conversations", json={"visitor": first["visitor"]})).json()
        third = (await client.post("/conversations", json={})).json()
    ids = [
        api.stores.transcripts.conversation(conversation_id=each["conversation_id"]).visitor_id
        for each in (first, second, third)
    ]
    assert (ids[0] == ids[1], ids[0] == ids[2]) == (True, False)


async def test_a_signed_user_goes_before_a_visitor(api: Api) -> None:
    sign = api.demand_identity(IdentityMode.OPTIONAL)
    async with api.client(api.key, Guide_Identity=sign("p-1")) as client:
        first = (await client.post("/conversations", json={"visitor": "v-1"})).json()
        second = (await client.post("/conversations", json={})).json()
    assert (first["visitor"], second["visitor"]) == (None, None)
    ids = {
        api.stores.transcripts.conversation(conversation_id=each["conversation_id"]).visitor_id
        for each in (first, second)
    }
    assert len(ids) == 1


async def test_a_signed_user_is_another_visitor_in_the_widget(api: Api) -> None:
    signed = api.demand_identity()("p-1")
    opened = await api.open(Guide_Identity=signed)
    identities = Identities(master=SECRET, keys=api.stores.partners, clock=api.clock)
    in_widget = identities.read(signed, partner_id="st-mary", channel="widget").visitor_id
    kept = api.stores.transcripts.conversation(conversation_id=opened["conversation_id"])
    said_there = api.service.open(visitor_id=in_widget, channel="widget", partner_id="st-mary")
    async with api.client(api.key, Guide_Identity=signed) as client:
        response = await client.get(f"/conversations/{said_there.id}")
    assert (kept.visitor_id == in_widget, response.status_code) == (False, 404)


async def test_a_token_opens_no_conversation(api: Api) -> None:
    opened = await api.open()
    async with api.client(opened["token"]) as client:
        response = await client.post("/conversations", json={})
    assert (response.status_code, response.json()["code"]) == (403, "key_needed")


async def test_a_copy_comes_as_json_and_as_text(api: Api) -> None:
    opened = await api.open()
    place = f"/conversations/{opened['conversation_id']}"
    async with api.client(opened["token"]) as client:
        reply = (await client.post(f"{place}/messages", json={"text": "What is a flare?"})).json()
        copy = (await client.get(f"{place}/export")).json()
        text = await client.get(f"{place}/export", headers={"accept": "text/plain"})
        shown = (await client.get(place)).json()
    assert copy["conversation"] == shown
    assert [(each["author"], each["text"]) for each in copy["messages"]] == [
        ("patient", "What is a flare?"),
        ("bot", reply["text"]),
    ]
    assert copy["messages"][1]["reply"] == reply
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.headers["content-disposition"].startswith("attachment; filename*=UTF-8''conversation-2026-11-23-")
    assert "What is a flare?" in text.text


async def test_a_thumb_is_kept_and_the_newest_counts(api: Api) -> None:
    opened = await api.open()
    place = f"/conversations/{opened['conversation_id']}"
    async with api.client(opened["token"]) as client:
        reply = (await client.post(f"{place}/messages", json={"text": "What is a flare?"})).json()
        thumb = {"reply_id": reply["reply_id"], "value": 1}
        await client.post(f"{place}/feedback", json=thumb)
        comment = "Call me on +44 20 7946 0000"
        response = await client.post(
            f"{place}/feedback", json={**thumb, "value": -1, "reason": "wrong", "comment": comment}
        )
    assert response.json() == {
        "reply_id": reply["reply_id"],
        "value": -1,
        "reason": "wrong",
        "created_at": "2026-11-23T09:00:00+00:00",
    }
    (kept,) = api.stores.transcripts.thumbs(conversation_id=opened["conversation_id"]).values()
    assert (kept.value, kept.comment) == (-1, "Call me on [phone]")


async def test_a_thumb_is_for_a_reply_of_this_conversation_alone(api: Api) -> None:
    async with api.client(api.key) as client:
        first = (await client.post("/conversations", json={"visitor": "v"})).json()
        second = (await client.post("/conversations", json={"visitor": "v"})).json()
        place = f"/conversations/{first['conversation_id']}"
        reply = (await client.post(f"{place}/messages", json={"text": "What is a flare?"})).json()
    async with api.client(second["token"]) as client:
        response = await client.post(
            f"/conversations/{second['conversation_id']}/feedback", json={"reply_id": reply["reply_id"], "value": 1}
        )
    assert response.status_code == 404


async def test_erasing_is_proven_and_leaves_nothing(api: Api) -> None:
    opened = await api.open()
    place = f"/conversations/{opened['conversation_id']}"
    async with api.client(opened["token"]) as client:
        await client.post(f"{place}/messages", json={"text": "What is a flare?"})
        proof = (await client.delete(place)).json()
        again = [(await client.delete(place)).status_code, (await client.get(place)).status_code]
        said = await client.post(f"{place}/messages", json={"text": "What is a flare?"})
    assert (proof["conversation_id"], proof["erased_at"]) == (opened["conversation_id"], "2026-11-23T09:00:00+00:00")
    assert (proof["rows"]["messages"], proof["rows"]["conversations"]) == (2, 1)
    assert proof["total"] == sum(proof["rows"].values())
    assert (again, said.status_code) == ([404, 404], 404)
    assert api.stores.audit.entries(limit=1)[0].action == "conversation.erased"


async def test_a_person_is_erased_with_all_their_conversations_and_nobody_else(api: Api) -> None:
    async with api.client(api.key) as client:
        opened = [
            (await client.post("/conversations", json={"visitor": name})).json() for name in ("v-1", "v-1", "v-2")
        ]
        for each in opened:
            place = f"/conversations/{each['conversation_id']}"
            await client.post(f"{place}/messages", json={"text": "What is a flare?"})
        proof = (await client.post("/erasures", json={"visitor": "v-1"})).json()
        again = (await client.post("/erasures", json={"visitor": "v-1"})).json()
        left = [(await client.get(f"/conversations/{each['conversation_id']}")).status_code for each in opened]
    assert (proof["erased_at"], proof["rows"]["conversations"]) == ("2026-11-23T09:00:00+00:00", 2)
    assert (proof["rows"]["messages"], proof["total"]) == (4, sum(proof["rows"].values()))
    assert (again["total"], left) == (0, [404, 404, 200])
    (kept,) = api.stores.audit.entries(limit=1)
    assert (kept.action, kept.actor) == ("visitor.erased", "partner st-mary")


async def test_a_signed_user_id_names_the_person_in_the_widget_as_well(api: Api) -> None:
    sign = api.demand_identity(IdentityMode.OPTIONAL)
    identities = Identities(master=SECRET, keys=api.stores.partners, clock=api.clock)
    for user in ("p-1", "p-2"):
        seen = identities.read(sign(user), partner_id="st-mary", channel="widget")
        api.service.open(visitor_id=seen.visitor_id, channel="widget", partner_id="st-mary")
    async with api.client(api.key, Guide_Identity=sign("p-1")) as client:
        await client.post("/conversations", json={})
        proof = (await client.post("/erasures", json={})).json()
    assert proof["rows"]["conversations"] == 2


@pytest.mark.parametrize(
    ("who", "identity", "status", "code"),
    [
        ("key", None, 422, "nobody_named"),
        ("key", "no.token.atall", 401, "identity_refused"),
        ("token", None, 403, "key_needed"),
    ],
)
async def test_nobody_is_erased_by_somebody_else_or_without_a_name(
    api: Api, who: str, identity: str | None, status: int, code: str
) -> None:
    api.demand_identity(IdentityMode.OPTIONAL)
    opened = await api.open()
    headers = {} if identity is None else {"Guide_Identity": identity}
    async with api.client(api.key if who == "key" else opened["token"], **headers) as client:
        response = await client.post("/erasures", json={"visitor": "v-1"} if who == "token" else {})
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_another_partners_person_of_the_same_name_stays(api: Api) -> None:
    async with api.client(api.key) as client:
        await client.post("/conversations", json={"visitor": "v-1"})
    async with api.client(api.other_key) as client:
        proof = (await client.post("/erasures", json={"visitor": "v-1"})).json()
    assert proof["total"] == 0
