from __future__ import annotations

from bot.answer.verify.alignment import align
from bot.answer.verify.trimming import MOST_SENTENCES, trimmed

PASSAGE = "Fever is a sign. Rest helps. Call the doctor. Drink water. Wear a hat. Kidneys need tests."


def test_words_of_one_meaning_answer_each_other() -> None:
    alignment = align("Phone the physician.", PASSAGE)
    assert all(alignment.answers)
    assert alignment.exact == (False, False)
    assert alignment.nearest[0] == 2


def test_nothing_in_common_answers_nothing() -> None:
    alignment = align("Elephants dance.", PASSAGE)
    assert alignment.answers == ((), ())
    assert alignment.coverage_of(alignment.sentence.content) == 0


def test_a_word_in_the_same_statement_is_in_closer_company_than_one_far_away() -> None:
    alignment = align("Fever is a sign.", PASSAGE)
    assert alignment.company(3) > alignment.company(4)


def test_an_empty_sentence_or_passage_aligns_with_nothing() -> None:
    assert align("", PASSAGE).answers == ()
    assert align("Fever.", "").by_sentence == (0.0,)
    assert align("", "").nearest == (0,)


def test_a_long_passage_is_cut_to_the_nearest_sentences_in_their_order() -> None:
    cut = trimmed(align("Wear a hat and test the kidneys.", PASSAGE))
    assert cut.endswith("Wear a hat. Kidneys need tests.")
    assert cut.count(".") == MOST_SENTENCES


def test_a_short_passage_is_kept_whole() -> None:
    assert trimmed(align("Fever.", "Fever is a sign. Rest helps.")) == "Fever is a sign. Rest helps."
