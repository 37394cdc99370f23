"""Reads Word files (DOCX): headings by style, lists and tables in their place, tracked deletions left out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from bot.corpus.blocks import BlockWriter
from bot.corpus.extract import Extract, joined, sane_title
from bot.corpus.tables import Cell, grid, table_lines
from bot.corpus.text import raised
from bot.errors import CorpusError

# A Word file is a ZIP archive; what it unpacks to is bounded before anything is unpacked.
_MAX_UNPACKED = 200_000_000
_MAX_XML = 50_000_000
_MAX_MEMBERS = 10_000
# The mark of Microsoft's older container: files before Word 2007, and files with a password.
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BODY_WRAPPERS = frozenset({"sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml"})
# Deleted text, the copy of a drawing for old programs, and the properties of things.
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "pPr", "rPr", "rt"})
_MAX_HEADING = 9


def read_docx_file(content: bytes, *, name: str) -> Extract:
    """Read a Word file: one part a heading; its title is the one in its properties, or the first heading.

    Raises:
        CorpusError: No Word file, damaged, older than Word 2007, with a password, or too large unpacked.
    """
    _refuse_ole(content, name=name)
    _refuse_bomb(content, name=name)
    try:
        import docx

        document = docx.Document(io.BytesIO(content))
        walk = _Walk(_Styles(document.styles.element))
        walk.body(document.element.body)
        return joined(walk.out.parts(), title=sane_title(document.core_properties.title) or walk.out.first_heading())
    except Exception as error:  # a damaged archive can fail anywhere below
        what = f"not a readable Word file ({type(error).__name__})"
        raise CorpusError(f"{name}: {what}; open it in Word and save it as DOCX again.") from error


def _refuse_ole(content: bytes, *, name: str) -> None:
    if not content.startswith(_OLE):
        return
    if _ENCRYPTED in content:
        raise CorpusError(f"{name}: protected with a password; remove the password and save it again.")
    raise CorpusError(f"{name}: an old Word file (.doc), whatever its name; open it in Word and save it as DOCX.")


def _refuse_bomb(content: bytes, *, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError) as error:
        raise CorpusError(f"{name}: damaged or no Word file; open it in Word and save it as DOCX again.") from error
    unpacked = sum(member.file_size for member in members)
    xml = sum(member.file_size for member in members if member.filename.endswith((".xml", ".rels")))
    if len(members) > _MAX_MEMBERS or unpacked > _MAX_UNPACKED or xml > _MAX_XML:
        raise CorpusError(f"{name}: unpacks to {unpacked // 1_000_000} MB; remove its pictures or split it.")


class _Styles:
    """What the paragraph styles mean, looked up by their id."""

    def __init__(self, styles: Any) -> None:
        self._styles = {style.get(f"{_W}styleId"): style for style in styles.iterchildren(f"{_W}style")}

    def is_heading(self, paragraph: Any) -> bool:
        """Tell a heading by its style's name or by its outline level."""
        level = _value(paragraph, "pPr", "outlineLvl")
        if level is not None:
            return _is_heading_level(level)
        for style in self._chain(paragraph):
            title = (_value(style, "name") or "").lower()
            if (
                title == "title"
                or title.startswith("heading ")
                or _is_heading_level(_value(style, "pPr", "outlineLvl"))
            ):
                return True
        return False

    def is_item(self, paragraph: Any) -> bool:
        """Tell a list item by its numbering or by its style's."""
        number = _value(paragraph, "pPr", "numPr", "numId")
        if number is not None:
            return number != "0"
        for style in self._chain(paragraph):
            title = (_value(style, "name") or "").lower()
            if title.startswith(("list bullet", "list number")) or _value(style, "pPr", "numPr", "numId"):
                return True
        return False

    def _chain(self, paragraph: Any) -> Iterator[Any]:
        style_id = _value(paragraph, "pPr", "pStyle")
        for _ in range(20):  # a damaged file may have a ring of styles
            if style_id not in self._styles:
                return
            yield self._styles[style_id]
            style_id = _value(self._styles[style_id], "basedOn")


