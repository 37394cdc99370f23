"""The other wordings of each question: enough of them, and none that two sections claim."""

from __future__ import annotations

from collections.abc import Iterator

from bot.corpus.check.finding import Finding
from bot.corpus.check.material import Material, Passage, plain_words

_FEWEST, _MOST = 4, 14


def find_bad_wordings(material: Material) -> Iterator[Finding]:
    """Report too few or too many wordings, capitals, and wordings that stand twice or repeat a heading."""
    first = {plain_words(passage.section.title): passage for passage in material.passages}
    for passage in material.passages:
        listed = passage.section.also_asked
        if not _FEWEST <= len(listed) <= _MOST:
            yield _finding(passage, f"{len(listed)} other wordings, wanted {_FEWEST} to {_MOST}.")
        for wording in listed:
            if wording != wording.lower():
                yield _finding(passage, f'"{wording}" has capitals; patients type in lower case.')
        for wording in listed:
            other = first.get(plain_words(wording))
            first.setdefault(plain_words(wording), passage)
            if other is not None:
                yield _finding(passage, f'"{wording}" stands in #{other.section.id} too; keep it in one section.')


def _finding(passage: Passage, message: str) -> Finding:
    return Finding(passage.section.source, passage.line, "also-asked", message)
