from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bot.evaluation.charts import bar, curve, histogram

HOSTILE = '"><script>alert(1)</script>'


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  # our own drawing


def test_a_bar_is_as_long_as_its_share_with_its_interval_across() -> None:
    root = parsed(bar(0.25, low=0.1, high=0.5, label="a quarter"))
    assert [rect.get("width") for rect in root.iter("rect")] == ["100", "25"]
    assert {path.get("d") for path in root.iter("path")} == {"M10 7.0H50"}
    assert root.get("aria-label") == "a quarter"


def test_a_bar_without_an_interval_has_none() -> None:
    assert list(parsed(bar(1.0, label="all")).iter("path")) == []


def test_a_curve_marks_its_places_inside_its_axes() -> None:
    root = parsed(curve([(0.0, 0.3), (0.1, 0.1), (0.9, 0.0)], dots=[(0.05, 0.1)], x_title="x", y_title="y", label="l"))
    dot = next(root.iter("circle"))
    width, height = map(float, (root.get("viewBox") or "").split()[2:])
    assert 0 < float(dot.get("cx") or 0) < width
    assert 0 < float(dot.get("cy") or 0) < height
    # The axis ends at 20 %, so that the far point is left out.
    assert len((next(root.iter("polyline")).get("points") or "").split()) == 1
    assert "20 %" in [text.text for text in root.iter("text")]


def test_a_histogram_counts_every_value_and_says_its_ends() -> None:
    root = parsed(histogram([1.0] * 9 + [2.0] * 90 + [50.0], bins=2, unit="ms", label="l"))
    heights = [float(rect.get("height") or 0) for rect in root.iter("rect")]
    assert heights[0] * 91 / 9 == pytest.approx(heights[1], rel=0.02)
    assert [text.text for text in root.iter("text")] == ["1 ms", "2 ms", "2+ ms"]


def test_equal_values_make_a_histogram_too() -> None:
    assert len(list(parsed(histogram([3.0, 3.0], bins=4, unit="", label="l")).iter("rect"))) == 4


def test_labels_are_escaped() -> None:
    drawn = bar(0.5, label=HOSTILE) + curve([], dots=[(0, 0)], x_title=HOSTILE, y_title=HOSTILE, label=HOSTILE)
    assert "<script" not in drawn + histogram([1.0], bins=1, unit=HOSTILE, label=HOSTILE)
