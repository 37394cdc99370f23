"""Reads HTML: the readable text of a page by its headings, without scripts, menus and hidden parts."""

from __future__ import annotations

import codecs
import re
import warnings

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from bot.corpus.blocks import BlockWriter
from bot.corpus.extract import Extract, joined
from bot.corpus.tables import Cell, grid, table_lines
from bot.corpus.text import on_one_line, raised
from bot.errors import CorpusError

# A page of 20 MB makes a tree of about 1 GB.
_MAX_BYTES = 20_000_000
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# What browsers read these as (https://encoding.spec.whatwg.org/#names-and-labels).
_BROWSER_NAMES = dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252")
_XML_LINE = re.compile(r"\A\s*<\?xml[^>]*>")

# fmt: off
_NEVER = frozenset({
    "script", "style", "template", "noscript", "svg", "math", "canvas", "iframe", "object", "embed", "audio", "video",
    "nav", "button", "select", "input", "textarea", "dialog", "head", "datalist",
})
_FRAME = frozenset({"header", "footer", "aside"})
_MENU_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "menu", "menubar", "complementary", "dialog"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "summary"})
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "details", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend", "main", "ol", "p", "pre",
    "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on
_LAYOUT_SIGNS = ["table", *sorted(_HEADINGS)]
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NOTE_MARK = re.compile(r"\[?\w{1,3}\]?")


def read_html_file(content: bytes, *, name: str) -> Extract:
    """Read an HTML page: one part a heading; its title is ``<title>``, or else the first ``<h1>``.

    Raises:
        CorpusError: Too large, not in the encoding it declares (UTF-8 where it declares none), or unreadable.
    """
    if len(content) > _MAX_BYTES:
        raise CorpusError(f"{name}: an HTML page over {_MAX_BYTES // 1_000_000} MB; split it into smaller files.")
    markup = _XML_LINE.sub("", _decoded(content, name=name))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
            soup = BeautifulSoup(markup, "lxml")
        return joined(_blocks(soup).parts(), title=_title(soup))
    except Exception as error:  # whatever the parser stumbles over, down to its recursion
        kind = type(error).__name__
        raise CorpusError(f"{name}: cannot be read as HTML ({kind}); save it again in a browser.") from error


def _decoded(content: bytes, *, name: str) -> str:
    encoding, body = _encoding(content)
    try:
        text = body.decode(encoding)
    except LookupError as error:
        raise CorpusError(f"{name}: declares the unknown encoding {encoding!r}; save it as UTF-8.") from error
    except UnicodeDecodeError as error:
        where = f"not {encoding} at byte {error.start}"
        raise CorpusError(f"{name}: {where}; declare its charset or save it as UTF-8.") from error
    if "\0" in text:
        raise CorpusError(f"{name}: holds zero bytes, so it is not {encoding} text; save it as UTF-8.")
    return text


def _encoding(content: bytes) -> tuple[str, bytes]:
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding, content[len(mark) :]
    declared = (EncodingDetector.find_declared_encoding(content, is_html=True) or "utf-8").lower()
    # A page whose declaration can be read byte by byte is not UTF-16, whatever it says.
    return "utf-8" if declared.startswith("utf-16") else _BROWSER_NAMES.get(declared, declared), content


def _title(soup: BeautifulSoup) -> str | None:
    title = soup.head.find("title") if soup.head else None
    words = on_one_line(title.get_text()) if title else ""
    heading = soup.find("h1")
    return words or (_line(heading) if isinstance(heading, Tag) else None)


def _blocks(soup: BeautifulSoup) -> BlockWriter:
    """Read the main part of the page where it marks one, and the whole page otherwise."""
    for main in (soup.select_one("main, [role=main]"), _only_article(soup)):
        if main is not None:
            walk = _Walk()
            walk.children(main, in_article=True)
            if not walk.out.is_empty():
                return walk.out
    walk = _Walk()
    walk.children(soup, in_article=False)
    return walk.out


def _only_article(soup: BeautifulSoup) -> Tag | None:
    articles = soup.select("article", limit=2)
    return articles[0] if len(articles) == 1 else None


