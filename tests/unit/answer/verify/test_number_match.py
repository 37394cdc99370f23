from __future__ import annotations

import pytest

from bot.answer.verify.number_match import Match, match
from bot.answer.verify.numbers import quantities


@pytest.mark.parametrize(
    ("said", "source", "how"),
    [
        pytest.param("80 per cent", "12 of the 15", Match.SAME, id="share for counts"),
        pytest.param("about a third", "33.1 per cent", Match.SAME, id="rounded share"),
        pytest.param("at least two weeks", "14 days or longer", Match.SAME, id="two weeks for 14 days"),
        pytest.param("two months", "eight weeks", Match.SAME, id="two months for eight weeks"),
        pytest.param("100.4 °F", "38.0 °C", Match.SAME, id="fahrenheit for celsius"),
        pytest.param("twelve people", "12 people", Match.SAME, id="word for digits"),
        pytest.param("more than three million", "3.41 million", Match.DERIVED, id="rounded bound"),
        pytest.param("30 per cent more", "1.3 times", Match.DERIVED, id="times as a rise"),
        pytest.param("a 20-year-old", "a woman aged 20", Match.DERIVED, id="age"),
        pytest.param("about nine years passed", "in 2011 and in 2020", Match.DERIVED, id="span of years"),
        pytest.param("64 people did not", "81 of 145 people did", Match.SUMMED, id="the rest of a count"),
        pytest.param("at most 5 mg", "at least 5 mg", Match.OTHER_BOUND, id="bound turned round"),
        pytest.param("three weeks", "three months", Match.OTHER_UNIT, id="other unit of time"),
        pytest.param("five weeks", "three months", Match.ABSENT, id="other duration"),
        pytest.param("46 people", "15 people", Match.ABSENT, id="other count"),
        pytest.param("in 2019", "in 2011", Match.ABSENT, id="other year"),
        pytest.param("39 °C", "38 °C", Match.ABSENT, id="one degree more"),
        pytest.param("60 per cent", "12 of the 15", Match.ABSENT, id="other share"),
        pytest.param("7.5 mg", "", Match.ABSENT, id="nothing there"),
    ],
)
def test_how_a_passage_has_a_quantity(said: str, source: str, how: Match) -> None:
    assert match(quantities(said)[0], quantities(source)) is how
