from __future__ import annotations

import math

import pytest

from bot.answer.verify.decision import VETOES, reasons, vetoed
from bot.answer.verify.features import features
from tests.fakes.hostile import hostile_messages

PASSAGE = (
    "Ten of 15 people had a fever of 38.0 °C after CAR-T. It usually began within three weeks. "
    "Belimumab may help in lupus. Live vaccines are not given."
)


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        pytest.param("Ten of 20 people had a fever.", "number", id="number"),
        pytest.param("Fever began within three months.", "time", id="time"),
        pytest.param("Rituximab may help in lupus.", "name", id="name"),
        pytest.param("Live vaccines are given.", "polarity", id="polarity"),
        pytest.param("Belimumab certainly helps in lupus.", "hedge", id="hedge"),
        pytest.param("Everyone had a fever.", "scope", id="scope"),
        pytest.param("People had a fever because of CAR-T.", "cause", id="cause"),
    ],
)
def test_the_reason_says_what_was_changed(sentence: str, code: str) -> None:
    assert code in reasons(features(sentence, PASSAGE))


@pytest.mark.parametrize(
    "sentence",
    [
        "Two thirds of 15 people had a fever after CAR-T.",
        "Fever usually began within 21 days.",
        "A fever of 100.4 °F was seen.",
        "Benlysta may help in lupus.",
        PASSAGE,
    ],
)
def test_a_fair_restatement_is_not_vetoed(sentence: str) -> None:
    assert not vetoed(features(sentence, PASSAGE))


def test_hostile_texts_have_finite_findings() -> None:
    for text in hostile_messages(120, seed=3, max_chars=400):
        for found in (features(text[:1000], PASSAGE), features("Fever is a sign.", text[:3000])):
            assert all(math.isfinite(value) for value in found.values())


def test_every_veto_is_a_finding() -> None:
    assert set(VETOES) <= set(features("Fever.", PASSAGE))


def test_findings_of_a_pair_do_not_depend_on_what_was_asked_before() -> None:
    first = features("Ten people had a fever.", PASSAGE)
    features("Something else.", "Another passage.")
    assert features("Ten people had a fever.", PASSAGE) == first
