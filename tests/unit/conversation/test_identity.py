from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from bot.conversation.identity import Identities, IdentityError, Signed, identity_secret
from bot.db.partner_values import KeyKind, PartnerKey
from bot.settings import ROOT

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MASTER = "a-secret-for-tests-of-more-than-32-characters"
KEY = PartnerKey("k1", "st-mary", KeyKind.IDENTITY, NOW)


class Keys:
    """Two partners with a key of the same id each, and one that is over."""

    def working_key(self, *, partner_id: str, key_id: str, kind: KeyKind, now: datetime) -> PartnerKey | None:
        assert kind is KeyKind.IDENTITY
        known = {("st-mary", "k1"), ("st-mary", "k2"), ("other", "k1")}
        return replace(KEY, id=key_id, partner_id=partner_id) if (partner_id, key_id) in known else None


IDENTITIES = Identities(master=MASTER, keys=Keys(), clock=lambda: NOW)


def signed(
    changes: Mapping[str, Any] | None = None,
    *,
    kid: str | None = "k1",
    secret: str | None = None,
    algorithm: str = "HS256",
) -> str:
    claims = {"sub": "u-17", "aud": "guide:st-mary", "exp": int((NOW + timedelta(minutes=5)).timestamp())}
    claims = {name: value for name, value in (claims | dict(changes or {})).items() if value is not None}
    key = identity_secret(master=MASTER, partner_id="st-mary", key_id="k1") if secret is None else secret
    return jwt.encode(claims, key, algorithm=algorithm, headers=None if kid is None else {"kid": kid})


def test_a_person_has_the_same_visitor_id_each_time() -> None:
    first, second = (
        IDENTITIES.read(signed(), partner_id="st-mary", channel="widget"),
        IDENTITIES.read(signed(), partner_id="st-mary", channel="widget"),
    )
    assert first == second == Signed(first.visitor_id, NOW + timedelta(minutes=5))
    assert len(first.visitor_id) == 22
    assert "u-17" not in first.visitor_id


def test_another_person_another_partner_and_another_server_give_another_visitor_id() -> None:
    ids = {IDENTITIES.read(signed(), partner_id="st-mary", channel="widget").visitor_id}
    ids.add(IDENTITIES.read(signed({"sub": "u-18"}), partner_id="st-mary", channel="widget").visitor_id)
    secret = identity_secret(master=MASTER, partner_id="other", key_id="k1")
    ids.add(
        IDENTITIES.read(signed({"aud": "guide:other"}, secret=secret), partner_id="other", channel="widget").visitor_id
    )
    elsewhere = Identities(master=MASTER + "x", keys=Keys(), clock=lambda: NOW)
    secret = identity_secret(master=MASTER + "x", partner_id="st-mary", key_id="k1")
    ids.add(elsewhere.read(signed(secret=secret), partner_id="st-mary", channel="widget").visitor_id)
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param("", "identity_needed", id="none"),
        pytest.param("a.b.c", "identity_refused", id="no_token"),
        pytest.param("\ud800.b.c", "identity_refused", id="half_a_character"),
        pytest.param("x" * 5000, "identity_refused", id="huge"),
        pytest.param(signed(kid=None), "identity_refused", id="no_key_named"),
        pytest.param(signed(kid="k9"), "identity_refused", id="unknown_key"),
        pytest.param(signed(kid="k2"), "identity_refused", id="key_of_another_id"),
        pytest.param(signed(secret="wrong" * 10), "identity_refused", id="wrong_secret"),
        pytest.param(signed(secret="", algorithm="none"), "identity_refused", id="algorithm_none"),
        pytest.param(signed(algorithm="HS384"), "identity_refused", id="another_algorithm"),
        pytest.param(signed({"aud": "guide:other"}), "identity_refused", id="another_partner"),
        pytest.param(signed({"aud": None}), "identity_refused", id="no_audience"),
        pytest.param(signed({"exp": None}), "identity_refused", id="no_end"),
        pytest.param(signed({"exp": float("nan")}), "identity_refused", id="end_is_no_number"),
        pytest.param(signed({"exp": 10**400}), "identity_refused", id="end_is_endless"),
        pytest.param(signed({"exp": -(10**400)}), "identity_refused", id="end_before_time"),
        pytest.param(signed({"exp": "1790000000"}), "identity_refused", id="end_is_text"),
        pytest.param(signed({"exp": True}), "identity_refused", id="end_is_true"),
        pytest.param(signed({"exp": int((NOW - timedelta(seconds=31)).timestamp())}), "identity_expired", id="old"),
        pytest.param(
            signed({"exp": int((NOW + timedelta(minutes=61)).timestamp())}), "identity_refused", id="too_long_a_life"
        ),
        pytest.param(signed({"sub": None}), "identity_refused", id="nobody"),
        pytest.param(signed({"sub": "mary@example.org"}), "identity_email", id="email"),
        pytest.param(signed({"sub": "Mary Smith"}), "identity_refused", id="a_name_with_a_space"),
        pytest.param(signed({"sub": "u" * 129}), "identity_refused", id="long_id"),
    ],
)
def test_what_is_not_signed_for_this_partner_is_refused(token: str, code: str) -> None:
    with pytest.raises(IdentityError) as caught:
        IDENTITIES.read(token, partner_id="st-mary", channel="widget")
    assert caught.value.code == code
    assert "mary@" not in caught.value.detail


def test_a_clock_that_is_a_little_behind_is_forgiven() -> None:
    exp = int((NOW - timedelta(seconds=29)).timestamp())
    assert IDENTITIES.read(signed({"exp": exp}), partner_id="st-mary", channel="widget").until < NOW


def test_a_secret_follows_from_partner_and_key() -> None:
    secrets = {
        identity_secret(master=master, partner_id=partner, key_id=key)
        for master in (MASTER, MASTER + "x")
        for partner in ("st-mary", "other")
        for key in ("k1", "k2")
    }
    assert len(secrets) == 8
    assert all(secret.startswith("gids_") and len(secret) > 40 for secret in secrets)


def test_what_the_documentation_shows_a_partner_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "partners.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    shown: dict[str, Any] = {}
    exec(block[1], shown)  # noqa: S102  # our own documentation
    monkeypatch.setattr("time.time", NOW.timestamp)
    secret = identity_secret(master=MASTER, partner_id="st-mary", key_id="k1")
    token = shown["signed"]("u-17", partner_id="st-mary", key_id="k1", secret=secret)
    assert IDENTITIES.read(token, partner_id="st-mary", channel="widget") == IDENTITIES.read(
        signed(), partner_id="st-mary", channel="widget"
    )


def test_one_person_is_two_visitors_in_the_widget_and_in_the_api() -> None:
    widget, api = (IDENTITIES.read(signed(), partner_id="st-mary", channel=channel) for channel in ("widget", "api"))
    assert widget.visitor_id != api.visitor_id
