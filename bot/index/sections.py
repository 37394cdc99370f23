"""The sections that an index was made of, put together again from its chunks and source texts."""

from __future__ import annotations

from itertools import groupby

from bot.domain import Section
from bot.index import codec
from bot.index.loaded import LoadedIndex


def sections_of(index: LoadedIndex) -> tuple[Section, ...]:
    """Return the indexed sections in the guide's order; their fact ids are not kept in an index.

    Raises:
        BadIndexError: The source texts cannot be read.
    """
    sources = codec.read_sources(index.folder)
    sections = []
    for section_id, group in groupby(index.chunks, key=lambda chunk: chunk.section_id):
        chunks = list(group)
        first, last = chunks[0], chunks[-1]
        sections.append(
            Section(
                id=section_id,
                chapter_id=first.chapter_id,
                chapter_title=first.chapter_title,
                title=first.title,
                text=sources[first.source][first.char_start : last.char_end],
                source=first.source,
                char_start=first.char_start,
                char_end=last.char_end,
                language=first.language,
                also_asked=first.also_asked,
                references=first.references,
                reviewed_on=first.reviewed_on,
                expires_on=first.expires_on,
                page_no=first.page_no,
            )
        )
    return tuple(sections)
