"""Reads PDF files page by page; how lines become paragraphs is in `pdf_lines`."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.corpus.extract import MAX_CHARS, Extract, Part, joined, sane_title
from bot.corpus.pdf_lines import page_heading, paragraphs, typical_width, without_running_lines, words_of
from bot.errors import CorpusError

if TYPE_CHECKING:
    from pypdf import PdfReader

_MAX_PAGES = 5_000


def read_pdf_file(content: bytes, *, name: str) -> Extract:
    """Read a PDF: one part a page that holds text; its title is the one in its properties.

    Raises:
        CorpusError: Damaged, with a password, scanned (pictures only), or too long.
    """
    with _quiet():
        reader = _opened(content, name=name)
        pages = _pages(reader, name=name)
        title = _title(reader)
    if not any(line.strip() for page in pages for line in page):
        raise CorpusError(f"{name}: no text in it, so most likely scanned; run text recognition (OCR) over it first.")
    return joined(_parts(pages), title=title)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pypdf's remarks about other programs' files to itself; what matters it raises."""
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _opened(content: bytes, *, name: str) -> PdfReader:
    from pypdf import PasswordType, PdfReader

    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        # Many files may be read by all and are locked against changes only: the empty password opens them.
        is_locked = reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED
        count = 0 if is_locked else len(reader.pages)
    except Exception as error:  # a damaged file can fail anywhere below
        raise CorpusError(f"{name}: not a readable PDF ({type(error).__name__}); print it to PDF again.") from error
    if is_locked:
        raise CorpusError(f"{name}: protected with a password; remove the password and save it again.")
    if count > _MAX_PAGES:
        raise CorpusError(f"{name}: {count:,} pages, more than {_MAX_PAGES:,}; split it into smaller files.")
    if not count:
        raise CorpusError(f"{name}: a PDF without pages, or damaged; print it to PDF again.")
    return reader


def _pages(reader: PdfReader, *, name: str) -> list[list[str]]:
    pages: list[list[str]] = []
    length = 0
    for page_no in range(1, len(reader.pages) + 1):
        try:
            text = reader.pages[page_no - 1].extract_text()
        except Exception as error:  # a damaged page can fail anywhere below
            kind = type(error).__name__
            raise CorpusError(f"{name}: page {page_no} cannot be read ({kind}); print it to PDF again.") from error
        length += len(text)
        if length > MAX_CHARS:
            raise CorpusError(f"{name}: more than {MAX_CHARS:,} characters of text; split it into smaller files.")
        # Codes that the usual encoding leaves free stand for bullets (ISO 32000-1, annex D.2); pypdf keeps one.
        pages.append(text.replace("\x7f", "•").splitlines())
    return pages


def _title(reader: PdfReader) -> str | None:
    try:
        metadata = reader.metadata
        return sane_title(str(metadata.title)) if metadata and metadata.title else None
    except Exception:  # noqa: BLE001 - damaged properties; the file's name serves as well
        return None


def _parts(pages: list[list[str]]) -> Iterator[Part]:
    pages = without_running_lines(pages)
    width, words = typical_width(pages), words_of(pages)
    for page_no, lines in enumerate(pages, start=1):
        body = paragraphs(lines, width=width, words=words)
        yield Part(None, body, title=page_heading(body), page_no=page_no)
