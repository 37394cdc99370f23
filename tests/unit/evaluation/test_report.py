from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from bot.domain import Outcome
from bot.evaluation.compare import compared
from bot.evaluation.report import comparison_page, fault_of, report_of, title_of
from bot.evaluation.results import Result
from tests.fakes.evaluation import make_claim_result, make_refusal, make_result, make_run

HOSTILE = "<script>alert('x')</script><img src=https://evil.example/x onerror=go()>"
CALIBRATION = {
    "curve": [[0.1, 0.0, 0.3], [0.5, 0.1, 0.1]],
    "cross_validated": {"wrong_refusals": 0.05, "wrong_answers": 0.1},
}


class Page(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br", "rect", "path", "circle", "polyline"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def wrong(**changes: object) -> Result:
    return make_result(**({"problems": ["lacks /x/"]} | changes))


def hostile_run(name: str = "hostile") -> object:
    bad = wrong(
        id=HOSTILE,
        category=HOSTILE,
        style=HOSTILE,
        turns=[HOSTILE, HOSTILE],
        text=HOSTILE,
        problems=[f"lacks /{HOSTILE}/"],
        citations=[
            {"marker": 1, "section_id": HOSTILE, "title": HOSTILE, "quote": HOSTILE, "url": HOSTILE, "source": HOSTILE}
        ],
    )
    claim = make_claim_result(is_passed=True, sentence=HOSTILE, passage=HOSTILE, kind=HOSTILE)
    return make_run([bad, make_refusal()], [claim], name=HOSTILE)


def test_a_report_says_in_words_and_numbers_how_the_run_went() -> None:
    page = report_of(
        make_run([make_result(), wrong(id="Q-9", text="Shown reply."), make_refusal()]), calibration=CALIBRATION
    )
    words = " ".join("".join(Page(page).words).split())

    assert "3 questions were asked" in words
    assert "2 of 3 replies were right as far as the notes can tell." in words
    assert "Answered, but a key fact is missing (1)" in words
    assert "Shown reply." in words
    assert "The sentence check" in words
    assert page.count('class="dot') == 2


@pytest.mark.parametrize("with_questions", [True, False])
def test_a_report_is_whole_whatever_was_measured(with_questions: bool) -> None:
    run = make_run([make_refusal()] if with_questions else [], [] if with_questions else [make_claim_result()])
    page = Page(report_of(run))
    assert page.open == []
    assert "What was measured" in page.words


def test_everything_in_a_report_is_escaped_and_nothing_is_fetched() -> None:
    run = hostile_run()
    for html in (report_of(run), comparison_page(compared(make_run([], []), run))):  # type: ignore[arg-type]
        page = Page(html)
        assert {"script", "img", "link", "iframe"} & set(page.tags) == set()
        assert page.addresses == []
        assert not re.search(r"url\(|@import|https?://", html.partition("<style>")[2].partition("</style>")[0])
        assert page.open == []


def test_a_comparison_shows_both_replies_of_a_changed_question() -> None:
    before, after = make_run([make_result(text="Old words.")], name="first"), make_run([wrong(text="New words.")])
    words = " ".join("".join(Page(comparison_page(compared(before, after))).words).split())
    assert "Old words." in words
    assert "New words." in words
    assert "No longer right (1)" in words


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (wrong(expect=["emergency"], outcome="answered"), "A danger was not recognised"),
        (make_result(problems=["says /cure/"]), "It said what it must not say"),
        (
            make_refusal(outcome="answered", problems=["outcome answered"]),
            "Answered, although the guide does not have it",
        ),
        (wrong(outcome="crisis"), "An alarm where there was no danger"),
        (wrong(outcome="abstained", is_refused=True), "Refused, although the guide has it"),
        (wrong(outcome="handoff"), "Another kind of reply than it should be"),
        (wrong(), "Answered, but a key fact is missing"),
    ],
)
def test_a_fault_is_named_by_the_gravest_thing_that_is_wrong(result: Result, fault: str) -> None:
    assert fault_of(result) == fault


def test_every_outcome_has_words() -> None:
    run = make_run([make_result(id=outcome.value, outcome=outcome.value) for outcome in Outcome])
    assert Page(report_of(run)).open == []


def test_a_category_of_somebody_elses_set_is_shown_by_its_name() -> None:
    assert (title_of("near_miss"), title_of("own_kind")) == ("Close to the topic, but not in the guide", "Own kind")
