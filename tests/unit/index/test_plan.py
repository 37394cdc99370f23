from __future__ import annotations

import pytest

from bot.domain import Span
from bot.index import plan
from bot.index.rows import RowKind
from tests.fakes.indexes import FEVER, make_chunk


def count(text: str) -> int:
    return len(text.split())


def test_passages_come_first_and_in_chunk_order() -> None:
    planned = plan.plan_rows([make_chunk("a"), make_chunk("b", also_asked=("other words",))], model_tokens=count)

    assert [(row.chunk_no, row.kind) for row in planned[:2]] == [(0, RowKind.PASSAGE), (1, RowKind.PASSAGE)]
    assert planned[0].text == f"What is cytokine release syndrome?\n{FEVER}"


def test_wordings_of_a_question_are_embedded_beside_the_passage() -> None:
    planned = plan.plan_rows([make_chunk(also_asked=("what is crs",))], model_tokens=count)

    questions = [row.text for row in planned if row.kind is RowKind.QUESTION]
    assert questions == ["What is cytokine release syndrome?", "what is crs"]


def test_a_heading_of_an_own_document_is_no_question() -> None:
    planned = plan.plan_rows([make_chunk(title="Chapter 1")], model_tokens=count)

    assert [row.kind for row in planned] == [RowKind.PASSAGE, RowKind.SENTENCE, RowKind.SENTENCE]


def test_sentences_are_embedded_as_they_stand() -> None:
    planned = plan.plan_rows([make_chunk()], model_tokens=count)

    sentences = [row.text for row in planned if row.kind is RowKind.SENTENCE]
    assert sentences == ["Fever is the first sign of CRS.", "CRS may start within days of the infusion."]


def test_a_large_corpus_gets_no_sentence_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_SENTENCE_ROWS", 3)
    chunks = [make_chunk("a"), make_chunk("b", sentences=(Span(0, 5), Span(6, 9)))]

    planned = plan.plan_rows(chunks, model_tokens=count)

    assert {row.kind for row in planned} == {RowKind.PASSAGE}


def test_equal_texts_have_equal_digests_and_others_do_not() -> None:
    first, second, other = (
        plan.plan_rows([make_chunk(chunk_id, text)], model_tokens=count)[0]
        for chunk_id, text in (("a", FEVER), ("b", FEVER), ("a", FEVER + " "))
    )

    assert first.digest == second.digest != other.digest
    assert len(first.digest) == 16
