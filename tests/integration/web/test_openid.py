"""Signing in with OpenID Connect, against an issuer on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from bot.domain import Role
from bot.web.staff.openid import OpenId, OpenIdError
from bot.web.staff.site import SignInWays
from tests.fakes.console import ADMIN, Console, make_console, quick_passwords
from tests.fakes.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, running_issuer

BACK = "/staff/sign-in/openid/back"


@pytest.fixture(scope="module")
def public_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "first"})


@pytest.fixture
def issuer(public_key: RSAKey) -> Iterator[Issuer]:
    with running_issuer() as issuer:
        issuer.key = public_key
        yield issuer


def _openid(issuer: Issuer, address: str | None = None) -> OpenId:
    return OpenId(
        issuer=address or issuer.address, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, title="Hospital account"
    )


@pytest.fixture
def console(tmp_path: Path, issuer: Issuer) -> Console:
    ways = SignInWays(passwords=quick_passwords(), openid=_openid(issuer), secret="s" * 40)
    console = make_console(tmp_path, ways=ways)
    console.stores.staff.add(
        name="maria", display_name="Maria", email="maria@hospital.test", role=Role.LEAD, by=ADMIN, now=console.clock()
    )
    return console


def _come_back(console: Console, issuer: Issuer, client: Any = None, *, query: str = "") -> Any:
    client = client or console.stranger()
    begun = client.get(f"/staff/sign-in/openid{query}")
    assert begun.status_code == 303, begun.text
    state, code = issuer.approve(begun.headers["location"])
    return client.get(BACK, params={"state": state, "code": code})


def test_a_verified_address_opens_the_account_that_is_there(console: Console, issuer: Issuer) -> None:
    client = console.stranger()
    assert "Hospital account" in client.get("/staff/sign-in").text
    response = _come_back(console, issuer, client, query="?next=/staff/gaps")
    assert (response.status_code, response.headers["location"]) == (303, "/staff/gaps")
    assert client.get("/staff/account").status_code == 200
    assert "guide_staff_openid" not in client.cookies
    assert console.audited()[-2:] == ["staff.linked", "staff.signed_in"]
    assert dict(console.stores.audit.entries(limit=1)[0].detail) == {"way": "openid"}


def test_from_then_on_the_subject_counts_and_not_the_address(console: Console, issuer: Issuer) -> None:
    _come_back(console, issuer)
    issuer.claims = {"email": None, "email_verified": None}
    assert _come_back(console, issuer).status_code == 303
    issuer.claims = {"sub": "subject-2", "email": "maria@hospital.test", "email_verified": True}
    assert _come_back(console, issuer).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"email_verified": False}, id="not-verified"),
        pytest.param({"email_verified": None}, id="verified-not-told"),
        pytest.param({"email_verified": "true"}, id="verified-as-text"),
        pytest.param({"email": "nina@hospital.test"}, id="another-address"),
        pytest.param({"email": None}, id="no-address"),
        pytest.param({"email": ["maria@hospital.test"]}, id="no-text"),
    ],
)
def test_who_is_no_staff_is_let_in_by_no_issuer(console: Console, issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims |= claims
    client = console.stranger()
    response = _come_back(console, issuer, client)
    assert (response.status_code, "Ask an admin to add you" in response.text) == (403, True)
    assert "guide_staff" not in client.cookies
    assert console.audited()[-1] == "staff.sign_in_failed"


def test_who_is_switched_off_stays_out(console: Console, issuer: Issuer) -> None:
    _come_back(console, issuer)
    console.client(Role.ADMIN)
    maria = console.stores.staff.find(name="maria")
    assert maria is not None
    console.stores.staff.disable(staff_id=maria.id, by=ADMIN, now=console.clock())
    assert _come_back(console, issuer).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"iss": "http://evil.test"}, id="another-issuer"),
        pytest.param({"aud": "another-client"}, id="for-another-site"),
        pytest.param({"aud": ["another-client", CLIENT_ID], "azp": "another-client"}, id="given-to-another-site"),
        pytest.param({"nonce": "another"}, id="another-nonce"),
        pytest.param({"nonce": None}, id="no-nonce"),
        pytest.param({"exp": 1_000_000_000}, id="too-old"),
        pytest.param({"exp": None}, id="for-ever"),
        pytest.param({"sub": None}, id="nobody"),
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(console: Console, issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims |= claims
    client = console.stranger()
    response = _come_back(console, issuer, client)
    assert (response.status_code, "could not confirm who you are" in response.text) == (403, True)
    assert "guide_staff" not in client.cookies


def test_a_token_of_another_key_lets_nobody_in(console: Console, issuer: Issuer, public_key: RSAKey) -> None:
    issuer.published = [public_key]
    issuer.key = RSAKey.generate_key(2048, {"kid": "first"})
    assert _come_back(console, issuer).status_code == 403


def test_a_token_signed_with_the_public_key_as_a_secret_lets_nobody_in(
    console: Console, issuer: Issuer, public_key: RSAKey
) -> None:
    issuer.published = [public_key]
    issuer.key = OctKey.import_key(public_key.as_pem(private=False).hex())  # type: ignore[assignment]
    issuer.header = {"alg": "HS256", "kid": "first"}
    assert _come_back(console, issuer).status_code == 403


def test_keys_that_changed_are_read_again(console: Console, issuer: Issuer) -> None:
    assert _come_back(console, issuer).status_code == 303
    issuer.key = RSAKey.generate_key(2048, {"kid": "second"})
    issuer.header = {"alg": "RS256", "kid": "second"}
    assert _come_back(console, issuer).status_code == 303


@pytest.mark.parametrize("how", ["other-state", "no-cookie", "forged-cookie", "replayed", "no-code"])
def test_a_sign_in_ends_where_it_was_begun(console: Console, issuer: Issuer, how: str) -> None:
    client = console.stranger()
    state, code = issuer.approve(client.get("/staff/sign-in/openid").headers["location"])
    if how == "other-state":
        state = "x" * 43
    elif how == "no-cookie":
        client.cookies.clear()
    elif how == "forged-cookie":
        client.cookies.set("guide_staff_openid", "e30.x.y", domain="testserver.local", path="/")
    elif how == "replayed":
        assert client.get(BACK, params={"state": state, "code": code}).status_code == 303
        client = console.stranger()
    else:
        code = ""
    response = client.get(BACK, params={"state": state, "code": code})
    assert response.status_code == 403
    assert "guide_staff" not in client.cookies


def test_an_attackers_code_does_not_sign_a_victim_in(console: Console, issuer: Issuer) -> None:
    attacker, victim = console.stranger(), console.stranger()
    _, code = issuer.approve(attacker.get("/staff/sign-in/openid").headers["location"])
    state, _ = issuer.approve(victim.get("/staff/sign-in/openid").headers["location"])
    assert victim.get(BACK, params={"state": state, "code": code}).status_code == 403


def test_the_way_back_leads_into_the_console_only(console: Console, issuer: Issuer) -> None:
    assert _come_back(console, issuer, query="?next=https://evil.test").headers["location"] == "/staff"


def test_an_issuer_that_is_down_is_a_sentence(console: Console, issuer: Issuer) -> None:
    issuer.is_down = True
    response = console.stranger().get("/staff/sign-in/openid")
    assert (response.status_code, "sign in with your password" in response.text) == (403, True)


def test_an_issuer_under_another_name_is_not_asked(issuer: Issuer) -> None:
    with pytest.raises(OpenIdError, match="BOT_OIDC_ISSUER is not what the issuer calls itself"):
        _openid(issuer, issuer.address + "/").begin(redirect_uri="http://localhost/back")


def test_without_an_issuer_there_is_no_such_route(tmp_path: Path) -> None:
    console = make_console(tmp_path)
    console.client(Role.AGENT)
    assert console.stranger().get("/staff/sign-in/openid").headers["location"].startswith("/staff/sign-in")
    assert "openid" not in console.stranger().get("/staff/sign-in").text
