"""Charts say the numbers they are given, to eyes and to ears."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from bot.web.staff.charts import Series, line, nice_top, stacked_bars


@pytest.mark.parametrize(
    ("value", "top"), [(0, 4), (4, 4), (5, 8), (9, 20), (21, 40), (41, 80), (81, 200), (3999, 4000), (4001, 8000)]
)
def test_an_axis_ends_at_a_number_whose_quarters_are_whole(value: int, top: int) -> None:
    assert nice_top(value) == top


def test_bars_are_as_high_as_their_numbers_and_stand_on_each_other() -> None:
    svg = stacked_bars(title="t", labels=["Mo"], series=[Series("A", "tone-1", (2,)), Series("B", "tone-2", (4,))])
    low, high = [
        {key: float(value) for key, value in re.findall(r'(y|height)="([\d.]+)"', bar)}
        for bar in re.findall("<rect[^>]+>", svg)
    ]
    assert high["height"] == pytest.approx(2 * low["height"], abs=0.2)
    assert high["y"] + high["height"] == pytest.approx(low["y"], abs=0.2)


def test_every_bar_and_dot_says_what_it_stands_for() -> None:
    svg = stacked_bars(title="t", labels=["Mo", "Tu"], series=[Series("Answered", "tone-1", (3, 0))])
    assert re.findall("<title>([^<]+)", svg) == ["Mo, Answered: 3"]
    dots = line(title="t", labels=["Mo", "Tu"], series=Series("Talks", "tone-1", (3, 0)))
    assert re.findall("<title>([^<]+)", dots) == ["Mo: 3", "Tu: 0"]


def test_what_stands_in_a_label_is_never_markup() -> None:
    svg = stacked_bars(title='"><script>', labels=["<b>"], series=[Series("&", "tone-1", (1,))])
    assert "<script>" not in svg
    ElementTree.fromstring(svg)  # noqa: S314  # made here
