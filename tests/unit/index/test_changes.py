from __future__ import annotations

from bot.index.changes import describe_changes, section_texts
from tests.fakes.indexes import make_chunk


def test_names_what_was_added_changed_and_removed() -> None:
    before = section_texts([make_chunk("kept"), make_chunk("gone"), make_chunk("edited")])
    after = section_texts([make_chunk("kept"), make_chunk("edited", "Another text."), make_chunk("new")])

    assert describe_changes(before, after) == ["+ new", "~ edited", "- gone"]


def test_another_wording_of_the_question_is_a_change() -> None:
    before = section_texts([make_chunk()])
    after = section_texts([make_chunk(also_asked=("what is crs",))])

    assert describe_changes(before, after) == ["~ crs"]


def test_says_that_nothing_changed() -> None:
    texts = section_texts([make_chunk("crs"), make_chunk("crs~2")])

    assert describe_changes(texts, texts) == ["No section changed."]


def test_a_first_build_changes_nothing() -> None:
    assert describe_changes({}, section_texts([make_chunk()])) == []


def test_a_new_guide_is_told_in_one_line() -> None:
    before = {f"old-{number}": "text" for number in range(30)}
    after = {f"new-{number}": "text" for number in range(30)}

    assert describe_changes(before, after) == ["30 sections added, 0 changed, 30 removed"]
