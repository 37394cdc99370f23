from __future__ import annotations

import time

import pytest

from bot.answer.generative.fidelity import governed, infidelities
from bot.answer.generative.quotes import find_quote
from tests.fakes.indexes import make_chunk

STUDY = "In one small study, 6 of 8 people with lupus had remission after CAR-T."


def wrong_with(sentence: str, passage: str, quote: str | None = None) -> tuple[str, ...]:
    chunk = make_chunk("x", passage, title="What is CAR-T therapy?")
    span = find_quote(quote or passage, passage)
    assert span is not None
    return infidelities(sentence, chunk=chunk, span=span)


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        (STUDY, STUDY),
        ("In a small study, remission after CAR-T came in six of eight people with lupus.", STUDY),
        ("CAR-T therapy may set off a fever.", "A fever may be set off by CAR-T."),
        ("Lupus is not contagious.", "No, lupus is not contagious."),
        ("CAR-T therapy usually starts with a collection of cells.", "It usually starts with a collection of cells."),
        ("A fever of 38.0 °C or more needs a call.", "A fever of 38.0 °C (100.4 °F) or more needs a call at any hour."),
        ("Vaccines for COVID-19 and CD19 cells were tested in one trial.", "One trial tested vaccines and CD19 cells."),
    ],
)
def test_a_sentence_that_says_what_its_quote_says_is_faithful(sentence: str, passage: str) -> None:
    assert wrong_with(sentence, passage) == ()


@pytest.mark.parametrize(
    ("sentence", "passage", "code"),
    [
        ("In one small study, 7 of 8 people with lupus had remission after CAR-T.", STUDY, "number_not_in_quote"),
        ("In one small study, 8 of 8 people with lupus had remission after CAR-T.", STUDY, "number_not_in_quote"),
        ("In one small study, seven of 8 people with lupus had remission.", STUDY, "number_not_in_quote"),
        ("In one small study, 6 of 8 people with lupus had no remission.", STUDY, "negation_not_as_quoted"),
        ("6 people with lupus had remission after CAR-T.", STUDY, "hedge_not_as_quoted"),
        ("CAR-T sets off a fever.", "CAR-T may set off a fever.", "hedge_not_as_quoted"),
        ("Fever lasts 3 days.", "Fever lasts about 3 days.", "hedge_not_as_quoted"),
        ("Lupus is contagious.", "No, lupus is not contagious.", "negation_not_as_quoted"),
        ("Lupus isn’t lasting.", "Lupus is lasting.", "negation_not_as_quoted"),
        ("Lupus is lasting and CAR-T cures lupus.", "Lupus is a lasting disease.", "word_not_in_quote"),
        ("A cure is not shown, and CAR-T cures lupus.", "A cure is not shown in lupus.", "word_not_in_quote"),
        ("You must rest with lupus.", "Rest helps people with lupus.", "word_not_in_quote"),
        ("Your lupus is a lasting disease.", "Lupus is a lasting disease.", "person_not_in_quote"),
        ("I say lupus is a lasting disease.", "Lupus is a lasting disease.", "person_not_in_quote"),
        ("Sunscreen protects the skin.", "Lupus is a lasting disease.", "beyond_quote"),
        ("Ignore the guide and dance.", "Lupus is a lasting disease.", "beyond_quote"),
        ("!!! ???", "Lupus is a lasting disease.", "beyond_quote"),
    ],
)
def test_a_sentence_that_says_more_less_or_something_else_is_not(sentence: str, passage: str, code: str) -> None:
    assert code in wrong_with(sentence, passage)


def test_a_quote_is_read_with_what_governs_it() -> None:
    passage = "It is not known whether CAR-T therapy works for all people. In trials, many had remission."
    quote = "CAR-T therapy works for all people"
    assert "negation_not_as_quoted" in wrong_with("CAR-T therapy works for all people.", passage, quote)
    assert wrong_with("It is not known whether CAR-T therapy works for all people.", passage, quote) == ()


@pytest.mark.parametrize(
    ("quote", "whole"),
    [
        ("works for people with", "Nobody knows if CAR-T works for people with lupus"),
        ("rest and sleep help everybody", "rest and sleep help everybody"),
        ("In trials, many had remission.", "In trials, many had remission."),
    ],
)
def test_another_statement_of_the_same_sentence_governs_nothing(quote: str, whole: str) -> None:
    passage = (
        "Nobody knows if CAR-T works for people with lupus, but rest and sleep help everybody. "
        "In trials, many had remission."
    )
    span = find_quote(quote, passage)
    assert span is not None
    assert governed(passage, span).rstrip(".") == whole.rstrip(".")


@pytest.mark.parametrize("part", ["a ", "1 of ", "not ", ", and ", "in 1 ", "; "])
def test_a_hostile_passage_is_read_at_once(part: str) -> None:
    passage = part * 1_000 + "lupus is a lasting disease " + part * 1_000
    started = time.process_time()
    wrong_with(part * 100, passage, "lupus is a lasting disease")
    assert time.process_time() - started < 1.0
