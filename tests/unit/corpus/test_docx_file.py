from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document
from docx.oxml import parse_xml

from bot.corpus import docx_file
from bot.corpus.docx_file import read_docx_file
from bot.corpus.extract import Extract
from bot.errors import CorpusError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
NOT_WORD = "a.docx: damaged or no Word file; open it in Word and save it as DOCX again."


def saved(document: Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def read(document: Document) -> Extract:
    return read_docx_file(saved(document), name="a.docx")


def repacked(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def with_xml(*paragraphs: str) -> Document:
    document = docx.Document()
    for xml in paragraphs:
        document.element.body.insert(0, parse_xml(xml.replace(">", f" {W}>", 1)))
    return document


def test_headings_lists_and_tables_stand_in_document_order() -> None:
    document = docx.Document()
    document.add_paragraph("Before.")
    document.add_heading("Care plan", 0)
    document.add_heading("Food", 1)
    document.add_paragraph("Eat well.")
    document.add_paragraph("Apples.", style="List Bullet")
    document.add_paragraph("Pears.", style="List Number")
    table = document.add_table(2, 2)
    for at, text in enumerate(["Sign", "Grade", "Fever", "1"]):
        table.cell(at // 2, at % 2).text = text
    document.add_paragraph("After.")
    extract = read(document)
    assert extract.text == (
        "Before.\n\nCare plan\n\nFood\n\nEat well.\n\n- Apples.\n- Pears.\n\n- Sign: Grade\n- Fever: 1\n\nAfter."
    )
    assert extract.title == "Care plan"
    assert [(place.title, extract.text[place.char_start : place.char_end][:9]) for place in extract.places] == [
        (None, "Before."),
        ("Food", "Eat well."),
    ]


def test_a_bold_first_row_names_the_columns_and_merged_cells_keep_their_text() -> None:
    document = docx.Document()
    table = document.add_table(3, 2)
    for at, text in enumerate(["Sign", "Grade", "Fever", "1", "", "2"]):
        table.cell(at // 2, at % 2).text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    table.cell(1, 0).merge(table.cell(2, 0))
    assert read(document).text == "- Sign: Fever; Grade: 1\n- Sign: Fever; Grade: 2"


def test_the_title_of_the_properties_goes_before_the_first_heading() -> None:
    document = docx.Document()
    document.add_heading("Food", 1)
    document.add_paragraph("Eat well.")
    document.core_properties.title = "Care plan"
    assert read(document).title == "Care plan"
    document.core_properties.title = "Microsoft Word - plan_final2.doc"
    assert read(document).title == "Food"


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        pytest.param(
            "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a b\nc", id="breaks"
        ),
        pytest.param(
            "<w:p><w:del><w:r><w:delText>no</w:delText></w:r></w:del><w:ins><w:r><w:t>yes</w:t></w:r></w:ins></w:p>",
            "yes",
            id="tracked changes",
        ),
        pytest.param(
            "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>no</w:t></w:r><w:r><w:t>yes</w:t></w:r></w:p>", "yes", id="hidden"
        ),
        pytest.param(
            "<w:p><w:r><w:t>10</w:t></w:r>"
            '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>9</w:t></w:r></w:p>',
            "10⁹",
            id="superscript",
        ),
        pytest.param(
            "<w:sdt><w:sdtContent><w:p><w:r><w:t>yes</w:t></w:r></w:p></w:sdtContent></w:sdt>",
            "yes",
            id="content control",
        ),
        pytest.param(
            "<w:p><w:r><w:t>CAR</w:t><w:noBreakHyphen/><w:t>T</w:t></w:r></w:p>",
            "CAR-T",
            id="hyphen that does not break",
        ),
        pytest.param(
            "<w:p><w:r><w:t>out</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p>"
            "</w:txbxContent></w:pict></w:r></w:p>",
            "out\n\nin a box",
            id="text box",
        ),
        pytest.param(
            '<w:p><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>yes</w:t></w:r></w:p>',
            "- yes",
            id="item",
        ),
    ],
)
def test_reads_what_is_seen_in_word(xml: str, text: str) -> None:
    assert read(with_xml(xml)).text == text


def test_an_outline_level_makes_a_heading() -> None:
    body = "<w:p><w:r><w:t>Eat well.</w:t></w:r></w:p>"
    heading = '<w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r><w:t>Food</w:t></w:r></w:p>'
    assert [place.title for place in read(with_xml(body, heading)).places] == ["Food"]


def test_a_document_without_text_has_no_parts() -> None:
    assert read(docx.Document()).places == ()


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        pytest.param(b"no word file", NOT_WORD, id="text"),
        pytest.param(saved(docx.Document())[:-2_000], NOT_WORD, id="cut off"),
        pytest.param(
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "a.docx: protected with a password; remove the password and save it again.",
            id="password",
        ),
        pytest.param(
            OLE + b"old",
            "a.docx: an old Word file (.doc), whatever its name; open it in Word and save it as DOCX.",
            id="before 2007",
        ),
        pytest.param(
            repacked(saved(docx.Document()), lambda name, part: part[:50] if name == "word/document.xml" else part),
            "a.docx: not a readable Word file (XMLSyntaxError); open it in Word and save it as DOCX again.",
            id="broken XML",
        ),
        pytest.param(
            repacked(
                saved(docx.Document()),
                lambda name, part: part + b" " * (51_000_000 if name == "word/styles.xml" else 0),
            ),
            "a.docx: unpacks to 51 MB; remove its pictures or split it.",
            id="bomb",
        ),
    ],
)
def test_refuses_what_it_cannot_read_and_names_the_file(content: bytes, detail: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read_docx_file(content, name="a.docx")
    assert caught.value.detail == detail


def test_refuses_an_archive_that_is_no_word_file() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x.txt", "x")
    with pytest.raises(CorpusError, match=r"^a\.docx: not a readable Word file"):
        read_docx_file(stream.getvalue(), name="a.docx")


def test_refuses_an_archive_of_countless_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx_file, "_MAX_MEMBERS", 2)
    with pytest.raises(CorpusError, match="unpacks to 0 MB"):
        read(docx.Document())


def test_entities_of_its_xml_are_never_resolved() -> None:
    document = docx.Document()
    document.add_paragraph("MARK")
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'

    def change(name: str, part: bytes) -> bytes:
        if name != "word/document.xml":
            return part
        return part.replace(b"<w:document", entity + b"<w:document", 1).replace(b"MARK", b"yes&e;")

    assert read_docx_file(repacked(saved(document), change), name="a.docx").text == "yes"
