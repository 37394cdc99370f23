from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answer.citations import cite
from bot.answer.passages import Candidate
from bot.answer.verifier import is_verbatim
from bot.domain import Citation, ReplySentence
from tests.fakes.indexes import make_chunk

CHUNK = make_chunk()
_, (SENTENCE, _), (CITATION,) = cite(
    [Candidate(CHUNK, 1.0, number, span, 0.5, 0.5) for number, span in enumerate(CHUNK.sentences)],
    url_of=lambda chunk, span: "/",
)


def passes(sentence: ReplySentence, citation: Citation = CITATION, chunk_id: str = "crs") -> bool:
    return is_verbatim(sentence, {citation.marker: citation}, {chunk_id: CHUNK})


def test_a_sentence_of_its_quote_passes() -> None:
    assert passes(SENTENCE)


@pytest.mark.parametrize(
    "sentence",
    [
        replace(SENTENCE, text="Fever is the last sign of CRS."),
        replace(SENTENCE, text=SENTENCE.text.upper()),
        replace(SENTENCE, citations=()),
        replace(SENTENCE, citations=(2,)),
        replace(SENTENCE, citations=(1, 2)),
    ],
    ids=["one word", "capitals", "no citation", "unknown citation", "one unknown citation"],
)
def test_a_sentence_that_its_quote_does_not_say_fails(sentence: ReplySentence) -> None:
    assert not passes(sentence)


@pytest.mark.parametrize(
    "citation",
    [replace(CITATION, quote=CITATION.quote + "!"), replace(CITATION, char_start=1), replace(CITATION, char_end=5)],
    ids=["quote", "start", "end"],
)
def test_a_quote_that_is_not_at_its_place_fails(citation: Citation) -> None:
    assert not passes(SENTENCE, citation)


def test_a_chunk_that_was_not_found_fails() -> None:
    assert not passes(SENTENCE, chunk_id="another")
