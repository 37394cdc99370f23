from __future__ import annotations

import io
import logging

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from bot.corpus import pdf_file
from bot.corpus.pdf_file import read_pdf_file
from bot.errors import CorpusError


def pdf(*pages: list[str], title: str | None = None) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    if title is not None:
        canvas.setTitle(title)
    for lines in pages:
        for at, line in enumerate(lines):
            canvas.drawString(72, 780 - 14 * at, line)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def locked(content: bytes, *, user: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=user, owner_password="owner", algorithm=algorithm)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def detail_of(content: bytes) -> str:
    with pytest.raises(CorpusError) as caught:
        read_pdf_file(content, name="a.pdf")
    return caught.value.detail


def test_each_page_with_text_is_a_part_with_its_number() -> None:
    pages = ["Food", "Eat well and often, and drink enough wa-", "ter every day."], [], ["Sleep well."]
    extract = read_pdf_file(pdf(*pages, title="Care plan"), name="a.pdf")
    assert extract.text == "Food\n\nEat well and often, and drink enough water every day.\n\nSleep well."
    assert extract.title == "Care plan"
    assert [
        (place.page_no, place.title, extract.text[place.char_start : place.char_end]) for place in extract.places
    ] == [
        (1, "Food", "Food\n\nEat well and often, and drink enough water every day."),
        (3, None, "Sleep well."),
    ]


@pytest.mark.parametrize("title", [None, "untitled", "Microsoft Word - plan.docx", "2026"])
def test_a_title_that_a_program_left_is_none(title: str | None) -> None:
    assert read_pdf_file(pdf(["Eat well."], title=title), name="a.pdf").title is None


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        ["Clinic handbook", f"Topic {word} is here.", f"Page {at} of 4"] for at, word in enumerate("abcd", start=1)
    ]
    assert read_pdf_file(pdf(*pages), name="a.pdf").text == "\n\n".join(f"Topic {word} is here." for word in "abcd")


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_tells_a_locked_file_from_one_that_all_may_read(algorithm: str) -> None:
    content = pdf(["Eat well."])
    assert read_pdf_file(locked(content, user="", algorithm=algorithm), name="a.pdf").text == "Eat well."
    assert detail_of(locked(content, user="secret", algorithm=algorithm)) == (
        "a.pdf: protected with a password; remove the password and save it again."
    )


def test_says_that_a_file_of_pictures_needs_text_recognition() -> None:
    assert (
        detail_of(pdf([])) == "a.pdf: no text in it, so most likely scanned; run text recognition (OCR) over it first."
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no pdf", id="text"),
        pytest.param(b"%PDF-1.7\n%%EOF", id="nothing in it"),
        pytest.param(pdf(["Eat well."])[:200], id="cut off"),
        pytest.param(b"%PDF-1.7\nstartxref\n99999\n%%EOF", id="table elsewhere"),
    ],
)
def test_refuses_a_damaged_file_and_names_it(content: bytes) -> None:
    detail = detail_of(content)
    assert detail.startswith("a.pdf: ")
    assert detail.endswith("; print it to PDF again.")


def test_names_the_page_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdf import PageObject

    def fail(page: PageObject) -> str:
        raise KeyError("/Font")

    monkeypatch.setattr(PageObject, "extract_text", fail)
    assert detail_of(pdf(["Eat well."])) == "a.pdf: page 1 cannot be read (KeyError); print it to PDF again."


def test_refuses_too_many_pages_and_too_much_text(monkeypatch: pytest.MonkeyPatch) -> None:
    content = pdf(["Eat well."], ["Sleep well."], ["Rest."])
    monkeypatch.setattr(pdf_file, "MAX_CHARS", 12)
    assert detail_of(content) == "a.pdf: more than 12 characters of text; split it into smaller files."
    monkeypatch.setattr(pdf_file, "_MAX_PAGES", 2)
    assert detail_of(content) == "a.pdf: 3 pages, more than 2; split it into smaller files."


def test_keeps_the_librarys_remarks_to_itself_and_its_logger_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("pypdf")
    before = logger.level
    detail_of(pdf(["Eat well."])[:400])
    assert caplog.records == []
    assert logger.level == before
