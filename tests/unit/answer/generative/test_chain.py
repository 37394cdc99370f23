from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answer.generative.chain import GenerativeChain
from bot.answer.generative.rewriter import Rewriter
from bot.answer.generative.writer import Writer
from bot.answer.pipeline import AnswerChain
from bot.domain import Draft, Outcome, Question
from bot.errors import ModelError
from bot.retrieval.search import Searcher
from tests.fakes.encoders import HashEmbedder
from tests.fakes.indexes import guide_chunks, make_index
from tests.fakes.language_models import ScriptedJudge, ScriptedModel, repository_prompts
from tests.fakes.model_server import lines, sentence

ASKED = Question("Is fever the first sign of CRS?")
FIRST, SECOND = "Fever is the first sign of CRS.", "CRS may start within days of the infusion."
GOOD = lines(sentence(FIRST), sentence(SECOND))


def plain(*, threshold: float = 0.3) -> AnswerChain:
    return AnswerChain(
        searcher=Searcher(index=make_index(guide_chunks()), encode=HashEmbedder().encode),
        url_of=lambda chunk, span: f"/guide/{chunk.chapter_id}?cite={span.start}-{span.end}#{chunk.section_id}",
        is_everyday=lambda word: False,
        threshold=threshold,
    )


def chain(model: ScriptedModel, *, threshold: float = 0.3) -> GenerativeChain:
    prompts = repository_prompts()
    writer = Writer(model=model, judge=ScriptedJudge(), prompts=prompts, max_context_tokens=8000)
    return GenerativeChain(
        plain=plain(threshold=threshold), writer=writer, rewriter=Rewriter(model=model, prompts=prompts)
    )


def timeless(draft: Draft) -> Draft:
    return replace(draft, timings_ms=())


def test_words_what_was_found_and_cites_it() -> None:
    draft = chain(ScriptedModel(GOOD)).invoke(ASKED)
    assert (draft.outcome, draft.answerer, draft.text) == (
        *(Outcome.ANSWERED, "generative", f"{FIRST} [1]\n\n{SECOND} [1]"),
    )
    assert draft.citations[0].url.startswith("/guide/risks?cite=0-")
    assert draft.confidence == plain().invoke(ASKED).confidence


def test_a_stream_ends_in_what_invoke_gives() -> None:
    drafts = list(chain(ScriptedModel(GOOD)).stream(ASKED))
    assert timeless(drafts[-1]) == timeless(chain(ScriptedModel(GOOD)).invoke(ASKED))
    assert [draft.text for draft in drafts] == [f"{FIRST} [1]", *[drafts[-1].text] * 2]


async def test_alone_in_a_batch_and_awaited_the_answer_is_the_same() -> None:
    answers, expected = chain(ScriptedModel(GOOD)), timeless(chain(ScriptedModel(GOOD)).invoke(ASKED))
    assert [timeless(draft) for draft in answers.batch([ASKED, ASKED])] == [expected] * 2
    assert timeless(await answers.ainvoke(ASKED)) == expected


@pytest.mark.parametrize("text", ["xyzzy plugh frotz", "", "the price of a kidney in Atlantis"])
def test_the_model_is_not_asked_where_the_guide_has_no_answer(text: str) -> None:
    model = ScriptedModel(GOOD)
    assert timeless(chain(model).invoke(Question(text))) == timeless(plain().invoke(Question(text)))
    assert chain(model).invoke(Question(text)).outcome is Outcome.ABSTAINED
    assert model.requests == []


@pytest.mark.parametrize(
    "earlier",
    [(ASKED.text,), ("What is lupus?", ASKED.text), (ASKED.text, "How do I protect my skin?")],
)
@pytest.mark.parametrize("text", ["and how much in Atlantis?", "what about kidneys of mars", "xyzzy plugh"])
def test_a_model_that_draws_on_the_talk_never_turns_an_abstention_into_an_answer(
    text: str, earlier: tuple[str, ...]
) -> None:
    question = Question(text, earlier)
    strict = plain(threshold=0.9)
    assert strict.invoke(question).outcome is Outcome.ABSTAINED
    model = ScriptedModel(f"{ASKED.text} {text}", GOOD)
    assert timeless(chain(model, threshold=0.9).invoke(question)) == timeless(strict.invoke(question))
    assert model.requests == []


def test_a_follow_up_that_has_an_answer_is_looked_up_in_the_models_wording_too() -> None:
    question = Question("and within days?", ("What is cytokine release syndrome?",))
    assert plain(threshold=0.1).invoke(question).outcome is Outcome.ANSWERED
    model = ScriptedModel("Does cytokine release syndrome start within days?", GOOD)
    draft = chain(model, threshold=0.1).invoke(question)
    assert (draft.answerer, len(model.requests)) == ("generative", 2)
    # The words of the patient are what is answered; the model's wording is for the search alone.
    assert '"and within days?"' in model.requests[1].human
    assert "Does cytokine" not in model.requests[1].human


def test_a_lying_wording_changes_nothing() -> None:
    question = Question("and within days?", ("What is cytokine release syndrome?",))
    lied = chain(ScriptedModel("Which sunscreen is best?", GOOD), threshold=0.1).invoke(question)
    silent = chain(ScriptedModel("", GOOD), threshold=0.1).invoke(question)
    assert timeless(lied) == timeless(silent)


def test_whatever_breaks_in_the_wording_the_guides_own_answer_is_there(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(ScriptedModel):
        def stream(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise RuntimeError("my name is Zebulon")

    draft = chain(Broken(GOOD)).invoke(ASKED)
    assert timeless(draft) == timeless(replace(plain().invoke(ASKED), fallback="model_error"))
    assert "Zebulon" not in caplog.text


def test_a_broken_search_is_told_to_the_caller() -> None:
    def broken(text: str) -> object:
        raise ModelError("broken")

    searcher = Searcher(index=make_index(guide_chunks()), encode=broken)  # type: ignore[arg-type]
    base = AnswerChain(searcher=searcher, url_of=lambda chunk, span: "/", is_everyday=lambda word: False)
    writer = Writer(
        model=ScriptedModel(GOOD), judge=ScriptedJudge(), prompts=repository_prompts(), max_context_tokens=8000
    )
    with pytest.raises(ModelError):
        GenerativeChain(plain=base, writer=writer).invoke(ASKED)
