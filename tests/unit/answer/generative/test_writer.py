from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answer.generative.writer import Writer
from bot.domain import Draft, Hit, Outcome, Question
from bot.errors import LanguageModelError
from tests.fakes.answers import make_answer
from tests.fakes.indexes import FEVER, LUPUS, SUN, make_chunk
from tests.fakes.language_models import ScriptedJudge, ScriptedModel, repository_prompts
from tests.fakes.model_server import lines, sentence

FIRST, SECOND = "Fever is the first sign of CRS.", "CRS may start within days of the infusion."
HITS = [
    Hit(make_chunk("sun", SUN, title="How do I protect my skin?"), 0.9, 0.5, 0.5),
    Hit(make_chunk("crs", FEVER), 0.8, 0.5, 0.5),
    Hit(make_chunk("lupus", LUPUS, title="What is lupus?"), 0.2, 0.1, 0.1),
]
PLAIN = make_answer(citations=(replace(make_answer().citations[0], chunk_id="crs", section_id="crs"),))
GOOD = lines(sentence(FIRST), sentence(SECOND))


def drafts(
    model: ScriptedModel,
    *,
    judge: ScriptedJudge | None = None,
    max_context_tokens: int = 8000,
    question: str = "Fever?",
) -> list[Draft]:
    prompts = repository_prompts()
    writer = Writer(model=model, judge=judge or ScriptedJudge(), prompts=prompts, max_context_tokens=max_context_tokens)
    return list(writer.drafts(Question(question), plain=PLAIN, hits=HITS, url_of=lambda chunk, span: f"/#{chunk.id}"))


def test_the_answer_grows_by_a_sentence_and_says_who_wrote_it() -> None:
    found = drafts(ScriptedModel(GOOD))
    assert [draft.text for draft in found] == [f"{FIRST} [1]", *[f"{FIRST} [1]\n\n{SECOND} [1]"] * 2]
    last = found[-1]
    assert (last.answerer, last.model, last.fallback) == ("generative", "scripted:model", None)
    assert (last.outcome, last.reason, last.confidence) == (Outcome.ANSWERED, "supported", PLAIN.confidence)
    assert last.prompt_digest == repository_prompts().digest
    assert [name for name, _ in last.timings_ms] == ["retrieve", "answer", "write"]
    assert last.follow_ups == ("How do I protect my skin?", "What is lupus?")


def test_the_passages_of_the_plain_answer_come_first() -> None:
    model = ScriptedModel(GOOD)
    drafts(model)
    human = model.requests[0].human
    places = [human.index(text) for text in (FEVER, SUN, LUPUS)]
    assert places == sorted(places)
    assert '{"passage": 1, "title": "What is cytokine release syndrome?"' in human


@pytest.mark.parametrize(
    ("said", "code"),
    [
        pytest.param("", "model_empty", id="empty"),
        pytest.param(" \n\n ", "model_empty", id="blank"),
        pytest.param("I am sorry, I cannot help with that.", "model_garbage", id="prose"),
        pytest.param('{"sentence": 1}\n{"sen', "model_garbage", id="garbage"),
        pytest.param("\x00\ufffd" * 100, "model_garbage", id="noise"),
        pytest.param(lines({"answered": False}), "model_declined", id="declined"),
        pytest.param(GOOD + lines({"answered": False}), "model_declined", id="declined-in-the-end"),
        pytest.param(lines(sentence(FIRST, "An invented quote of words.")), "all_dropped", id="all-dropped"),
        pytest.param(LanguageModelError("x", code="model_busy"), "model_busy", id="busy"),
        pytest.param((GOOD, LanguageModelError("x", code="model_timeout")), "model_timeout", id="slow-in-the-middle"),
        pytest.param((GOOD[:-9], LanguageModelError("x", code="model_cut_off")), "model_cut_off", id="cut-off"),
    ],
)
def test_where_the_model_fails_the_guides_own_answer_stands_and_says_why(said: object, code: str) -> None:
    last = drafts(ScriptedModel(said))[-1]  # type: ignore[arg-type]
    assert last.fallback == code
    assert (last.text, last.sentences, last.citations, last.answerer, last.follow_ups) == (
        *(PLAIN.text, PLAIN.sentences, PLAIN.citations, "extractive", PLAIN.follow_ups),
    )
    assert (last.model, last.prompt_digest) == ("scripted:model", repository_prompts().digest)


def test_what_is_dropped_is_kept_with_the_answer() -> None:
    judge = ScriptedJudge(lambda sentence, passage: "last" not in sentence)
    lie = sentence("Fever is the last sign of CRS.", FIRST)
    last = drafts(ScriptedModel(lines(sentence(FIRST), lie)), judge=judge)[-1]
    assert (last.answerer, last.text) == ("generative", f"{FIRST} [1]")
    assert [(item.text, item.reasons, item.score, item.quote) for item in last.dropped] == [
        ("Fever is the last sign of CRS.", ("polarity",), 0.1, FIRST)
    ]


def test_what_is_dropped_is_kept_with_the_guides_own_answer_too() -> None:
    last = drafts(ScriptedModel(lines(sentence(FIRST, passages=[9]))))[-1]
    assert (last.fallback, [item.reasons for item in last.dropped]) == ("all_dropped", [("unknown_passage",)])


def test_an_endless_answer_is_not_heard_to_its_end() -> None:
    prose, objects = ScriptedModel("and " * 100_000), ScriptedModel('{"a": 1}\n' * 5_000)
    full = ScriptedModel("".join(lines(sentence(f"Fever is the first sign {'x' * n} " * 6, FIRST)) for n in range(99)))
    assert [drafts(model)[-1].fallback for model in (prose, objects)] == ["model_garbage"] * 2
    assert len(drafts(full)[-1].text.split()) <= 160
    assert [model.closed for model in (prose, objects, full)] == [1, 1, 1]


def test_a_prompt_without_room_for_a_passage_is_not_sent() -> None:
    model = ScriptedModel(GOOD)
    last = drafts(model, question="fever " * 8000)[-1]
    assert (last.fallback, last.text, model.requests) == ("prompt_too_long", PLAIN.text, [])


def test_passages_that_do_not_fit_are_left_out() -> None:
    shown = []
    for max_context_tokens in range(1_600, 2_600, 40):
        model = ScriptedModel(GOOD)
        drafts(model, max_context_tokens=max_context_tokens)
        shown.append(model.requests[0].human.count('{"passage"') if model.requests else 0)
    assert shown == sorted(shown)
    assert set(shown) == {0, 1, 2, 3}
