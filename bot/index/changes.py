"""What a rebuild added, changed and removed, by section."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import Chunk

# A first build, or a whole new guide, is told in one line.
_MOST_LINES = 40


def section_texts(chunks: Iterable[Chunk]) -> dict[str, str]:
    """Return what each section says and is found by, as one text by section id."""
    texts: dict[str, list[str]] = {}
    for chunk in chunks:
        parts = texts.setdefault(chunk.section_id, [])
        parts += [chunk.title, chunk.text, *chunk.also_asked, *chunk.references, str(chunk.expires_on)]
    return {section_id: "\n".join(parts) for section_id, parts in texts.items()}


def describe_changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return one line a changed section: ``+`` added, ``~`` changed, ``-`` removed."""
    if not before:
        return []
    added = [f"+ {name}" for name in after if name not in before]
    changed = [f"~ {name}" for name in after if name in before and after[name] != before[name]]
    removed = [f"- {name}" for name in before if name not in after]
    lines = [*added, *changed, *removed]
    if len(lines) > _MOST_LINES:
        return [f"{len(added)} sections added, {len(changed)} changed, {len(removed)} removed"]
    return lines or ["No section changed."]
