from __future__ import annotations

import pytest

from bot.errors import SettingsError
from bot.web.visitor import VisitorCookie

SECRET = "a-secret-of-more-than-thirty-two-characters"


def _pair(header: str) -> str:
    return header.split(";", maxsplit=1)[0]


def test_reads_back_the_visitor_it_issued() -> None:
    cookie = VisitorCookie(secret=SECRET)
    visitor_id, header = cookie.issue()
    assert cookie.read(f"other=1; {_pair(header)}; more=2") == visitor_id


def test_two_visitors_differ() -> None:
    cookie = VisitorCookie(secret=SECRET)
    assert cookie.issue()[0] != cookie.issue()[0]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no_cookie"),
        pytest.param("", id="empty"),
        pytest.param("guide_visitor=", id="no_value"),
        pytest.param("guide_visitor=AAAAAAAAAAAAAAAAAAAAAA", id="unsigned"),
        pytest.param("guide_visitor=a.b.c", id="nonsense"),
        pytest.param(
            "guide_visitor=AAAAAAAAAAAAAAAAAAAAAA.awNW2Q.egPcowRa0BaPjQaGYIJme7AgeLvjrGPirrrIQSM", id="forged"
        ),
        pytest.param("guide_visitor=é.é.é", id="not_ascii"),
    ],
)
def test_knows_nobody_without_a_valid_cookie(header: str | None) -> None:
    assert VisitorCookie(secret=SECRET).read(header) is None


def test_refuses_a_cookie_signed_with_another_secret() -> None:
    header = VisitorCookie(secret="b" * 40).issue()[1]
    assert VisitorCookie(secret=SECRET).read(_pair(header)) is None


def test_refuses_an_id_changed_under_its_signature() -> None:
    cookie = VisitorCookie(secret=SECRET)
    visitor_id, header = cookie.issue()
    assert cookie.read(_pair(header).replace(visitor_id, "A" * 22)) is None


def test_forgets_a_visitor_after_the_cookies_age() -> None:
    header = VisitorCookie(secret=SECRET, now=lambda: 1_000_000.0).issue()[1]
    late = VisitorCookie(secret=SECRET, max_age_s=100, now=lambda: 1_000_101.0)
    assert late.read(_pair(header)) is None


@pytest.mark.parametrize(
    ("is_secure", "attributes"),
    [
        pytest.param(False, "Path=/; HttpOnly; Max-Age=15552000; SameSite=Lax", id="local"),
        pytest.param(True, "Path=/; HttpOnly; Max-Age=15552000; Secure; SameSite=Lax", id="https"),
    ],
)
def test_writes_the_attributes_the_setting_asks_for(is_secure: bool, attributes: str) -> None:
    cookie = VisitorCookie(secret=SECRET, is_secure=is_secure)
    pair, _, rest = cookie.header("A" * 22).partition("; ")
    assert (pair.split("=")[0], rest) == (cookie.name, attributes)
    assert cookie.name.startswith("__Host-") is is_secure


def test_derives_a_different_secret_for_each_purpose() -> None:
    cookie = VisitorCookie(secret=SECRET)
    assert len({cookie.derive("chainlit"), cookie.derive("widget"), SECRET}) == 3


def test_refuses_a_short_secret() -> None:
    with pytest.raises(SettingsError):
        VisitorCookie(secret="short")
