from __future__ import annotations

import pytest

from bot.answer.verify.alignment import align
from bot.answer.verify.reading import read
from bot.answer.verify.scopes import scope_findings, statements


def texts(text: str) -> list[str]:
    reading = read(text)
    return [" ".join(reading.words[place].text for place in places) for places in statements(reading)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Eggs are not raw, but milk may be.", ["eggs are not raw", "but milk may be"], id="but"),
        pytest.param("It is not sold yet. It is tested.", ["it is not sold yet", "it is tested"], id="not yet"),
        pytest.param("It is no pill, cream or drip.", ["it is no pill cream or drip"], id="a list with or"),
        pytest.param("It is not for use in labour or while driving.", None, id="while with a doing word"),
        pytest.param("It is not safe in winter and in spring.", None, id="and before a place or time"),
        pytest.param("It does not hurt and it heals.", ["it does not hurt", "and it heals"], id="and, a new statement"),
        pytest.param("Even if it itches, it heals.", ["even if it itches", "it heals"], id="even if"),
    ],
)
def test_a_statement_ends_where_a_denial_stops_reaching(text: str, expected: list[str] | None) -> None:
    assert texts(text) == (expected or [" ".join(word.text for word in read(text).words)])


@pytest.mark.parametrize(
    ("name", "sentence", "passage"),
    [
        pytest.param(
            "scope_denied",
            "Warfarin can be taken while breastfeeding twins.",
            "Warfarin thins the blood. It is not taken in pregnancy or while breastfeeding twins.",
            id="a denial reaches both sides of an or",
        ),
        pytest.param(
            "scope_denied",
            "The cream helps against itching at night.",
            "The cream helps neither against burning nor against itching at night.",
            id="neither nor",
        ),
        pytest.param(
            "scope_affirmed",
            "Nobody in the group needed oxygen.",
            "There was no death and no stroke in the group, but several people needed oxygen.",
            id="a neighbour's no is not lent",
        ),
        pytest.param(
            "scope_affirmed",
            "Not a single person wore a mask in the ward.",
            "Most people wore a mask in the ward.",
            id="not a single against most",
        ),
        pytest.param(
            "scope_denied",
            "A licence for gout covers psoriasis too.",
            "The firm seeks a licence for gout. Even if it gets one, that does not cover psoriasis.",
            id="a pronoun for what the sentence before names",
        ),
        pytest.param(
            "scope_affirmed",
            "A quiet kidney means that a person takes no tablets at all.",
            "A quiet kidney is not the same as being free of tablets.",
            id="not the same as free of",
        ),
        pytest.param(
            "scope_affirmed",
            "With the new machine a patient does not have to queue for hours.",
            "The new machine is quick. Cleaning and repairs still mean that a patient queues for hours.",
            id="still mean that",
        ),
    ],
)
def test_a_statement_that_is_turned_round_is_found(name: str, sentence: str, passage: str) -> None:
    found = scope_findings(align(sentence, passage))
    assert found[name] >= 0.4
    assert [other for other, value in found.items() if value and other.startswith("scope") and other != name] == []


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        pytest.param(
            "Oxygen was needed by several people in the group.",
            "There was no death in the group, but several people needed oxygen.",
            id="the denial stands before the but",
        ),
        pytest.param(
            "Warfarin is avoided in pregnancy.", "It is not taken in pregnancy or while breastfeeding.", id="both deny"
        ),
        pytest.param("The two tests differ.", "The two tests are not the same.", id="an opposite denied"),
        pytest.param(
            "In 14 of 17 smokers the cough did not clear.", "The cough cleared in 3 of 17 smokers.", id="the other part"
        ),
        pytest.param(
            "Never stop tablets without asking the nurse.",
            "Do not stop tablets before you ask the nurse.",
            id="not without",
        ),
        pytest.param("Nobody eats grapefruit.", "Fever is common.", id="nothing is shared"),
    ],
)
def test_a_statement_that_says_the_same_is_left_alone(sentence: str, passage: str) -> None:
    assert not any(scope_findings(align(sentence, passage)).values())
