from __future__ import annotations

import pytest

from bot.answer.verify.numbers import quantities


def brief(text: str) -> list[tuple[float, str]]:
    return [(round(found.value, 2), found.unit) for found in quantities(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("15 people", [(15, "")], id="digits"),
        pytest.param("thirty-nine people", [(39, "")], id="words"),
        pytest.param("two hundred and fifty people", [(250, "")], id="hundreds in words"),
        pytest.param("about 42,500 people", [(42500, "")], id="comma"),
        pytest.param("30 to 40 lakh", [(30, ""), (4_000_000, "")], id="lakh"),
        pytest.param("$475,000 in 2017", [(475000, "money"), (2017, "year")], id="money and a year"),
        pytest.param("two to five hours", [(0.08, "day"), (0.21, "day")], id="range of hours"),
        pytest.param("a fortnight", [(14, "day")], id="fortnight"),
        pytest.param("half a year", [(182.62, "day")], id="half a year"),
        pytest.param("a year and a quarter", [(456.56, "day")], id="a year and a quarter"),
        pytest.param("two years and five months", [(882.7, "day")], id="years and months"),
        pytest.param("one and a half weeks", [(10.5, "day")], id="one and a half"),
        pytest.param("by week 12", [(84, "day")], id="unit before the number"),
        pytest.param("38.0 °C (100.4 °F)", [(38, "celsius"), (38, "celsius")], id="both temperatures"),
        pytest.param("100.4 degrees Fahrenheit", [(38, "celsius")], id="fahrenheit in words"),
        pytest.param("12 of the 15 people", [(80, "percent"), (12, ""), (15, "")], id="share of counts"),
        pytest.param("four out of five", [(80, "percent"), (4, ""), (5, "")], id="share in words"),
        pytest.param("one in five", [(20, "percent"), (1, ""), (5, "")], id="one in five"),
        pytest.param("three quarters of them", [(75, "percent")], id="quarters"),
        pytest.param("37 per cent", [(37, "percent")], id="per cent"),
        pytest.param("5 mg a day", [(5, "mg"), (1, "day")], id="dose"),
        pytest.param("at a level of 1:80", [(80, "titre")], id="titre"),
        pytest.param("classes III and IV", [(3, ""), (4, "")], id="roman figures"),
        pytest.param("half a dozen trials", [(6, "")], id="half a dozen"),
        pytest.param("CD19, COVID-19 and YTB323", [], id="figures in names are none"),
        pytest.param("the second of them, once again", [], id="ordinals and once are none"),
        pytest.param("no one, one more and the one for them", [], id="pronouns are none"),
        pytest.param("one of the two", [(1, ""), (2, "")], id="one of a pair is no share"),
        pytest.param("", [], id="empty"),
        pytest.param("٣ ½ ⅔ ² 1e9999 1,,2 ..5 –", [(3, ""), (1, ""), (2, "")], id="odd figures do no harm"),
    ],
)
def test_quantities_of_a_text(text: str, found: list[tuple[float, str]]) -> None:
    assert brief(text) == [(float(value), unit) for value, unit in found]


def test_a_wall_of_figures_is_read_in_order() -> None:
    found = quantities("7 " * 2000)
    assert len(found) == 2000
    assert [one.start for one in found] == sorted(one.start for one in found)
