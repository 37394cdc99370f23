from __future__ import annotations

import pytest

from bot.answer.verify.alignment import align
from bot.answer.verify.claims import cause, clause_coverages, cues, longest_gap, polarity
from bot.answer.verify.lexicon import lexicon


@pytest.mark.parametrize(
    ("sentence", "passage", "is_added", "is_lost"),
    [
        pytest.param("Live vaccines are given.", "Live vaccines are not given.", False, True, id="not left out"),
        pytest.param("Live vaccines are not given.", "Live vaccines are given.", True, False, id="not put in"),
        pytest.param("Nobody needed it.", "Some people needed it.", True, False, id="nobody for some"),
        pytest.param(
            "Live vaccines are never given.", "Live vaccines are not given.", False, False, id="never for not"
        ),
    ],
)
def test_a_sentence_turned_round(sentence: str, passage: str, is_added: bool, is_lost: bool) -> None:
    found = polarity(align(sentence, passage))
    assert (found.added == 1, found.lost > 0.3) == (is_added, is_lost)


@pytest.mark.parametrize(
    ("sentence", "passage", "opposites"),
    [
        pytest.param("The score rose.", "The score fell.", 0, id="irregular forms are left to the classifier"),
        pytest.param("The risk increases.", "The risk decreases.", 1, id="increase for decrease"),
        pytest.param("Fever comes before it.", "Fever comes after it.", 1, id="before for after"),
        pytest.param("The risk increases.", "The risk increases.", 0, id="the same"),
        pytest.param("Risks increase and decrease.", "Risks decrease.", 0, id="both said"),
    ],
)
def test_opposites(sentence: str, passage: str, opposites: int) -> None:
    assert polarity(align(sentence, passage)).opposites == opposites


@pytest.mark.parametrize(
    ("name", "sentence", "passage", "new"),
    [
        pytest.param("certainties", "It always works.", "It may work.", 1, id="always for may"),
        pytest.param("certainties", "This proves a reset.", "This suggests a reset.", 1, id="proves for suggests"),
        pytest.param("certainties", "It always works.", "It always works.", 0, id="always for always"),
        pytest.param("universals", "Everyone got better.", "Many people got better.", 1, id="everyone for many"),
        pytest.param("universals", "All got better.", "All of them got better.", 0, id="all for all"),
        pytest.param("universals", "It is so worldwide.", "It is so in the US.", 1, id="worldwide for the US"),
    ],
)
def test_cues_that_a_passage_does_not_have(name: str, sentence: str, passage: str, new: int) -> None:
    assert cues(getattr(lexicon(), name), align(sentence, passage)).new == new


def test_a_hedge_left_out_is_lost_where_it_stood_by_the_words_of_the_sentence() -> None:
    passage = "CAR-T may cure lupus. Fever is usually the first sign."
    assert cues(lexicon().hedges, align("CAR-T cures lupus.", passage)).lost > 0.3


@pytest.mark.parametrize(
    ("sentence", "passage", "is_new", "is_covered"),
    [
        pytest.param("It failed because doses were low.", "It failed.", True, False, id="cause put in"),
        pytest.param("It failed because doses were low.", "It failed, because doses were low.", False, True, id="kept"),
        pytest.param("It failed.", "It failed because doses were low.", False, True, id="cause left out"),
    ],
)
def test_causes(sentence: str, passage: str, is_new: bool, is_covered: bool) -> None:
    found = cause(align(sentence, passage))
    assert (found.is_new == 1, found.coverage == 1) == (is_new, is_covered)


def test_an_addition_is_a_gap_and_an_uncovered_clause() -> None:
    alignment = align("Fever is a sign, and purple elephants dance.", "Fever is a sign.")
    assert longest_gap(alignment) == 3
    assert min(clause_coverages(alignment)) == 0
