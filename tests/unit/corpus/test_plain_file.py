from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.extract import Extract, Place
from bot.corpus.plain_file import read_markdown_file, read_text_file


def markdown(text: str) -> list[tuple[str | None, str]]:
    extract = read_markdown_file(text.encode(), name="a.md")
    return [(place.title, extract.text[place.char_start : place.char_end]) for place in extract.places]


def test_a_text_is_one_part_named_by_its_short_first_line() -> None:
    content = "\ufeffYour visit\r\n\r\nBring a list\r\nof your medi\u00adcines.\r\n\r\n\r\n\r\nRest.\r\n".encode()
    text = "Your visit\n\nBring a list\nof your medicines.\n\nRest.\n"
    assert read_text_file(content, name="a.txt") == Extract(
        text, "Your visit", (Place("Your visit", 0, len(text) - 1),)
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Bring a list of your medicines.\nRest.", id="a sentence"),
        pytest.param("Bring a list", id="nothing below it"),
        pytest.param("word " * 17 + "\nRest.", id="too long"),
        pytest.param("Dear patient,\nRest.", id="salutation"),
    ],
)
def test_a_first_line_that_is_no_title_gives_none(text: str) -> None:
    extract = read_text_file(text.encode(), name="a.txt")
    assert (extract.title, extract.places[0].title) == (None, None)


def test_a_text_of_nothing_but_unseen_characters_has_no_part() -> None:
    assert read_text_file("\u200b\u00ad".encode(), name="a.txt").places == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("# One\nA\n\n### Two ###\nB", [("One", "A"), ("Two", "B")], id="hashes"),
        pytest.param("One\n===\nA\n\nTwo\n---\nB", [("One", "A"), ("Two", "B")], id="underlined"),
        pytest.param("Before.\n# One\nA", [(None, "Before."), ("One", "A")], id="text above"),
        pytest.param("# One\n## Two\nB", [("Two", "B")], id="a heading without text"),
        pytest.param("# **One** `two` {#id}\nA", [("One two", "A")], id="marks in a heading"),
        pytest.param("# One\n```sh\n# no\n```\nA", [("One", "```sh\n# no\n```\nA")], id="code"),
        pytest.param("# One\n~~~\n# no", [("One", "~~~\n# no")], id="code without end"),
        pytest.param("# One\n<!-- no\n# no -->A", [("One", "A")], id="comment"),
        pytest.param("#hashtag\n- item\n---\nA", [(None, "#hashtag\n- item\n---\nA")], id="no headings"),
        pytest.param("# One", [], id="heading alone"),
    ],
)
def test_markdown_is_cut_at_its_headings(text: str, parts: list[tuple[str | None, str]]) -> None:
    assert markdown(text) == parts


def test_the_first_heading_names_the_document() -> None:
    assert read_markdown_file(b"Intro.\n\n# Care plan\nA", name="a.md").title == "Care plan"


@given(st.text(alphabet=st.sampled_from("aB #=-`~<!>\n狼"), max_size=200))
def test_parts_are_trimmed_ordered_and_hold_all_but_headings(text: str) -> None:
    extract = read_markdown_file(f"x{text}".encode(), name="a.md")
    end = 0
    for place in extract.places:
        assert end <= place.char_start < place.char_end <= len(extract.text)
        body = extract.text[place.char_start : place.char_end]
        assert body == body.strip()
        end = place.char_end


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# a" + " " * 300_000 + "b", id="spaces in a heading"),
        pytest.param("#" * 300_000, id="hashes"),
        pytest.param("# a " + "# " * 150_000 + "b", id="hashes in a heading"),
        pytest.param("```\n" * 75_000, id="fences"),
        pytest.param("<!--" * 75_000, id="comments"),
        pytest.param("a\n" * 150_000, id="lines"),
    ],
)
def test_takes_time_in_proportion_to_the_text(text: str) -> None:
    # With quadratic time each of these takes minutes; nothing is measured, the suite would stand still.
    assert len(read_markdown_file(text.encode(), name="a.md").text) <= len(text)
