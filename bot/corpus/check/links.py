"""Links and ids inside the guide lead somewhere; the text carries no markup that quotes would break."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.corpus.check.finding import Finding
from bot.corpus.check.material import Material, Passage, line_at

_LINK = re.compile(
    r"\]\((?P<address>[^)\s]+)\)|(?P<bare>(?<![\w/])/guide(?:/[\w-]+)?(?:#[\w-]+)?)|(?<![\w&#])#(?P<id>[a-z][\w-]+)"
)
_MARKUP = re.compile(r"\*\*|__|\]\(|^\||^>|^#|<[a-z!/]|;(?=\s)|\{[a-z_]+\}|`", re.MULTILINE)

_CROWDED = re.compile(r"^- [^\n]*\n(?!- )(\S)", re.MULTILINE)


def find_dead_links(material: Material) -> Iterator[Finding]:
    """Report links inside a section's text that lead to no chapter or section."""
    sections = {passage.section.id for passage in material.passages}
    chapters = {passage.section.chapter_id for passage in material.passages}
    for passage in material.passages:
        for match in _LINK.finditer(passage.section.text):
            address = match.group("address") or match.group("bare") or f"#{match.group('id')}"
            if not _leads_somewhere(address, sections, chapters):
                yield _at(passage, material, match.start(), "dead-link", f"{address} leads nowhere.")


def find_markup(material: Material) -> Iterator[Finding]:
    """Report bold, links, tables, quotes, code, braces and semicolons: sentences are quoted as plain text."""
    for passage in material.passages:
        for match in _MARKUP.finditer(passage.section.text):
            message = f'"{match.group(0)}" is not plain text; write whole sentences and simple lists.'
            yield _at(passage, material, match.start(), "markup", message)


def find_crowded_lists(material: Material) -> Iterator[Finding]:
    """Report a line that follows a list item without a gap: it would be shown as part of the item."""
    for passage in material.passages:
        for match in _CROWDED.finditer(passage.section.text):
            message = "begins right below a list; leave an empty line between them."
            yield _at(passage, material, match.start(1), "markup", message)


def _leads_somewhere(address: str, sections: set[str], chapters: set[str]) -> bool:
    if address.startswith("https://"):
        return True
    path, _, anchor = address.partition("#")
    chapter = path.removeprefix("/guide").strip("/")
    return (
        (not path or path.startswith("/guide"))
        and (not chapter or chapter in chapters)
        and (not anchor or anchor in sections)
    )


def _at(passage: Passage, material: Material, offset: int, rule: str, message: str) -> Finding:
    line = line_at(material.sources[passage.section.source], passage.section.char_start + offset)
    return Finding(passage.section.source, line, rule, message)
