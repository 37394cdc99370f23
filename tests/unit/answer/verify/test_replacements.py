from __future__ import annotations

import pytest

from bot.answer.verify.alignment import align
from bot.answer.verify.replacements import replacement_findings


@pytest.mark.parametrize(
    ("name", "sentence", "passage"),
    [
        pytest.param(
            "replaced_kind",
            "European experts advise against warfarin in these people.",
            "European experts advise against rivaroxaban in these people. Warfarin is used for life.",
            id="another medicine of the passage",
        ),
        pytest.param(
            "replaced_sort",
            "In this trial the doctor decides about treatment groups.",
            "In this trial chance decides about treatment groups. The doctor does not know.",
            id="another everyday thing",
        ),
        pytest.param(
            "present_for_past",
            "People with lupus are in remission after three months.",
            "All five people with lupus were in remission after three months.",
            id="what was seen once, as if it were always so",
        ),
        pytest.param("left_out", "Hair falls out.", "In children under ten hair falls out.", id="a limit left out"),
        pytest.param(
            "count_lost", "People lost their hair.", "In all 15 people lost their hair.", id="a count left out"
        ),
    ],
)
def test_what_a_clause_says_in_another_s_place(name: str, sentence: str, passage: str) -> None:
    assert replacement_findings(align(sentence, passage))[name] > 0
    assert replacement_findings(align(passage, passage))[name] == 0


def test_another_name_of_the_same_thing_replaces_nothing() -> None:
    found = replacement_findings(align("Benlysta is given as a drip.", "Belimumab is given as a drip."))
    assert (found["replaced_kind"], found["replaced_sort"]) == (0, 0)
