from __future__ import annotations

import pytest

from bot.answer.entities import lacks_a_name


@pytest.mark.parametrize(
    ("question", "passage", "lacks"),
    [
        ("Does it work in diabetes?", "CAR-T is tested in lupus.", True),
        ("Does it work in diabetes?", "CAR-T is tested in lupus and in diabetes.", False),
        ("What does it cost in the UK?", "In Britain the NHS pays the cost.", False),
        ("What does it cost in Canada?", "In Britain the NHS pays the cost.", True),
        ("How much do I pay?", "The sponsor bears the price.", False),
        ("Is it safe if I breastfeed?", "It is continued in pregnancy.", True),
        ("Is it passed into breast milk?", "It is continued in pregnancy.", True),
        ("May I breastfeed on it?", "It is not used in pregnancy or breastfeeding.", False),
        ("How many were in the phase 2 trial?", "A phase 3 trial had 448 people.", True),
        ("How many were in the Phase II trial?", "A phase 1/2a trial had 12 people.", False),
        ("What is a phase three trial?", "Phase 3 compares it with standard treatment.", False),
        ("Does yoga help?", "Walking helps.", True),
        ("Is Dr. good at it?", "Your doctor decides.", True),
        ("My dr asked for a blood count", "A blood count shows the cells.", False),
        ("Which app helps?", "A diary helps.", True),
        ("What is the half-life of it?", "It works for days.", True),
        ("Can eggs be frozen?", "Eggs can be stored.", False),
        ("Does it help if I swim in London?", "Trials run in London.", False),
        ("What is lupus?", "Anything.", False),
        ("", "", False),
        ("Is thé Crohn’s trial open?", "A trial for Crohn's disease.", False),
    ],
)
def test_a_name_in_the_question_must_stand_in_the_passage(question: str, passage: str, lacks: bool) -> None:
    assert lacks_a_name(question, passage) is lacks


def test_a_place_in_the_wording_of_patients_is_no_answer_about_the_place() -> None:
    assert lacks_a_name("Which shots for Kenya?", "A live vaccine is avoided.", wordings="kenya demands a certificate")
    assert not lacks_a_name("Does a tattoo hurt?", "Ink can harm the skin.", wordings="is a tattoo ok")


def test_a_question_on_the_cell_treatment_needs_a_passage_that_speaks_of_it() -> None:
    assert lacks_a_name("Does CAR-T help a dry mouth?", "Lozenges help a dry mouth.")
    assert not lacks_a_name("Does CAR-T help a dry mouth?", "CAR T cells have not been tried for it.")
