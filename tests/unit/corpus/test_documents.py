from __future__ import annotations

import io

import docx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from bot.corpus import documents
from bot.corpus.documents import SUFFIXES, file_id, read_document
from bot.domain import Section
from bot.errors import CorpusError


def pdf_bytes() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    for line in ("Eat well.", "Sleep well."):
        canvas.drawString(72, 700, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def docx_bytes() -> bytes:
    document = docx.Document()
    document.add_heading("Food", 1)
    document.add_paragraph("Eat well.")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


FILES = {
    ".md": b"# Food\nEat well.\n# Food\nAgain.",
    ".markdown": b"No heading.",
    ".txt": b"Food\nEat well.",
    ".html": b"<title>Plan</title><h1>Food</h1>Eat well.",
    ".htm": b"Eat well.",
    ".pdf": pdf_bytes(),
    ".docx": docx_bytes(),
}
EXPECTED = {
    ".md": [("food", "Food", "Food", None), ("food-2", "Food", "Food", None)],
    ".markdown": [("text", "Care plan", "Care plan", None)],
    ".txt": [("food", "Food", "Food", None)],
    ".html": [("food", "Food", "Plan", None)],
    ".htm": [("text", "Care plan", "Care plan", None)],
    ".pdf": [("p1", "Care plan", "Care plan", 1), ("p2", "Care plan", "Care plan", 2)],
    ".docx": [("food", "Food", "Food", None)],
}


def test_knows_the_promised_formats() -> None:
    assert SUFFIXES == (".md", ".markdown", ".txt", ".html", ".htm", ".pdf", ".docx")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_sections_of_every_format_have_ids_titles_and_exact_offsets(suffix: str) -> None:
    name = f"care-plan{suffix}"
    text, sections = read_document(name, FILES[suffix])
    chapter_id = f"care-plan-{suffix[1:]}"
    assert [(section.id, section.title, section.chapter_title, section.page_no) for section in sections] == [
        (f"{chapter_id}--{key}", title, chapter, page_no) for key, title, chapter, page_no in EXPECTED[suffix]
    ]
    assert [section.text for section in sections] == [
        text[section.char_start : section.char_end] for section in sections
    ]
    assert {(section.source, section.chapter_id, section.language) for section in sections} == {
        (name, chapter_id, "en")
    }
    assert read_document(name, FILES[suffix]) == (text, sections)


def test_a_whole_section() -> None:
    assert read_document("sub/My plan.TXT", b"Food\nEat well.\n") == (
        "Food\nEat well.\n",
        [
            Section(
                id="sub-my-plan-txt-07f7bd04ef--food",
                chapter_id="sub-my-plan-txt-07f7bd04ef",
                chapter_title="Food",
                title="Food",
                text="Food\nEat well.",
                source="sub/My plan.TXT",
                char_start=0,
                char_end=14,
            )
        ],
    )


@given(st.binary(max_size=300), st.sampled_from(SUFFIXES))
@example(b"PK\x03\x04", ".docx")
@example(b"%PDF-1.7", ".pdf")
@example(b"<", ".html")
@example("\u200b".encode(), ".txt")
def test_whatever_the_bytes_it_reads_them_or_names_the_file(content: bytes, suffix: str) -> None:
    try:
        text, sections = read_document(f"a{suffix}", content)
    except CorpusError as error:
        detail = error.detail
    else:
        detail = f"a{suffix}: read."
        assert sections
        _assert_exact(text, sections)
    assert detail.startswith(f"a{suffix}: ")
    assert detail.endswith(".")


def _assert_exact(text: str, sections: list[Section]) -> None:
    for section in sections:
        assert section.text == text[section.char_start : section.char_end] == section.text.strip() != ""


@given(st.lists(st.sampled_from(["Food", "food!", "Food 2", "food-2", "Food-2-2", "狼", "text", ""]), min_size=1))
def test_headings_that_look_alike_get_ids_of_their_own(headings: list[str]) -> None:
    content = "\n".join(f"# {heading}\nText." for heading in headings).encode()
    _, sections = read_document("a.md", content)
    assert len({section.id for section in sections}) == len(sections)


@given(st.lists(st.text(st.sampled_from("ab-_. /é狼A"), min_size=1, max_size=6), unique=True))
def test_no_two_names_share_an_id(stems: list[str]) -> None:
    names = [f"{stem}{suffix}" for stem in stems for suffix in SUFFIXES]
    assert len({file_id(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("care-plan.txt", "care-plan-txt", id="plain"),
        pytest.param("care-plan.html", "care-plan-html", id="other suffix"),
        pytest.param("a/x.txt", "a-x-txt-71cc043f91", id="folder"),
        pytest.param("狼疮.txt", "txt-4151ad90bf", id="nothing but the suffix left"),
    ],
)
def test_ids_stay_the_same_for_ever(name: str, expected: str) -> None:
    assert file_id(name) == expected


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        pytest.param("care_plan-v2", "Care plan v2", id="words"),
        pytest.param("sub/CAR-T", "CAR T", id="capitals stay"),
        pytest.param("狼疮", "狼疮", id="other scripts"),
        pytest.param("---", "Untitled", id="no words"),
    ],
)
def test_a_document_without_title_is_named_by_its_file(stem: str, title: str) -> None:
    _, (section,) = read_document(f"{stem}.txt", b"Eat well.")
    assert (section.title, section.chapter_title) == (title, title)


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        pytest.param("a.pdf", b"", "a.pdf: empty; write something in it or remove it.", id="empty"),
        pytest.param(
            "a.txt", "\u200b".encode(), "a.txt: no text found in it; write something in it or remove it.", id="unseen"
        ),
        pytest.param(
            "a.html", b"<p>", "a.html: no text found in it; write something in it or remove it.", id="no text"
        ),
        pytest.param(
            "a.odt",
            b"x",
            "a.odt: unknown kind of file; known are .md, .markdown, .txt, .html, .htm, .pdf, .docx.",
            id="unknown format",
        ),
    ],
)
def test_refuses_what_holds_no_text(name: str, content: bytes, detail: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read_document(name, content)
    assert caught.value.detail == detail


def test_refuses_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_CHARS", 3)
    with pytest.raises(CorpusError, match=r"^a\.txt: more than 3 characters of text; split it into smaller files\.$"):
        read_document("a.txt", b"1234")
    monkeypatch.setattr(documents, "MAX_BYTES", 3)
    with pytest.raises(CorpusError, match=r"^a\.txt: larger than 0 MB; split it into smaller files\.$"):
        read_document("a.txt", b"1234")
