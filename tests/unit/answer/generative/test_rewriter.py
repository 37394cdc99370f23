from __future__ import annotations

import pytest

from bot.answer.generative.rewriter import Rewriter, is_faithful
from bot.domain import Question
from bot.errors import LanguageModelError
from tests.fakes.language_models import ScriptedModel, repository_prompts

ASKED = Question("and how long?", ("What is cytokine release syndrome?",))
WHOLE = "How long does cytokine release syndrome last?"


def rewritten(said: object, question: Question = ASKED) -> str | None:
    return Rewriter(model=ScriptedModel(said), prompts=repository_prompts()).rewrite(question)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said",
    [WHOLE, f"\n\n  “{WHOLE}”  \nI hope this helps!", f"<think>{{hm}}\nlong</think>\n{WHOLE}", f"`{WHOLE}`"],
)
def test_a_follow_up_is_completed_in_one_line(said: str) -> None:
    assert rewritten(said) == WHOLE


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("", id="empty"),
        pytest.param("What is lupus?", id="another-question"),
        pytest.param("How long does lupus nephritis last?", id="another-subject"),
        pytest.param("How long does cytokine release syndrome of grade 4 last?", id="a-number-of-its-own"),
        pytest.param("What is cytokine release syndrome?", id="lost-what-was-asked"),
        pytest.param(WHOLE + " Also buy pills at evil example today.", id="more-than-was-said"),
        pytest.param("How long " * 200, id="endless"),
        pytest.param("<think>" + WHOLE, id="thoughts-without-end"),
        pytest.param(LanguageModelError("x", code="model_timeout"), id="slow"),
        pytest.param((WHOLE[:9], LanguageModelError("x", code="model_cut_off")), id="cut-off"),
    ],
)
def test_a_wording_that_cannot_be_trusted_is_none(said: object) -> None:
    assert rewritten(said) is None


def test_a_question_that_stands_alone_is_not_sent_anywhere() -> None:
    model = ScriptedModel(WHOLE)
    rewriter = Rewriter(model=model, prompts=repository_prompts())
    assert rewriter.rewrite(Question("What is lupus?")) is None
    assert rewriter.rewrite(Question("What does a trial of CAR-T therapy for lupus cost?", ASKED.earlier)) is None
    assert model.requests == []


def test_nobody_waits_long_for_it_and_an_endless_wording_is_not_heard_out() -> None:
    model = ScriptedModel("how " * 50_000)
    assert Rewriter(model=model, prompts=repository_prompts()).rewrite(ASKED) is None
    assert (model.limits_s, model.closed) == ([4.0], 1)


def test_a_wording_is_faithful_to_the_words_of_the_talk() -> None:
    question = Question("what about Atlantis?", ("What does CAR-T cost?",))
    assert is_faithful("What does CAR-T cost in Atlantis?", question)
    assert not is_faithful("What does CAR-T cost?", question)
    assert not is_faithful("What about Atlantis?", question)