class _Walk:
    """Goes through a tree once and writes what a reader of the page would see."""

    def __init__(self) -> None:
        self.out = BlockWriter()
        self._in_pre = False

    def children(self, tag: Tag, *, in_article: bool) -> None:
        for child in tag.children:
            self._node(child, in_article=in_article)
        self.out.end_block()

    def _node(self, node: PageElement, *, in_article: bool) -> None:
        if isinstance(node, NavigableString):
            if not isinstance(node, PreformattedString):  # comments, CDATA, doctype
                self.out.write(str(node) if self._in_pre else " ".join(re.split(r"\s+", node)))
        elif isinstance(node, Tag) and not _is_unseen(node, in_article=in_article):
            self._tag(node, in_article=in_article or node.name in ("article", "main"))

    def _tag(self, tag: Tag, *, in_article: bool) -> None:
        if tag.name in _HEADINGS:
            self.out.heading(_line(tag))
        elif tag.name == "br":
            self.out.write("\n")
        elif tag.name == "sup":
            self.out.write(_superscript(tag))
        elif tag.name == "table" and _is_data(tag):
            self._table(tag)
        elif tag.name in ("li", "dt", "dd"):
            self._item(tag, in_article=in_article)
        elif tag.name in _BLOCKS:
            self._block(tag, in_article=in_article)
        else:
            for child in tag.children:
                self._node(child, in_article=in_article)

    def _block(self, tag: Tag, *, in_article: bool) -> None:
        self.out.end_block()
        outer, self._in_pre = self._in_pre, self._in_pre or tag.name == "pre"
        self.children(tag, in_article=in_article)
        self._in_pre = outer

    def _item(self, tag: Tag, *, in_article: bool) -> None:
        if tag.name == "dt":
            self.out.start_item(f"{_line(tag).rstrip(':')}: ")
            return
        if tag.name == "li":
            self.out.start_item()
        self.children(tag, in_article=in_article)
        self.out.end_item()

    def _table(self, table: Tag) -> None:
        self.out.end_block()
        if isinstance(caption := table.find("caption"), Tag):
            self.out.paragraph(_line(caption))
        rows = [row.find_all(["td", "th"], recursive=False) for row in table.find_all("tr")]
        rows = [cells for cells in rows if cells]
        has_header = bool(rows) and all(cell.name == "th" for cell in rows[0]) and len(rows) > 1
        cells = grid([[_cell(cell) for cell in row] for row in rows])
        self.out.paragraph(table_lines(cells, has_header=has_header))


def _is_unseen(tag: Tag, *, in_article: bool) -> bool:
    if tag.name in _NEVER or tag.has_attr("hidden") or tag.get("aria-hidden") == "true":
        return True
    if _HIDDEN_STYLE.search(str(tag.get("style", ""))):
        return True
    if in_article:
        return tag.get("role") in ("navigation", "search", "dialog")
    is_frame = tag.name in _FRAME or tag.get("role") in _MENU_ROLES
    return is_frame and tag.find("h1") is None


def _is_data(table: Tag) -> bool:
    """Tell a table of data from one that only lays out the page."""
    return table.find(_LAYOUT_SIGNS) is None and any(
        len(row.find_all(["td", "th"], recursive=False)) > 1 for row in table.find_all("tr")
    )


def _cell(tag: Tag) -> Cell:
    return Cell(_line(tag), columns=_span(tag, "colspan"), rows=_span(tag, "rowspan"))


def _span(tag: Tag, name: str) -> int:
    value = str(tag.get(name, "1")).strip()
    return int(value) if value.isdecimal() and len(value) < 4 else 1


def _superscript(tag: Tag) -> str:
    text = _line(tag)
    is_note = tag.find("a") is not None and _NOTE_MARK.fullmatch(text)
    return "" if is_note else raised(text)


def _line(tag: Tag) -> str:
    """Return what is seen of a tag on one line."""
    walk = _Walk()
    walk.children(tag, in_article=True)
    return walk.out.on_one_line()
