from __future__ import annotations

import pytest

from bot.errors import SettingsError
from bot.web.api.tokens import LIFETIME, Claims, Tokens, VisitorIds
from tests.fakes.console import START, Clock

SECRET = "s" * 32
PARTS = {"partner_id": "st-mary", "key_id": "k1", "visitor_id": "v1", "conversation_id": "c1"}


def test_a_token_says_what_it_was_given_for() -> None:
    tokens = Tokens(secret=SECRET, clock=Clock())
    token, given = tokens.give(**PARTS)
    assert given == Claims("st-mary", "k1", "v1", "c1", START)
    assert tokens.read(token) == given
    assert given.until == START + LIFETIME


def test_a_token_lives_for_180_days() -> None:
    clock = Clock()
    tokens = Tokens(secret=SECRET, clock=clock)
    token, given = tokens.give(**PARTS)
    clock.forward(days=180, seconds=-1)
    assert tokens.read(token) == given
    clock.forward(seconds=1)
    assert tokens.read(token) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), id="signature"),
        pytest.param(lambda token: token.replace("talk_", "talk_x"), id="claims"),
        pytest.param(lambda token: token.removeprefix("talk_"), id="no-prefix"),
        pytest.param(lambda token: token + "é", id="not-ascii"),
        pytest.param(lambda token: token + "A" * 1000, id="too-long"),
        pytest.param(lambda token: "talk_", id="empty"),
        pytest.param(lambda token: "talk_" + "." * 20, id="dots"),
        pytest.param(lambda token: Tokens(secret="t" * 32).give(**PARTS)[0], id="another-secret"),
    ],
)
def test_nothing_else_is_a_token(change: object) -> None:
    tokens = Tokens(secret=SECRET, clock=Clock())
    assert tokens.read(change(tokens.give(**PARTS)[0])) is None  # type: ignore[operator]


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(SettingsError):
        Tokens(secret="s" * 31)


def test_a_visitor_is_the_same_each_time_and_another_one_for_another_partner() -> None:
    ids = VisitorIds(secret=SECRET)
    mine = ids.of("v-81c2", partner_id="st-mary")
    assert mine == VisitorIds(secret=SECRET).of("v-81c2", partner_id="st-mary")
    others = {
        ids.of("v-81c2", partner_id="elsewhere"),
        ids.of("v-81c3", partner_id="st-mary"),
        VisitorIds(secret="t" * 32).of("v-81c2", partner_id="st-mary"),
    }
    assert mine not in others
    assert (len(others), len(mine), "81c2" in mine) == (3, 22, False)
