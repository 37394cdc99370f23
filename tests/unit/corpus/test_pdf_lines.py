from __future__ import annotations

import pytest

from bot.corpus.pdf_lines import page_heading, paragraphs, without_running_lines, words_of

NUMBERS = ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        pytest.param(
            ["Lupus can touch any", "part of the body."], "Lupus can touch any part of the body.", id="full lines"
        ),
        pytest.param(
            ["Lupus is long.", "It can touch any one."], "Lupus is long.\n\nIt can touch any one.", id="short line"
        ),
        pytest.param(["Food", "Eat well and often."], "Food\n\nEat well and often.", id="heading"),
        pytest.param(["Lupus touches", "any part."], "Lupus touches any part.", id="lower case goes on"),
        pytest.param(
            ["One paragraph ends.", "", "Another begins now."], "One paragraph ends.\n\nAnother begins now.", id="gap"
        ),
        pytest.param(
            ["Do this first:", "• Call.", "•", "Rest now."], "Do this first:\n\n- Call.\n- Rest now.", id="bullets"
        ),
        pytest.param(["1. Call.", "2. Rest."], "1. Call.\n2. Rest.", id="numbers"),
        pytest.param(
            ["The fever was over", "38. Then it went on."], "The fever was over 38. Then it went on.", id="no list"
        ),
        pytest.param(
            ["Ask about the treat-", "ment you may get."], "Ask about the treatment you may get.", id="cut word"
        ),
        pytest.param(["They will give CAR-", "T cells to you."], "They will give CAR-T cells to you.", id="name"),
        pytest.param(
            ["You will have long-", "term care. A long-term"], "You will have long-term care. A long-term", id="known"
        ),
        pytest.param(["Wait for about 10-", "14 days after it."], "Wait for about 10-14 days after it.", id="range"),
        pytest.param(
            ["One line", "", "and more", "", "and end.", ""], "One line and more and end.", id="double spaced"
        ),
        pytest.param([], "", id="nothing"),
    ],
)
def test_puts_lines_together(lines: list[str], text: str) -> None:
    assert paragraphs(lines, width=22, words=words_of([lines])) == text


def test_drops_lines_that_run_through_the_pages() -> None:
    pages = [["Handbook", f"Part {word}", f"- {at} -"] for at, word in enumerate(NUMBERS, start=7)]
    assert without_running_lines(pages) == [[f"Part {word}"] for word in NUMBERS]


def test_keeps_headings_that_count_on_their_own() -> None:
    pages = [[f"Day {number}", word] for number, word in enumerate(NUMBERS, start=1)]
    assert without_running_lines(pages) == pages


def test_keeps_a_sentence_at_the_foot_of_every_page() -> None:
    pages = [[word, "Call your team if you have a fever."] for word in NUMBERS]
    assert without_running_lines(pages) == pages


def test_keeps_a_line_that_repeats_inside_the_pages_or_on_two_of_them() -> None:
    inside = [[word, word * 2, "Why?", "Notes", word * 3, word * 4] for word in NUMBERS]
    assert without_running_lines(inside) == inside
    twice = [["Notes", "one"], ["Notes", "two"]]
    assert without_running_lines(twice) == twice


def test_stops_at_the_first_line_that_does_not_run() -> None:
    pages = [[word, "Notes"] + [f"{word} {at}" for at in NUMBERS] for word in NUMBERS]
    assert without_running_lines(pages) == pages


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        pytest.param("Food\n\nEat well.", "Food", id="heading"),
        pytest.param("2 Food and drink\n\nEat well.", "2 Food and drink", id="numbered"),
        pytest.param("Food", None, id="nothing below"),
        pytest.param("and well.\n\nEat.", None, id="the end of a sentence"),
        pytest.param("Eat well.\n\nRest.", None, id="a sentence"),
        pytest.param("- Eat\n\nRest.", None, id="an item"),
        pytest.param("38\n\nRest.", None, id="a number"),
        pytest.param("A" * 81 + "\n\nRest.", None, id="too long"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_finds_the_heading_of_a_page(body: str, heading: str | None) -> None:
    assert page_heading(body) == heading