class _Walk:
    def __init__(self, styles: _Styles) -> None:
        self.out = BlockWriter()
        self._styles = styles

    def body(self, parent: Any) -> None:
        """Write the paragraphs and tables of a body, a cell or a text box, in order."""
        for child in parent.iterchildren():
            kind = _kind(child)
            if kind == "p":
                self._paragraph(child)
            elif kind == "tbl":
                self.out.paragraph(self._table(child))
            elif kind in _BODY_WRAPPERS:
                self.body(child)

    def _paragraph(self, paragraph: Any) -> None:
        boxes: list[Any] = []
        text = "".join(_texts(paragraph, boxes))
        if self._styles.is_heading(paragraph):
            self.out.heading(" ".join(text.split()))
        else:
            if self._styles.is_item(paragraph):
                self.out.start_item()
            self.out.write(text)
            self.out.end_item()
        for box in boxes:
            self.body(box)

    def _table(self, table: Any) -> str:
        rows = [row for row in table.iter(f"{_W}tr") if _owner(row, "tbl") is table]
        laid = [[self._cell(cell) for cell in row.iter(f"{_W}tc") if _owner(cell, "tr") is row] for row in rows]
        lines = grid(laid)
        _fill_merged(lines)
        return table_lines(lines, has_header=bool(rows) and _is_header(rows[0]))

    def _cell(self, cell: Any) -> Cell:
        inner = _Walk(self._styles)
        inner.body(cell)
        columns = _value(cell, "tcPr", "gridSpan") or "1"
        merge = cell.find(f"{_W}tcPr/{_W}vMerge")
        is_continued = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        text = _CONTINUED if is_continued else inner.out.on_one_line()
        return Cell(text, columns=int(columns) if columns.isdecimal() else 1)


# Stands for a cell that is merged with the one above it, until that one's text takes its place.
_CONTINUED = "\0"


def _fill_merged(lines: list[list[str]]) -> None:
    above: list[str] = []
    for line in lines:
        for at, text in enumerate(line):
            if text == _CONTINUED:
                line[at] = above[at] if at < len(above) else ""
        above = line


def _texts(parent: Any, boxes: list[Any]) -> Iterator[str]:
    """Yield the text of a paragraph's runs; text boxes are put aside, they stand beside the line."""
    for child in parent.iterchildren():
        kind = _kind(child)
        if kind in _SKIPPED or (kind == "r" and _is_hidden(child)):
            continue
        if kind == "txbxContent":
            boxes.append(child)
        elif kind == "t":
            yield raised(child.text or "") if _value(parent, "rPr", "vertAlign") == "superscript" else child.text or ""
        elif kind in _CHARACTERS:
            yield _CHARACTERS[kind]
        else:
            yield from _texts(child, boxes)


_CHARACTERS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and vanish.get(f"{_W}val", "1") not in ("0", "false", "off")


def _is_header(row: Any) -> bool:
    """Tell a header row by its mark, or by being bold from end to end."""
    if row.find(f"{_W}trPr/{_W}tblHeader") is not None:
        return True
    runs = [run for run in row.iter(f"{_W}r") if run.find(f"{_W}t") is not None]
    return bool(runs) and all(run.find(f"{_W}rPr/{_W}b") is not None for run in runs)


def _is_heading_level(level: str | None) -> bool:
    # Outline level 9 is body text.
    return level is not None and level.isdecimal() and int(level) < _MAX_HEADING


def _owner(element: Any, kind: str) -> Any:
    return next(element.iterancestors(f"{_W}{kind}"), None)


def _value(element: Any, *path: str) -> str | None:
    found = element.find("/".join(f"{_W}{step}" for step in path))
    return None if found is None else found.get(f"{_W}val")


def _kind(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
