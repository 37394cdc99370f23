"""The frame's own routes behind guard and gate, with the record in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.middleware import Middleware

from bot.conversation.identity import Identities, identity_secret
from bot.conversation.partners import Partners
from bot.db.partner_counts import PartnerCountStore
from bot.db.partner_values import IdentityMode, KeyKind, Logo, Partner
from bot.db.partners import PartnerStore, blank_partner
from bot.db.staff import By
from bot.errors import StoreError
from bot.web.app import refuse_malformed
from bot.web.embed.gate import SCOPE_KEY, Gate
from bot.web.embed.pass_cookie import PassCookie
from bot.web.embed.routes import EmbedParts, EmbedRoutes
from bot.web.embed.tickets import Tickets
from bot.web.guard import Guard, Policy
from bot.web.visitor import VisitorCookie
from tests.fakes.chat_service import FakeService
from tests.fakes.stores import QuickStore

SECRET = "a-secret-for-tests-of-more-than-32-characters"
PORTAL = "https://portal.example.org"
OURS = "http://guide.test"
BY = By(name="test")


@dataclass
class House:
    """One partner and the routes before it."""

    app: FastAPI
    service: FakeService
    partners: Partners
    store: PartnerStore
    counts: PartnerCountStore
    passes: PassCookie
    gate: Gate

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app)
        return httpx.AsyncClient(transport=transport, base_url=OURS, headers={"Origin": OURS})

    def change(self, **fields: Any) -> Partner:
        partner = replace(self.store.get(partner_id="st-mary"), **fields)
        changed = self.store.save(partner, by=BY, now=datetime.now(UTC))
        self.partners.forget()
        return changed

    def sign(self, user: str, *, for_s: int = 300) -> str:
        keys = self.store.keys(partner_id="st-mary")
        key_id = keys[0].id if keys else self._key()
        exp = int((datetime.now(UTC) + timedelta(seconds=for_s)).timestamp())
        claims = {"sub": user, "aud": "guide:st-mary", "exp": exp}
        secret = identity_secret(master=SECRET, partner_id="st-mary", key_id=key_id)
        return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": key_id})

    def _key(self) -> str:
        made, _ = self.store.rotate(
            partner_id="st-mary", kind=KeyKind.IDENTITY, grace=timedelta(), by=BY, now=datetime.now(UTC)
        )
        return made.id

    async def enter(self, client: httpx.AsyncClient, *, passed: str = "", **more: Any) -> httpx.Response:
        given = await client.post("/embed/st-mary/ticket", headers={"Origin": PORTAL})
        wish = {"ticket": given.json()["ticket"], "parent": PORTAL, **more}
        return await client.post("/embed/st-mary/enter", json=wish, headers={"Cookie": passed})

    def pass_of(self, response: httpx.Response) -> Any:
        return self.passes.read(_cookie(response), partner_id="st-mary")

    def reasons(self) -> dict[str, int]:
        return {row.reason: row.times for row in self.counts.refused(partner_id="st-mary")}


def _cookie(response: httpx.Response) -> str:
    return response.headers["set-cookie"].partition(";")[0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    record = QuickStore(tmp_path / "record.db")
    store, counts = PartnerStore(record.engine), PartnerCountStore(record.engine)
    now = datetime.now(UTC)
    store.add(
        replace(blank_partner(partner_id="st-mary", name="St <Mary>", now=now), origins=(PORTAL,)), by=BY, now=now
    )
    partners, passes = Partners(store), PassCookie(secret=SECRET)
    visitors = VisitorCookie(secret=SECRET)
    gate = Gate(partners=partners, passes=passes, visitors=visitors)
    app = FastAPI(
        middleware=[Middleware(Guard, policy=Policy(), authenticate=lambda headers: headers, gate=gate)],
        openapi_url=None,
    )
    service = FakeService()
    parts = EmbedParts(
        service=service,  # type: ignore[arg-type]
        store=store,
        counts=counts,
        tickets=Tickets(secret=SECRET, spender=counts),
        passes=passes,
        identities=Identities(master=SECRET, keys=store),
        page=lambda partner: f"page of {partner.id}",
    )
    app.include_router(EmbedRoutes(parts).router)

    @app.get("/chat/user")
    def user(request: Request) -> dict[str, Any]:
        embedded = request.scope[SCOPE_KEY]
        return {
            "visitor": visitors.read(request.headers.get("cookie")),
            "partner": embedded.partner.id,
            "cookies": request.headers.get("cookie", "").count("="),
        }

    yield House(app, service, partners, store, counts, passes, gate)
    record.close()


async def test_behind_the_gate_the_visitor_is_known_by_the_chats_own_cookie_alone(house: House) -> None:
    async with house.client() as client:
        entered = await house.enter(client, region="GB")
        visit = house.pass_of(entered)
        assert (visit.partner_id, visit.origin, visit.region, visit.is_signed) == ("st-mary", PORTAL, "GB", False)
        cookie = f"guide_visitor=forged; {_cookie(entered)}; other=1"
        seen = (await client.get("/embed/st-mary/user", headers={"Cookie": cookie})).json()
    assert seen == {"visitor": visit.visitor_id, "partner": "st-mary", "cookies": 1}


async def test_each_frame_that_comes_in_is_counted(house: House) -> None:
    async with house.client() as client:
        first = await house.enter(client)
        again = await house.enter(client, passed=_cookie(first))
    assert house.pass_of(again).visitor_id == house.pass_of(first).visitor_id
    today = datetime.now(UTC).date()
    days = house.counts.days(partner_id="st-mary", since=today, until=today + timedelta(days=2))
    assert [day.opens for day in days] == [2]


async def test_tickets_from_one_address_have_a_rate(house: House) -> None:
    async with house.client() as client:
        answers = [await client.post("/embed/st-mary/ticket", headers={"Origin": PORTAL}) for _ in range(121)]
    assert [answer.status_code for answer in answers] == [200] * 120 + [429]
    assert answers[-1].json() == {"code": "too_fast"}
    assert answers[-1].headers["access-control-allow-origin"] == PORTAL


async def test_what_is_turned_away_is_counted_up_to_a_rate(house: House) -> None:
    async with house.client() as client:
        for _ in range(302):
            refused = await client.post("/embed/st-mary/ticket", headers={"Origin": "https://evil.example"})
    assert (refused.status_code, house.reasons()) == (403, {"origin_not_listed": 300})


async def test_with_the_database_away_nobody_comes_in_and_nobody_is_told_why(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**more: object) -> bool:
        raise StoreError("gone")

    async with house.client() as client:
        monkeypatch.setattr(house.counts, "spend_ticket", broken)
        monkeypatch.setattr(house.counts, "count_refused", broken)
        answer = await house.enter(client)
        assert (answer.status_code, answer.json()) == (503, {"code": "unavailable"})
        refused = await client.post("/embed/st-mary/ticket", headers={"Origin": "https://evil.example"})
        assert (refused.status_code, refused.json()) == (403, {"code": "origin_not_listed"})


async def test_colour_and_picture_are_the_partners(house: House) -> None:
    async with house.client() as client:
        assert (await client.get("/embed/st-mary/theme.css")).text == ""
        assert (await client.get("/embed/st-mary/partner-logo")).status_code == 404
        house.change(colour="#0f766e")
        house.store.set_logo(
            partner_id="st-mary", logo=Logo(b"\x89PNG\r\n\x1a\n", "image/png"), by=BY, now=datetime.now(UTC)
        )
        assert "--brand: #0f766e" in (await client.get("/embed/st-mary/theme.css")).text
        picture = await client.get("/embed/st-mary/partner-logo")
    assert (picture.content, picture.headers["content-type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")


# ---- Signed user ids ----


async def test_where_it_is_optional_a_named_visitor_is_the_same_everywhere_and_others_come_in_too(house: House) -> None:
    house.change(identity=IdentityMode.OPTIONAL)
    async with house.client() as client:
        first = await house.enter(client, identity=house.sign("u-1"))
        second = await house.enter(client, identity=house.sign("u-1", for_s=299))
        unnamed = await house.enter(client)
        old = await house.enter(client, identity=house.sign("u-1", for_s=-60))
    assert house.pass_of(first).visitor_id == house.pass_of(second).visitor_id
    assert house.pass_of(first).is_signed
    assert 290 <= first.json()["signed_for_s"] <= 300
    assert (unnamed.json()["identity"], old.json()["identity"]) == ("identity_needed", "identity_expired")
    assert len({house.pass_of(answer).visitor_id for answer in (first, unnamed, old)}) == 3


async def test_whoever_is_not_named_any_more_does_not_go_on_as_the_one_who_was(house: House) -> None:
    house.change(identity=IdentityMode.OPTIONAL)
    async with house.client() as client:
        named = await house.enter(client, identity=house.sign("u-1"))
        after = await house.enter(client, passed=_cookie(named))
    assert house.pass_of(after).visitor_id != house.pass_of(named).visitor_id


async def test_where_nobody_asked_for_it_a_signed_user_id_counts_for_nothing(house: House) -> None:
    async with house.client() as client:
        answer = await house.enter(client, identity=house.sign("u-1"))
    assert answer.json()["identity"] == "none"
    assert not house.pass_of(answer).is_signed


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        pytest.param(lambda house: None, "identity_needed", id="none"),
        pytest.param(lambda house: "a.b.c", "identity_refused", id="nonsense"),
        pytest.param(lambda house: house.sign("u-1", for_s=-60), "identity_expired", id="old"),
        pytest.param(lambda house: house.sign("mary@example.org"), "identity_email", id="email"),
    ],
)
async def test_where_it_is_demanded_nobody_comes_in_without_and_it_is_counted(
    house: House, sign: Callable[[House], str | None], code: str
) -> None:
    house.change(identity=IdentityMode.REQUIRED)
    async with house.client() as client:
        answer = await house.enter(client, identity=sign(house))
    assert (answer.status_code, answer.json()) == (401, {"code": code})
    assert "set-cookie" not in answer.headers
    assert house.reasons() == {code: 1}


async def test_a_signed_user_id_brings_in_one_browser_which_may_come_again(house: House) -> None:
    house.change(identity=IdentityMode.REQUIRED)
    token = house.sign("u-1")
    async with house.client() as client:
        first = await house.enter(client, identity=token)
        again = await house.enter(client, identity=token, passed=_cookie(first))
        another = await house.enter(client, identity=token)
    assert house.pass_of(again).visitor_id == house.pass_of(first).visitor_id
    assert (another.status_code, another.json()) == (401, {"code": "identity_replayed"})


async def test_a_page_whose_names_do_not_work_may_not_ask_for_ever(house: House) -> None:
    house.change(identity=IdentityMode.OPTIONAL)
    async with house.client() as client:
        headers = {"Cookie": _cookie(await house.enter(client))}
        answers = [
            await client.post("/embed/st-mary/identity", json={"identity": "a.b.c"}, headers=headers) for _ in range(13)
        ]
    assert [answer.status_code for answer in answers] == [401] * 12 + [429]


async def test_a_name_is_said_again_for_the_same_visitor_alone(house: House) -> None:
    house.change(identity=IdentityMode.REQUIRED)
    async with house.client() as client:
        entered = await house.enter(client, identity=house.sign("u-1", for_s=30))
        headers = {"Cookie": _cookie(entered)}

        async def renew(token: str) -> httpx.Response:
            return await client.post("/embed/st-mary/identity", json={"identity": token}, headers=headers)

        renewed = await renew(house.sign("u-1"))
        assert renewed.json()["identity"] == "ok"
        assert house.pass_of(renewed).signed_until > house.pass_of(entered).signed_until
        another = await renew(house.sign("u-2"))
        assert (another.status_code, another.json()) == (409, {"code": "identity_changed"})
        assert (await renew("a.b.c")).status_code == 401
        headers = {}
        assert (await renew(house.sign("u-1"))).json() == {"code": "no_pass"}


# ---- What a pass allows, message by message ----


async def test_messages_are_refused_as_soon_as_the_partner_says_so(house: House) -> None:
    house.change(identity=IdentityMode.OPTIONAL)
    async with house.client() as client:
        unnamed = house.pass_of(await house.enter(client))
        named = house.pass_of(await house.enter(client, identity=house.sign("u-1")))
        short = house.pass_of(await house.enter(client, identity=house.sign("u-1", for_s=-20)))
    assert [house.gate.refusal(visit) for visit in (unnamed, named, short)] == [None] * 3
    house.change(identity=IdentityMode.REQUIRED)
    assert [house.gate.refusal(visit) for visit in (unnamed, named, short)] == ["signed_out", None, "signed_out"]
    house.change(origins=("https://new.example.org",))
    assert house.gate.refusal(named) == "partner_off"
    house.change(origins=(PORTAL,))
    house.store.set_active(partner_id="st-mary", is_active=False, by=BY, now=datetime.now(UTC))
    house.partners.forget()
    assert house.gate.refusal(named) == "partner_off"


@pytest.mark.parametrize("for_s", [None, -20])
async def test_a_page_whose_visitor_is_not_named_now_stays_and_opens_nothing(house: House, for_s: int | None) -> None:
    house.change(identity=IdentityMode.OPTIONAL)
    thread = "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f"
    async with house.client() as client:
        token = None if for_s is None else house.sign("u-1", for_s=for_s)
        headers = {"Cookie": _cookie(await house.enter(client, identity=token))}
        house.change(identity=IdentityMode.REQUIRED)
        assert (await client.get("/embed/st-mary/user", headers=headers)).status_code == 200
        for path in (f"/my/{thread}", f"/my/{thread}/download", f"/sources/{thread}/x/1"):
            assert (await client.get(f"/embed/st-mary{path}", headers=headers)).status_code == 401
        for path in (f"/my/{thread}/erase", f"/my/{thread}/contact", "/project/action"):
            assert (await client.post(f"/embed/st-mary{path}", headers=headers)).status_code == 401


async def test_what_no_page_of_ours_sends_is_refused_without_an_echo(house: House) -> None:
    house.app.add_exception_handler(RequestValidationError, refuse_malformed)
    async with house.client() as client:
        for body in (b'{"ticket": "\\ud800", "parent": NaN}', b"{", b'{"ticket": 7}'):
            answer = await client.post(
                "/embed/st-mary/enter", content=body, headers={"content-type": "application/json"}
            )
            assert (answer.status_code, answer.json()) == (422, {"code": "malformed"})
