"""Every chapter has sections, an id of its own, and questions as headings."""

from __future__ import annotations

from collections.abc import Iterator

from bot.corpus.check.finding import Finding
from bot.corpus.check.material import Material


def find_empty_chapters(material: Material) -> Iterator[Finding]:
    """Report guide files without a section."""
    filled = {passage.section.source for passage in material.passages}
    for source in material.sources:
        if source not in filled:
            yield Finding(
                source, 1, "empty-chapter", "has no '## question {#id}' heading; write one or remove the file."
            )


def find_shared_chapter_ids(material: Material) -> Iterator[Finding]:
    """Report a chapter id that two files use: their pages would be one."""
    owner: dict[str, str] = {}
    for passage in material.passages:
        section = passage.section
        if owner.setdefault(section.chapter_id, section.source) != section.source:
            message = f"chapter id {section.chapter_id} belongs to {owner[section.chapter_id]}; choose another."
            owner[section.chapter_id] = section.source
            yield Finding(section.source, 1, "chapter-id", message)


def find_headings_that_do_not_ask(material: Material) -> Iterator[Finding]:
    """Report headings that do not end in a question mark."""
    for passage in material.passages:
        if not passage.section.title.endswith("?"):
            message = f'"{passage.section.title}" is not a question; ask what a patient would ask.'
            yield Finding(passage.section.source, passage.line, "heading", message)
