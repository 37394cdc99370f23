from __future__ import annotations

import pytest

from bot.answer.generative.gate import Gate, Passed, dropped
from bot.answer.generative.growing import GrowingAnswer
from bot.answer.generative.parse import Claim, Malformed
from bot.answer.generative.quotes import find_quote
from bot.domain import Chunk, DroppedSentence, Span
from tests.fakes.indexes import FEVER, LUPUS, make_chunk
from tests.fakes.language_models import ScriptedJudge

CRS, SLE = make_chunk("crs", FEVER), make_chunk("lupus", LUPUS)
FIRST, SECOND = "Fever is the first sign of CRS.", "CRS may start within days of the infusion."
LASTING, CAUGHT = "Lupus is a long-lasting disease of the immune system.", "It is not contagious."


def claim(text: str, passage: int = 1, quote: str | None = None) -> Claim:
    return Claim(text, (passage,), quote or text)


class OpenGate(Gate):
    """Lets every sentence pass whose quote stands in its passage, but those with a word that it refuses."""

    def __init__(self, *chunks: Chunk, refuses: str = "REFUSED") -> None:
        super().__init__(judge=ScriptedJudge(), chunks=chunks)
        self._passages, self._refuses = chunks, refuses

    def check(self, claim: Claim) -> Passed | DroppedSentence:
        chunks = [self._passages[number - 1] for number in claim.passages]
        places = tuple((chunk, find_quote(claim.quote, chunk.text) or Span(0, 0)) for chunk in chunks)
        return dropped(claim.text, "refused") if self._refuses in claim.text else Passed(claim.text, places, 0.9)


def growing(*chunks: Chunk) -> GrowingAnswer:
    gate = OpenGate(*(chunks or (CRS, SLE)))
    return GrowingAnswer(gate=gate, url_of=lambda chunk, span: f"/guide?cite={span.start}-{span.end}#{chunk.id}")


def test_grows_by_whole_sentences_and_never_changes_what_was_passed_on() -> None:
    answer, states = growing(), []
    for item in (claim(FIRST), claim(LASTING, 2), claim("Days pass before CRS begins.", quote=SECOND)):
        assert answer.take(item)
        states.append(answer.text)
    assert states == [
        f"{FIRST} [1]",
        f"{FIRST} [1]\n\n{LASTING} [2]",
        f"{FIRST} [1]\n\n{LASTING} [2]\n\nDays pass before CRS begins. [1]",
    ]
    assert [sentence.citations for sentence in answer.sentences] == [(1,), (2,), (1,)]


def test_neighbouring_quotes_share_a_citation_that_spans_them() -> None:
    answer = growing()
    answer.take(claim(FIRST))
    answer.take(claim(SECOND))
    (citation,) = answer.citations
    assert (citation.marker, citation.quote, citation.url) == (1, FEVER, f"/guide?cite=0-{len(FEVER)}#crs")
    assert CRS.text[citation.char_start : citation.char_end] == citation.quote
    assert (citation.passage, citation.source, citation.reviewed_on) == (CRS.text, CRS.source, CRS.reviewed_on)


def test_quotes_with_words_between_them_have_a_citation_each() -> None:
    chunk = make_chunk("x", f"{FIRST} Rest helps a little. {SECOND}")
    answer = growing(chunk)
    answer.take(claim(FIRST))
    answer.take(claim(SECOND))
    assert [citation.quote for citation in answer.citations] == [FIRST, SECOND]


def test_a_sentence_on_two_passages_has_two_markers() -> None:
    twin = make_chunk("twin", FEVER)
    answer = growing(CRS, twin)
    answer.take(Claim(FIRST, (1, 2), FIRST))
    assert answer.text == f"{FIRST} [1] [2]"


def test_markup_is_shown_as_text() -> None:
    answer = growing()
    answer.take(claim("# The *first* `sign` of __CRS__ is | fever.", quote=FIRST))
    assert answer.text == "\\# The \\*first\\* \\`sign\\` of \\_\\_CRS\\_\\_ is \\| fever. [1]"


def test_stops_before_a_tired_reader_would() -> None:
    answer = growing()
    long = [" ".join(f"word{letter}{number}" for number in range(45)) for letter in "abcd"]
    taken = [answer.take(claim(text, quote=FIRST)) for text in long]
    assert taken == [True, True, True, False]
    assert (answer.is_full, answer.dropped[0].reasons) == (True, ("too_long",))
    assert len(answer.text.split()) <= 150 + len(answer.sentences)


def test_a_sentence_that_leans_on_a_dropped_one_goes_with_it() -> None:
    answer = growing()
    taken = [
        answer.take(claim(text, 2, quote))
        for text, quote in (
            ("REFUSED: a cold is contagious.", CAUGHT),
            (CAUGHT, CAUGHT),
            ("However, lupus lasts long.", LASTING),
            (LASTING, LASTING),
            ("This disease does not pass to others.", CAUGHT),
        )
    ]
    assert taken == [False, False, False, True, True]
    assert [item.reasons for item in answer.dropped] == [("refused",), ("leans_on_dropped",), ("leans_on_dropped",)]


def test_nothing_is_said_twice() -> None:
    answer = growing()
    assert [
        answer.take(claim(FIRST)),
        answer.take(claim(FIRST)),
        answer.take(claim("Both cause it.", quote=SECOND)),
    ] == [*(True, False, True)]
    assert answer.dropped[0].reasons == ("repeats",)


@pytest.mark.parametrize("count", [1, 100])
def test_what_is_malformed_is_kept_for_staff_but_not_without_end(count: int) -> None:
    answer = growing()
    assert not any(answer.take(Malformed(f"{{{number}")) for number in range(count))
    assert len(answer.dropped) == min(count, 20)
    assert answer.text == ""
