from __future__ import annotations

from bot.corpus.blocks import BlockWriter
from bot.corpus.extract import Part


def test_cuts_what_is_written_into_parts_paragraphs_and_items() -> None:
    out = BlockWriter()
    out.write("Before\u00a0 it ")
    out.write("all.")
    out.heading("Food")
    out.start_item()
    out.write("Apples.")
    out.start_item("CRS: ")
    out.write("A storm.")
    out.end_item()
    out.write("One line\n\n two ")
    out.paragraph("- a\n- b")
    out.heading("Empty")
    assert list(out.parts()) == [
        Part(None, "Before it all."),
        Part("Food", "- Apples.\n- CRS: A storm.\n\nOne line\ntwo\n\n- a\n- b"),
        Part("Empty", ""),
    ]
    assert out.first_heading() == "Food"
    assert out.on_one_line() == "Before it all. Food Apples. CRS: A storm. One line two a - b Empty"


def test_a_label_without_text_stands_alone_and_an_item_without_text_is_left_out() -> None:
    out = BlockWriter()
    out.start_item("CRS: ")
    out.start_item()
    out.end_item()
    assert list(out.parts()) == [Part(None, "- CRS")]


def test_headings_alone_are_no_text() -> None:
    out = BlockWriter()
    assert out.is_empty()
    assert out.first_heading() is None
    out.heading("Food")
    assert out.is_empty()
    out.write("Eat.")
    assert not out.is_empty()
