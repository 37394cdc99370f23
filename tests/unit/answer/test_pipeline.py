from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from bot.answer.abstention import calibration, confidence
from bot.answer.pipeline import AnswerChain
from bot.domain import Draft, Outcome, Question, Shown
from bot.errors import ModelError
from bot.retrieval.search import Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import FEVER, guide_chunks, make_chunk, make_index

ASKED = "Is fever the first sign of CRS?"


def chain(*, threshold: float = 0.3) -> AnswerChain:
    return AnswerChain(
        searcher=Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode),
        url_of=lambda chunk, span: f"/guide/{chunk.chapter_id}?cite={span.start}-{span.end}#{chunk.section_id}",
        is_everyday=lambda word: False,
        threshold=threshold,
    )


def timeless(draft: Draft) -> Draft:
    return replace(draft, timings_ms=())


def test_answers_with_sentences_that_cite_their_passage() -> None:
    draft = chain().invoke(Question(ASKED))

    assert (draft.outcome, draft.reason) == (Outcome.ANSWERED, "supported")
    assert draft.citations[0].quote == FEVER
    assert draft.citations[0].url == f"/guide/risks?cite=0-{len(FEVER)}#crs"
    assert [sentence.text for sentence in draft.sentences][:2] == FEVER.replace("CRS. ", "CRS.\n").split("\n")
    assert draft.text.startswith("Fever is the first sign of CRS. [1]")
    assert {name for name, _ in draft.timings_ms} == {"retrieve", "answer"}


def test_abstains_below_the_threshold_and_names_what_is_near() -> None:
    draft = chain(threshold=1.01).invoke(Question(ASKED))

    assert (draft.outcome, draft.reason, draft.text) == (Outcome.ABSTAINED, "low_support", "")
    assert (draft.sentences, draft.citations) == ((), ())
    assert draft.related[0] == "crs"
    assert draft.consulted


def test_without_a_threshold_of_its_own_it_takes_the_calibrated_one() -> None:
    searcher = Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode)
    answers = AnswerChain(searcher=searcher, url_of=lambda chunk, span: "/", is_everyday=lambda word: False)
    drafts = [answers.invoke(Question(text)) for text in (ASKED, "xyzzy plugh frotz", "fever of a dog", "sun")]

    assert {draft.outcome for draft in drafts} == {Outcome.ANSWERED, Outcome.ABSTAINED}
    assert all((d.confidence >= calibration().threshold) == (d.outcome is Outcome.ANSWERED) for d in drafts)


def test_its_confidence_is_that_of_its_surest_evidence() -> None:
    answers, question = chain(), Question(ASKED)

    assert answers.invoke(question).confidence == round(max(map(confidence, answers.evidence(question))), 4)
    assert answers.evidence(Question("?!")) == ()


@pytest.mark.parametrize("text", ["", "   ", "?!", "🙂", "xyzzy plugh frotz", "\x00"], ids=repr)
def test_abstains_when_nothing_supports_an_answer(text: str) -> None:
    assert chain().invoke(Question(text)).outcome is Outcome.ABSTAINED


@pytest.mark.parametrize(
    "text", ["fever " * 3_000, "fever\ud800", "{x} %s ${y}", "<b>fever</b> [1](x)"], ids=lambda t: repr(t[:9])
)
def test_hostile_text_never_raises_and_is_never_echoed(text: str) -> None:
    draft = chain().invoke(Question(text))

    assert text not in draft.text


def test_abstains_when_a_quote_is_not_in_its_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.answer.pipeline.is_verbatim", lambda *arguments: False)

    draft = chain().invoke(Question(ASKED))

    assert (draft.outcome, draft.reason, draft.text) == (Outcome.ABSTAINED, "unverified", "")


def test_a_stream_grows_by_a_sentence_and_ends_in_the_whole_answer() -> None:
    drafts = list(chain().stream(Question(ASKED)))

    whole = timeless(chain().invoke(Question(ASKED)))
    assert timeless(drafts[-1]) == whole
    assert [len(draft.sentences) for draft in drafts] == list(range(1, len(whole.sentences) + 1))
    assert all(whole.text.startswith(draft.text) for draft in drafts)
    assert all(draft.text.endswith(f"[{draft.sentences[-1].citations[0]}]") for draft in drafts)


async def test_alone_in_a_batch_and_in_threads_the_answer_is_the_same() -> None:
    answers, questions = chain(), [Question(text) for text in (ASKED, "is lupus contagious", "which sunscren", "x")]
    expected = [timeless(answers.invoke(question)) for question in questions]

    assert [timeless(draft) for draft in answers.batch(questions)] == expected
    assert [timeless(draft) for draft in await answers.abatch(questions)] == expected
    with ThreadPoolExecutor(max_workers=8) as pool:
        assert [timeless(draft) for draft in pool.map(answers.invoke, questions * 8)] == expected * 8


def test_a_broken_model_is_told_to_the_caller() -> None:
    def broken(text: str) -> np.ndarray:
        raise ModelError("broken")

    searcher = Searcher(index=make_index([make_chunk()]), encode=broken)
    answers = AnswerChain(searcher=searcher, url_of=lambda chunk, span: "/", is_everyday=lambda word: False)

    with pytest.raises(ModelError):
        answers.invoke(Question(ASKED))


def test_two_questions_get_two_answers_each_with_its_own_citation() -> None:
    draft = chain().invoke(Question("Is fever the first sign of CRS? Is lupus contagious?"))

    assert draft.outcome is Outcome.ANSWERED
    assert {"crs", "lupus"} <= {citation.section_id for citation in draft.citations}
    assert not draft.is_partial


def test_a_part_that_the_guide_lacks_is_told() -> None:
    draft = chain().invoke(Question("Is fever the first sign of CRS? What is the plugh of a xyzzy frotz?"))

    assert draft.outcome is Outcome.ANSWERED
    assert {citation.section_id for citation in draft.citations} == {"crs"}
    assert draft.is_partial


def test_a_detail_of_the_last_answer_comes_first() -> None:
    asked = Question("and when may it start?", (ASKED,), Shown(("crs",), ("What is cytokine release syndrome?",)))

    assert chain().invoke(asked).sentences[0].text == "CRS may start within days of the infusion."


@pytest.mark.parametrize("text", ["and xyzzy?", "who plughed it?", "how many frotz were in it?"])
def test_an_answer_before_makes_no_answer_of_what_the_guide_lacks(text: str) -> None:
    shown = Shown(("crs",), ("What is cytokine release syndrome?",))

    assert chain().invoke(Question(text, (ASKED,), shown)).outcome is Outcome.ABSTAINED
