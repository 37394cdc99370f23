from __future__ import annotations

from bot.answer.verify.alignment import align
from bot.answer.verify.edits import edit_findings

PASSAGE = "Some people with lupus lose hair in a flare. The scalp may itch."


def test_a_word_for_word_copy_has_nothing_put_in_or_taken_out() -> None:
    found = edit_findings(align("Some people with lupus lose hair in a flare.", PASSAGE))
    assert found["edit_same"] == 1
    assert (found["edit_put_in"], found["edit_cue_in"], found["edit_cue_out"]) == (0, 0, 0)


def test_a_cue_put_into_a_copy_or_taken_out_of_it_is_seen() -> None:
    assert edit_findings(align("The scalp will itch.", PASSAGE))["edit_cue_in"] > 0.5
    assert edit_findings(align("The scalp itch.", PASSAGE))["edit_cue_out"] > 0.5


def test_words_that_the_passage_never_says_together_are_apart() -> None:
    together = edit_findings(align("Lupus people lose hair.", PASSAGE))
    apart = edit_findings(align("Lupus may itch.", PASSAGE))
    assert together["pairs_sentence"] == 1
    assert apart["pairs_sentence"] == 0


def test_a_known_thing_that_the_passage_does_not_have_is_counted() -> None:
    assert edit_findings(align("Chemotherapy costs hair.", PASSAGE))["missing_known"] >= 1
    assert edit_findings(align("The scalp may itch.", PASSAGE))["missing_known"] == 0
