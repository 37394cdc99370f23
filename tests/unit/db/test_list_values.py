"""Filters as words of an address, and back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.list_values import FILTER_NAMES, Filters, Thumbs
from bot.domain import Outcome, Speaker

_ALL = Filters(
    text='"fever"', since=date(2026, 1, 2), until=date(2026, 2, 3), days=7, state=Speaker.BOT,
    outcome=Outcome.CRISIS, reason="crisis.suicide", answerer="fixed", label="l", partner="-", channel="web",
    language="en", feedback=Thumbs.DOWN, reviewed=False, handed_over=True, noted=True, unread=False,
)  # fmt: skip


def test_all_filters_survive_the_way_through_an_address() -> None:
    assert set(_ALL.pairs()) == set(FILTER_NAMES)
    assert Filters.of(_ALL.pairs()) == _ALL
    assert Filters.of({}) == Filters()
    assert Filters().pairs() == {}


@pytest.mark.parametrize(
    ("name", "word"),
    [
        pytest.param("since", "yesterday", id="no-date"),
        pytest.param("days", "-1", id="negative"),
        pytest.param("days", "0", id="no-days"),
        pytest.param("days", "9999999999", id="huge"),
        pytest.param("outcome", "won", id="no-outcome"),
        pytest.param("reviewed", "perhaps", id="neither-yes-nor-no"),
        pytest.param("feedback", "sideways", id="no-thumb"),
        pytest.param("colour", "red", id="no-filter"),
        pytest.param("label", "  ", id="blank"),
    ],
)
def test_what_is_no_value_of_a_filter_asks_for_nothing(name: str, word: str) -> None:
    assert Filters.of({name: word}) == Filters()


@given(st.dictionaries(st.sampled_from(FILTER_NAMES), st.text()))
def test_whatever_stands_in_an_address_is_read(pairs: Any) -> None:
    read = Filters.of(pairs)
    assert Filters.of(read.pairs()) == read
