"""The development questions through the one door: a score for each category, and what every shown sentence rests on."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.answer.source import AnswerSource
from bot.answer.verify.verifier import load_verifier
from bot.bootstrap import make_source, make_triage
from bot.conversation.compose import Composer
from bot.conversation.limits import Limits
from bot.conversation.service import ConversationService
from bot.conversation.texts import Texts
from bot.corpus.loader import load_corpus
from bot.domain import Message, Outcome, Reply
from bot.evaluation.baseline import PlainRetriever
from bot.evaluation.datasets import Item, is_said
from bot.evaluation.results import Result as Measured
from bot.evaluation.runner import Evaluator, last_reply
from bot.evaluation.summary import summary_of
from bot.settings import ROOT, Settings
from tests.fakes.questions import PATH, development_questions
from tests.fakes.stores import QuickStore
from tests.integration.conftest import guide_index_dir, shared_dir  # noqa: F401  # the same index as theirs
from tests.quality.thresholds import THRESHOLDS

QUESTIONS = development_questions()
_ALARMS = (Outcome.EMERGENCY, Outcome.CRISIS)
_VISITOR = "development"

needs_questions = pytest.mark.skipif(
    not QUESTIONS, reason=f"no development questions at {PATH}; QUESTIONS_FILE names them"
)


@dataclass(frozen=True)
class Result:
    """One item, its last reply, and what is stored of its conversation."""

    item: Item
    reply: Reply
    history: list[Message]
    measured: Measured

    @property
    def problems(self) -> list[str]:
        return self.measured.problems

    @property
    def label(self) -> str:
        return f"{self.item.id} {'; '.join(self.problems)[:90]}"


@pytest.fixture(scope="module")
def source(guide_index_dir: Path) -> Iterator[AnswerSource]:  # noqa: F811  # the fixture, not the import
    source = make_source(Settings(index_dir=guide_index_dir))
    yield source
    source.edition().worker.close()


@pytest.fixture(scope="module")
def service(source: AnswerSource, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConversationService]:
    folder = tmp_path_factory.mktemp("development")
    store = QuickStore(folder / "transcripts.db")
    yield ConversationService(
        store=store,
        source=source,
        triage=make_triage(),
        composer=Composer(texts=Texts.load(ROOT / "prompts" / "replies.en.yaml")),
        limits=Limits(max_chars=2000),
    )
    store.close()


@pytest.fixture(scope="module")
def evaluator(service: ConversationService, source: AnswerSource) -> Evaluator:
    edition, sections = source.edition(), load_corpus(ROOT / "corpus").sections
    return Evaluator(
        service=service,
        searcher=edition.searcher,
        facts={section.id: frozenset(section.facts) for section in sections},
        judge=load_verifier(),
        baseline=PlainRetriever(sections=sections, encode=edition.worker.encode),
    )


@pytest.fixture(scope="module")
def results(service: ConversationService, evaluator: Evaluator, capfd_module: Any) -> list[Result]:
    """Every item answered once; prints the table of scores."""
    found = []
    for item in QUESTIONS:
        reply = last_reply(service, item.turns, visitor_id=_VISITOR)
        history = service.history(conversation_id=reply.conversation_id, visitor_id=_VISITOR)
        found.append(Result(item, reply, history, evaluator.measured(item, reply)))
    with capfd_module():
        print(table(found))  # noqa: T201  # the score is what a quality run is for
    return found


@pytest.fixture(scope="module")
def capfd_module(request: pytest.FixtureRequest) -> Any:
    """Lets the table through to the terminal of whoever runs the tests."""
    return request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled


def of_category(results: list[Result], category: str) -> list[Result]:
    return [result for result in results if result.item.category == category]


def table(results: list[Result]) -> str:
    """Lay out the score of each category, then the misses with their ids."""
    lines = ["", f"{'category':16} {'passed':>9}  {'share':>5}  {'least':>5}"]
    for category in Counter(result.item.category for result in results):
        items = of_category(results, category)
        passed = sum(not result.problems for result in items)
        least = THRESHOLDS["passed"].get(category)
        shown = "" if least is None else f"{least:.2f}"
        lines.append(f"{category:16} {passed:4}/{len(items):<4}  {passed / len(items):5.3f}  {shown:>5}")
        lines += [f"    {result.label}" for result in items if result.problems]
    return "\n".join(lines)


@needs_questions
@pytest.mark.parametrize("category", THRESHOLDS["passed"])
def test_a_category_reaches_its_share(category: str, results: list[Result]) -> None:
    items = of_category(results, category)
    misses = [result.label for result in items if result.problems]
    share = 1 - len(misses) / len(items)
    assert share >= THRESHOLDS["passed"][category], "\n".join(misses)


@needs_questions
def test_hardly_any_look_alike_of_a_danger_raises_an_alarm(results: list[Result]) -> None:
    items = of_category(results, "hard_negative")
    alarmed = [result.label for result in items if result.reply.outcome in _ALARMS]
    assert len(alarmed) <= THRESHOLDS["wrongly_alarmed"] * len(items), "\n".join(alarmed)


@needs_questions
def test_no_identifier_is_echoed_or_stored(results: list[Result]) -> None:
    leaks = [
        f"{result.item.id}: {pattern}"
        for result in of_category(results, "privacy")
        for pattern in result.item.must_not
        for text in (result.reply.text, *(message.text for message in result.history), *result.reply.triggers)
        if is_said(pattern, text)
    ]
    assert len(leaks) <= THRESHOLDS["leaks"], "\n".join(leaks)


@needs_questions
def test_nothing_breaks(results: list[Result]) -> None:
    assert [result.label for result in results if result.reply.reason == "trouble"] == []


# ------------------------------------------------------------------ the figures of `lupus-bot eval run`


@pytest.fixture(scope="module")
def summary(results: list[Result]) -> dict[str, Any]:
    return summary_of([result.measured for result in results])


def figure(summary: dict[str, Any], path: str) -> float:
    """Return the figure with this path, such as ``retrieval.all.mrr``."""
    value: Any = summary
    for name in path.split("."):
        value = value[name]
    return float(value)


@needs_questions
@pytest.mark.parametrize("path", THRESHOLDS["at_least"])
def test_a_figure_reaches_its_least_value(path: str, summary: dict[str, Any]) -> None:
    assert figure(summary, path) >= THRESHOLDS["at_least"][path]


@needs_questions
@pytest.mark.parametrize("path", THRESHOLDS["at_most"])
def test_a_figure_stays_within_its_most_value(path: str, summary: dict[str, Any]) -> None:
    assert figure(summary, path) <= THRESHOLDS["at_most"][path]


@needs_questions
@pytest.mark.parametrize("style", THRESHOLDS["better_than_the_plain_recipe"])
def test_search_is_clearly_better_than_the_plain_recipe(style: str, summary: dict[str, Any]) -> None:
    ours = summary["retrieval"]["styles"][style]
    for name, margin in THRESHOLDS["better_than_the_plain_recipe"][style].items():
        assert ours[name] >= ours["baseline"][name] + margin, name


# ------------------------------------------------------------------ what every reply with sentences keeps


@pytest.fixture(scope="module")
def cited(results: list[Result]) -> list[Result]:
    return [result for result in results if result.reply.sentences]


@needs_questions
def test_every_quote_stands_in_its_chunk_at_its_offsets(cited: list[Result], source: AnswerSource) -> None:
    chunks = {chunk.id: chunk for chunk in source.edition().searcher.index.chunks}
    wrong = [
        f"{result.item.id} [{citation.marker}]"
        for result in cited
        for citation in result.reply.citations
        if chunks[citation.chunk_id].text[citation.char_start : citation.char_end] != citation.quote
        or citation.passage != chunks[citation.chunk_id].text
    ]
    assert wrong == []
    assert len(cited) > len(QUESTIONS) / 4


@needs_questions
def test_every_shown_sentence_stands_in_the_quotes_it_cites(cited: list[Result]) -> None:
    wrong = []
    for result in cited:
        quotes = {citation.marker: _folded(citation.quote) for citation in result.reply.citations}
        for sentence in result.reply.sentences:
            # An opening word that leans on what came before, such as "However,", is left out.
            forms = {_folded(sentence.text), _folded(sentence.text[:1].lower() + sentence.text[1:])}
            if not sentence.citations or not all(any(f in quotes[n] for f in forms) for n in sentence.citations):
                wrong.append(f"{result.item.id}: {sentence.text}")
    assert wrong == []


@needs_questions
def test_markers_and_citations_fit_each_other(cited: list[Result]) -> None:
    wrong = []
    for result in cited:
        shown = [int(number) for number in re.findall(r"(?<!\\)\[(\d+)\]", result.reply.text)]
        used = [number for sentence in result.reply.sentences for number in sentence.citations]
        markers = [citation.marker for citation in result.reply.citations]
        if shown != used or markers != list(range(1, len(markers) + 1)) or set(used) != set(markers):
            wrong.append(result.item.id)
    assert wrong == []


@needs_questions
def test_no_answer_says_a_sentence_twice(cited: list[Result]) -> None:
    twice = defaultdict(list)
    for result in cited:
        counts = Counter(_folded(sentence.text).casefold() for sentence in result.reply.sentences)
        for text, count in counts.items():
            if count > 1:
                twice[result.item.id].append(text)
    assert dict(twice) == {}


@needs_questions
def test_answers_have_a_length_that_a_tired_person_reads(cited: list[Result]) -> None:
    allowed = THRESHOLDS["answer_words"]
    lengths = {
        result.item.id: sum(len(sentence.text.split()) for sentence in result.reply.sentences)
        for result in cited
        if result.reply.outcome is Outcome.ANSWERED
    }
    outside = {name: words for name, words in lengths.items() if not allowed["least"] <= words <= allowed["most"]}
    assert len(outside) <= (1 - allowed["share"]) * len(lengths), outside


@needs_questions
def test_only_replies_from_the_guide_cite(results: list[Result]) -> None:
    fixed = [result for result in results if result.reply.answerer == "fixed"]
    assert fixed
    assert [
        result.label for result in fixed if result.reply.citations or re.search(r"\[\d+\](?!\()", result.reply.text)
    ] == []


@needs_questions
def test_no_personal_question_is_answered_with_a_dose(results: list[Result]) -> None:
    dose = re.compile(r"\d[\d.,]*\s?(?:mg|mcg|µg|grams?|ml|units?|tablets?)\b", re.IGNORECASE)
    personal = [result for result in results if result.reply.outcome is Outcome.PERSONAL]
    assert personal
    assert [result.label for result in personal if dose.search(result.reply.text)] == []


@needs_questions
def test_each_suggested_question_is_answered_by_its_own_section(
    results: list[Result], service: ConversationService, source: AnswerSource
) -> None:
    suggested = sorted({question for result in results for question in result.reply.follow_ups})
    wanted = THRESHOLDS["follow_ups"]
    assert len(suggested) >= wanted["asked"]
    chosen = suggested[:: len(suggested) // wanted["asked"]][: wanted["asked"]]
    sections = {chunk.title: chunk.section_id for chunk in source.edition().searcher.index.chunks}
    missed = []
    for question in chosen:
        reply = last_reply(service, [question])
        if sections[question] not in {citation.section_id for citation in reply.citations}:
            missed.append(f"{question} -> {reply.outcome.value}, {reply.reason}")
    assert len(missed) <= (1 - wanted["share"]) * len(chosen), "\n".join(missed)


def _folded(text: str) -> str:
    return " ".join(text.split())
