from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.extract import Extract, Part, Place, joined, sane_title, short_title

PARTS = st.lists(st.builds(Part, st.none() | st.text(), st.text(), st.none() | st.text()))


def test_lays_parts_one_after_another_with_their_headings() -> None:
    parts = [Part(None, " Intro. "), Part("Food", "Eat."), Part("Empty", ""), Part(None, "Page.", "Title", 3)]
    assert joined(parts, title=" My\nbook ") == Extract(
        "Intro.\n\nFood\n\nEat.\n\nEmpty\n\nPage.",
        "My book",
        (Place(None, 0, 6), Place("Food", 14, 18), Place("Title", 27, 32, 3)),
    )


@given(PARTS)
def test_every_place_holds_its_body(parts: list[Part]) -> None:
    extract = joined(parts, title=None)
    end = 0
    for place in extract.places:
        assert end <= place.char_start < place.char_end <= len(extract.text)
        body = extract.text[place.char_start : place.char_end]
        assert body == body.strip()
        end = place.char_end


def test_cuts_a_long_title_at_a_word() -> None:
    title = short_title("word " * 100)
    assert title == ("word " * 32).strip() + " …"
    assert short_title(" \n ") is None


@pytest.mark.parametrize(
    ("words", "title"),
    [
        pytest.param("Care plan", "Care plan", id="title"),
        pytest.param("Microsoft Word - Care plan", "Care plan", id="printed from Word"),
        pytest.param("Microsoft Word - plan.docx", None, id="file name"),
        pytest.param("C:\\plans\\final", None, id="path"),
        pytest.param("Untitled Document", None, id="untitled"),
        pytest.param("Word Document", None, id="left by a library"),
        pytest.param("2026-11", None, id="no words"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_takes_a_title_only_where_it_is_one(words: str | None, title: str | None) -> None:
    assert sane_title(words) == title
