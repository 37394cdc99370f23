from __future__ import annotations

import pytest

from bot.answer.verify.alignment import align
from bot.answer.verify.clauses import clause_findings, counterparts


def finding(name: str, sentence: str, passage: str) -> float:
    return clause_findings(align(sentence, passage))[name]


@pytest.mark.parametrize(
    ("sentence", "passage", "is_flipped"),
    [
        pytest.param(
            "Lupus joint disease destroys bone.", "Lupus joint disease seldom destroys bone.", True, id="seldom"
        ),
        pytest.param("The rash is usual in lupus.", "The rash is unusual in lupus.", True, id="prefix"),
        pytest.param("The tests are not the same.", "The tests are different.", False, id="not the same is different"),
        pytest.param("Live vaccines cannot be given.", "Live vaccines are not given.", False, id="both denied"),
        pytest.param("Live vaccines cannot be given.", "Live vaccines can be given.", True, id="cannot counts once"),
        pytest.param(
            "The drip takes no less than two hours.",
            "The drip takes at least two hours.",
            False,
            id="no less denies not",
        ),
        pytest.param(
            "Live vaccines are given.", "Live vaccines are given. Tattoos are not advised.", False, id="not elsewhere"
        ),
    ],
)
def test_a_clause_is_turned_round_by_its_own_words_only(sentence: str, passage: str, is_flipped: bool) -> None:
    assert (finding("clause_flip", sentence, passage) > 0) == is_flipped


@pytest.mark.parametrize(
    ("name", "sentence", "passage"),
    [
        pytest.param("clause_oftener", "All people lose hair.", "Some people lose hair.", id="all for some"),
        pytest.param("clause_rarer", "Hair is rarely lost.", "Hair is usually lost.", id="rarely for usually"),
        pytest.param("clause_surer", "The drug will harm eyes.", "The drug may harm eyes.", id="will for may"),
        pytest.param("clause_surer", "The drug harms eyes.", "The drug may harm eyes.", id="plain for may"),
        pytest.param("clause_vaguer", "The drug may harm eyes.", "The drug will harm eyes.", id="may for will"),
    ],
)
def test_a_clause_stands_on_another_rung_than_its_passage(name: str, sentence: str, passage: str) -> None:
    assert finding(name, sentence, passage) > 0
    assert finding(name, passage, passage) == 0


def test_a_clause_is_laid_beside_the_part_that_says_most_of_it() -> None:
    alignment = align("Nausea passes soon.", "Fever comes late, but nausea passes soon. Hair may fall out.")
    (pair,) = counterparts(alignment)
    assert {alignment.passage.words[place].text for place in pair.near} >= {"nausea", "passes", "soon"}
    assert "hair" not in {alignment.passage.words[place].text for place in pair.near}


def test_nothing_is_compared_where_nothing_is_shared() -> None:
    found = clause_findings(align("Nobody eats grapefruit.", "Fever is common."))
    assert {name for name, value in found.items() if value} == set()
