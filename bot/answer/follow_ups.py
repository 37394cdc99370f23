"""Questions worth asking next: headings of the guide near what was answered, so that each has an answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.answer.passages import same_words
from bot.domain import Hit

_MOST = 3
# Headings this alike ask the same thing again.
_ALIKE = 0.75


def follow_ups(hits: Sequence[Hit], *, shown: Iterable[str], asked: str) -> tuple[str, ...]:
    """Return up to three headings of sections that were found but not shown.

    Args:
        shown: Ids of the sections in the answer.
        asked: The patient's question.
    """
    taken = set(shown)
    chosen: list[str] = []
    for hit in hits:
        title = hit.chunk.title
        if hit.chunk.section_id in taken or not title.endswith("?"):
            continue
        taken.add(hit.chunk.section_id)
        if all(same_words(title, other) < _ALIKE for other in (*chosen, asked)):
            chosen.append(title)
        if len(chosen) == _MOST:
            break
    return tuple(chosen)
