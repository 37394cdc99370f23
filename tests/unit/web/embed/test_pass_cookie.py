from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.web.embed.pass_cookie import MAX_AGE_S, Pass, PassCookie, new_visitor_id

SECRET = "a-secret-for-tests-of-more-than-32-characters"
NOW_S = 1_790_000_000.0
VISIT = Pass(
    partner_id="st-mary",
    visitor_id="A" * 22,
    origin="https://portal.example.org",
    region="GB",
    signed_until=datetime(2026, 11, 29, 12, tzinfo=UTC),
)


@pytest.fixture
def cookie(monkeypatch: pytest.MonkeyPatch) -> PassCookie:
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: NOW_S)
    return PassCookie(secret=SECRET, now=lambda: NOW_S + 1)


def _pair(header: str) -> str:
    return header.partition(";")[0]


@pytest.mark.parametrize(
    "visit",
    [
        pytest.param(VISIT, id="full"),
        pytest.param(Pass(partner_id="st-mary", visitor_id=new_visitor_id(), origin="https://a.b"), id="least"),
    ],
)
def test_a_pass_is_read_back_as_it_was_written(cookie: PassCookie, visit: Pass) -> None:
    header = f"other=1; {_pair(cookie.header(visit))}; more=2"
    assert cookie.read(header, partner_id="st-mary") == visit


def test_it_is_kept_apart_for_each_site_and_hidden_from_scripts(cookie: PassCookie) -> None:
    name, _, flags = cookie.header(VISIT).partition("=")
    assert name == "__Host-guide_pass_st-mary"
    assert flags.split("; ")[1:] == [
        "Path=/", "HttpOnly", "Secure", "SameSite=None", "Partitioned", f"Max-Age={MAX_AGE_S}"
    ]  # fmt: skip


def test_a_pass_of_one_partner_is_none_at_another(cookie: PassCookie) -> None:
    value = _pair(cookie.header(VISIT)).partition("=")[2]
    assert cookie.read(f"{cookie.name('other')}={value}", partner_id="other") is None


def test_what_is_forged_is_none(cookie: PassCookie) -> None:
    pair = _pair(cookie.header(VISIT))
    elsewhere = _pair(PassCookie(secret=SECRET + "x").header(VISIT))
    for header in (None, "", pair[:-1], pair + "x", elsewhere, pair.partition("=")[0] + "=", "a=b; =c;;"):
        assert cookie.read(header, partner_id="st-mary") is None


def test_it_ends_after_half_a_year(monkeypatch: pytest.MonkeyPatch, cookie: PassCookie) -> None:
    pair = _pair(cookie.header(VISIT))
    assert PassCookie(secret=SECRET, now=lambda: NOW_S + MAX_AGE_S).read(pair, partner_id="st-mary") == VISIT
    assert PassCookie(secret=SECRET, now=lambda: NOW_S + MAX_AGE_S + 1).read(pair, partner_id="st-mary") is None
