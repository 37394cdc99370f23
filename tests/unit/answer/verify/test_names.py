from __future__ import annotations

import pytest

from bot.answer.verify.alignment import align
from bot.answer.verify.names import check_names, names
from bot.answer.verify.reading import read


@pytest.mark.parametrize(
    ("sentence", "passage", "strict", "codes"),
    [
        pytest.param("Belimumab helps.", "Belimumab helps.", 0, 0, id="same medicine"),
        pytest.param("Rituximab helps.", "Belimumab helps.", 1, 0, id="other medicine"),
        pytest.param("Plaquenil helps.", "Hydroxychloroquine helps.", 0, 0, id="brand for the medicine"),
        pytest.param("It aims at CD20.", "It aims at CD19.", 1, 0, id="other target"),
        pytest.param("Some hepatitis tests fail.", "Some HIV tests fail.", 1, 0, id="other disease"),
        pytest.param("In HN2301 it worked.", "In YTB323 it worked.", 0, 1, id="other trial"),
        pytest.param("The WHO decides.", "The team decides who may join.", 1, 0, id="WHO is no who"),
        pytest.param("Those who live well.", "People live well.", 0, 0, id="who is no WHO"),
        pytest.param("In June it began.", "In July it began.", 1, 0, id="other month"),
        pytest.param("It may help.", "It might help.", 0, 0, id="may is no month"),
    ],
)
def test_names_that_a_passage_does_not_have(sentence: str, passage: str, strict: int, codes: int) -> None:
    found = check_names(align(sentence, passage))
    assert (found.strict_missing, found.codes_missing) == (strict, codes)


def test_a_name_taken_from_another_statement_is_a_rival_of_the_right_one() -> None:
    passage = "Kymriah cost $475,000 at launch. Yescarta was cheaper, at $373,000."
    swapped = check_names(align("Yescarta cost $475,000 at launch.", passage))
    right = check_names(align("Kymriah cost $475,000 at launch.", passage))
    assert swapped.rival > 0.15
    assert right.rival <= 0


def test_a_capital_at_the_start_of_a_sentence_makes_no_name() -> None:
    assert names(read("Teams help. Doctors help.")) == []


def test_two_names_that_changed_places_are_seen_by_what_stands_beside_them() -> None:
    passage = "Anti-dsDNA rises before a kidney flare, and CD19 sits on B cells, while CD20 sits on rituximab targets."
    right = check_names(align("CD19 sits on B cells, while CD20 sits on rituximab targets.", passage))
    swapped = check_names(align("CD20 sits on B cells, while CD19 sits on rituximab targets.", passage))
    assert right.swap == 0
    assert swapped.swap > 0.1
