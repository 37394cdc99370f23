"""A plain search over the guide's pages: whole words, headings first; no index, no model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.domain import Section

# Words that stand in most questions and tell none of them apart.
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        """a about after am an and are as at be been before but by can could do does for from get had has have how i if
        in is it its lupus may me my of on or should so than that the their them there they this to was what when
        where which who why will with would you your""",
    )
)
# A word in the heading says more than one in the other wordings, and that more than one in the text.
_TITLE_WEIGHT, _WORDING_WEIGHT, _TEXT_WEIGHT = 4.0, 2.0, 1.0
_SHORTEST_STEM = 4


def rank_sections(question: str, sections: Sequence[Section]) -> tuple[str, ...]:
    """Return ids of the sections that hold at least one of the question's words, best first.

    Equal scores keep the order of the guide.
    """
    wanted = _terms(question) - _EMPTY or _terms(question)
    scored = [(_score(section, wanted), section.id) for section in sections]
    return tuple(section_id for score, section_id in sorted(scored, key=lambda pair: -pair[0]) if score > 0)


def _score(section: Section, wanted: set[str]) -> float:
    title, wordings, text = _terms(section.title), _terms(" ".join(section.also_asked)), _terms(section.text)
    return sum(
        _TITLE_WEIGHT * (term in title) + _WORDING_WEIGHT * (term in wordings) + _TEXT_WEIGHT * (term in text)
        for term in wanted
    )


def _terms(text: str) -> set[str]:
    return {_stem(word) for word in re.findall(r"[^\W_]+(?:-[^\W_]+)*", text.lower())}


def _stem(word: str) -> str:
    """Drop a plural "s", so that "flares" finds "flare"."""
    return word[:-1] if len(word) > _SHORTEST_STEM and word.endswith("s") and not word.endswith("ss") else word
