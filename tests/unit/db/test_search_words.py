"""What is typed into the search box, and where a text holds it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.search_words import Piece, Term, holds, snippet_of, terms_of


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        pytest.param("", (), id="nothing"),
        pytest.param('" - * ( ) ^ : {', (), id="punctuation-alone"),
        pytest.param("Infusion", (Term(("infusion",), is_beginning=True),), id="long-word-may-go-on"),
        pytest.param("car", (Term(("car",)),), id="short-word-does-not"),
        pytest.param("ca*", (Term(("ca",), is_beginning=True),), id="a-star-says-it-may"),
        pytest.param("c*", (Term(("c",)),), id="one-letter-and-a-star-is-the-letter"),
        pytest.param("CAR-T", (Term(("car", "t")),), id="hyphen-makes-a-phrase"),
        pytest.param('"Fever  after"', (Term(("fever", "after")),), id="quotes-ask-for-exactly-this"),
        pytest.param("“fever”", (Term(("fever",)),), id="curly-quotes"),
        pytest.param('"fever', (Term(("fever",)),), id="a-quote-that-stays-open"),
        pytest.param("-fever", (Term(("fever",), is_beginning=True, is_excluded=True),), id="left-out"),
        pytest.param('-"a b"', (Term(("a", "b"), is_excluded=True),), id="phrase-left-out"),
        pytest.param("Größe NAÏVE", (Term(("große",), True), Term(("naive",), True)), id="accents-go"),
        pytest.param("fever fever", (Term(("fever",), is_beginning=True),), id="twice-is-once"),
        pytest.param("AND OR NOT", (Term(("and",)), Term(("or",)), Term(("not",))), id="no-word-commands"),
    ],
)
def test_what_is_typed_becomes_terms(typed: str, terms: tuple[Term, ...]) -> None:
    assert terms_of(typed) == terms


@given(st.text(max_size=500))
def test_no_input_is_an_error_and_terms_hold_words_alone(typed: str) -> None:
    terms = terms_of(typed)
    assert len(terms) <= 8
    assert all(word.isalnum() for term in terms for word in term.words)
    snippet_of(typed, terms)


def test_a_snippet_marks_what_was_looked_for_and_says_where_it_was_cut() -> None:
    text = "word " * 40 + "a fever after\nthe Infusions came " + "word " * 60
    pieces = snippet_of(text, terms_of("infusion fever"))
    assert pieces is not None
    assert [piece.text for piece in pieces if piece.is_hit] == ["fever", "Infusions"]
    assert (pieces[0], pieces[-1]) == (Piece("…", is_hit=False), Piece("…", is_hit=False))
    shown = "".join(piece.text for piece in pieces).strip("…")
    assert shown in " ".join(text.split())
    assert len(shown) <= 220


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        pytest.param("fev*", True, id="beginning"),
        pytest.param('"fever"', False, id="exactly"),
        pytest.param('"high fevers"', True, id="phrase"),
        pytest.param('"fevers high"', False, id="phrase-in-another-order"),
        pytest.param("evers", False, id="no-ending"),
        pytest.param("etes", True, id="accents"),
    ],
)
def test_a_text_holds_a_term_as_the_databases_see_it(typed: str, held: bool) -> None:
    assert holds("High FEVERS, e\u0301tés", terms_of(typed)[0]) is held


def test_a_text_without_a_hit_has_no_snippet() -> None:
    assert snippet_of("a fever", terms_of("infusion -fever")) is None


def test_one_long_word_is_cut_all_the_same() -> None:
    pieces = snippet_of("x" * 5000, terms_of("xxxx"))
    assert pieces is not None
    assert sum(len(piece.text) for piece in pieces) <= 5001
