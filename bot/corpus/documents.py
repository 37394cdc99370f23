"""Own documents become sections: one door for every file format that is not a Markdown guide.

Each format has its reader in a module of its own; what they share, ids, titles and limits, is here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from bot.corpus.extract import MAX_CHARS, Extract, Place
from bot.corpus.plain_file import read_markdown_file, read_text_file
from bot.corpus.text import cleaned, slug
from bot.domain import Section
from bot.errors import CorpusError

Reader = Callable[..., Extract]


# The libraries of these three take a fifth of a second to import: only who reads such a file waits for them.
def _read_html(content: bytes, *, name: str) -> Extract:
    from bot.corpus.html_file import read_html_file

    return read_html_file(content, name=name)


def _read_pdf(content: bytes, *, name: str) -> Extract:
    from bot.corpus.pdf_file import read_pdf_file

    return read_pdf_file(content, name=name)


def _read_docx(content: bytes, *, name: str) -> Extract:
    from bot.corpus.docx_file import read_docx_file

    return read_docx_file(content, name=name)


_READERS: dict[str, Reader] = {
    ".md": read_markdown_file,
    ".markdown": read_markdown_file,
    ".txt": read_text_file,
    ".html": _read_html,
    ".htm": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
}
SUFFIXES: tuple[str, ...] = tuple(_READERS)

# Far above any book for patients; a wrong file must not take the machine down.
MAX_BYTES = 200_000_000
# Names that `slug` leaves as they are, so that two of them never become one id.
_PLAIN_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z]+")
_MAX_PLAIN_NAME = 60


def read_document(name: str, content: bytes) -> tuple[str, list[Section]]:
    """Read one file of any known format.

    Args:
        name: File name relative to the corpus folder, with forward slashes; its suffix names the format.

    Returns:
        The extracted text, and its sections in order; each stands verbatim at its offsets in the text.

    Raises:
        CorpusError: The format is unknown, or the file is empty, damaged, encrypted, without text or too
            large; the detail names the file and says what to do.
    """
    reader = _READERS.get(PurePosixPath(name).suffix.lower())
    if reader is None:
        raise CorpusError(f"{name}: unknown kind of file; known are {', '.join(SUFFIXES)}.")
    if not content:
        raise CorpusError(f"{name}: empty; write something in it or remove it.")
    if len(content) > MAX_BYTES:
        raise CorpusError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB; split it into smaller files.")
    extract = reader(content, name=name)
    if len(extract.text) > MAX_CHARS:
        raise CorpusError(f"{name}: more than {MAX_CHARS:,} characters of text; split it into smaller files.")
    if not extract.places:
        raise CorpusError(f"{name}: no text found in it; write something in it or remove it.")
    return extract.text, list(_sections(name, extract))


def file_id(name: str) -> str:
    """Make an id of a file's name that no other name in the folder shares.

    Simple names stay readable (``care-plan.txt`` is ``care-plan-txt``); others get a few letters of a digest.
    """
    if _PLAIN_NAME.fullmatch(name) and len(name) <= _MAX_PLAIN_NAME:
        return slug(name)
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug(name)[:_MAX_PLAIN_NAME].strip('-')}-{digest}"


def _sections(name: str, extract: Extract) -> Iterator[Section]:
    chapter_id, chapter_title = file_id(name), extract.title or _stem_in_words(name)
    taken: dict[str, int] = {}
    for place in extract.places:
        yield Section(
            # Two hyphens: neither a file's id nor a heading's slug nor a guide's id holds them.
            id=f"{chapter_id}--{_free(_key(place), taken)}",
            chapter_id=chapter_id,
            chapter_title=chapter_title,
            title=place.title or chapter_title,
            text=extract.text[place.char_start : place.char_end],
            source=name,
            char_start=place.char_start,
            char_end=place.char_end,
            page_no=place.page_no,
        )


def _key(place: Place) -> str:
    if place.page_no is not None:
        return f"p{place.page_no}"
    return slug(place.title) if place.title else "text"


def _free(key: str, taken: dict[str, int]) -> str:
    free = key
    while free in taken:
        taken[key] += 1
        free = f"{key}-{taken[key]}"
    taken[free] = 1
    return free


def _stem_in_words(name: str) -> str:
    words = re.sub(r"[\s_.-]+", " ", cleaned(PurePosixPath(name).stem)).strip()
    return words[:1].upper() + words[1:] or "Untitled"
