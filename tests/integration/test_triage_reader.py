"""The real triage reader: any text, any length, the same verdict each time, and no index anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.triage.meaning import MeaningCheck, load_meaning
from bot.conversation.triage.reader import MAX_TOKENS
from bot.conversation.triage.triage import load_triage
from bot.domain import Outcome

FILLER = "The garden was lovely this year and the roses came early. "


@pytest.fixture(scope="module")
def meaning() -> MeaningCheck:
    return load_meaning()


def test_what_no_rule_foresaw_is_heard(meaning: MeaningCheck) -> None:
    """Words of the training messages; how well unseen ones are heard is measured in tests/quality."""
    message = "it feels as though somebody parked a tractor on me"
    assert load_triage().check(message).outcome is None
    assert load_triage(meaning=meaning).check(message).outcome is Outcome.EMERGENCY


@pytest.mark.parametrize("before", [0, 1, 40])
def test_a_danger_at_the_end_of_a_long_message_is_heard(before: int, meaning: MeaningCheck) -> None:
    message = FILLER * before + "I can't tell anyone but I have decided not to be alive on Monday"
    assert meaning.impression(message).danger(after_car_t=False) is not None


def test_a_long_harmless_message_is_none(meaning: MeaningCheck) -> None:
    found = meaning.impression(FILLER * 60)
    assert len(FILLER.split()) * 60 > 4 * MAX_TOKENS
    assert (found.danger(after_car_t=True), found.calm()) == (None, None)


@given(st.text(alphabet=st.characters(), max_size=200))
@settings(max_examples=25, deadline=None)
def test_any_text_gets_the_same_impression_twice(meaning: MeaningCheck, text: str) -> None:
    first, second = (meaning.impression(text) for _ in range(2))
    for after_car_t in (False, True):
        assert first.danger_score(after_car_t=after_car_t) == second.danger_score(after_car_t=after_car_t)
    assert first.calm() == second.calm()


def test_half_a_character_is_read(meaning: MeaningCheck) -> None:
    assert meaning.impression("chest pain \ud83d").danger_score(after_car_t=False) > 0
