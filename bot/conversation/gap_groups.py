"""Unanswered questions put together by meaning, so that the guide's author sees what is asked often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.db.gaps import Gap

Vector = NDArray[np.float32]

# Cosines from which two questions belong together: anywhere, and where the same section is nearest to both. Among
# 240 wordings of 60 sections, pairs over 0.75 were of one section in 59 of 100 cases, and over 0.8 in 80: chosen so
# that the author reads a mixed group now and then rather than one question as ten groups.
_SAME_ANYWHERE = 0.75
_SAME_BESIDE_SECTION = 0.55
_REMEMBERED = 20_000


@dataclass(slots=True)
class GapGroup:
    """Questions of one meaning.

    Attributes:
        gaps: The newest first.
        recent: How many came in the newer half of the span.
        earlier: How many came in the older half.
        section_ids: The sections nearest to most of them, the best first.
    """

    gaps: list[Gap]
    recent: int = 0
    earlier: int = 0
    section_ids: tuple[str, ...] = ()
    centre: Vector = field(default_factory=lambda: np.zeros(0, dtype=np.float32), repr=False)

    @property
    def count(self) -> int:
        """Return how often it was asked."""
        return len(self.gaps)

    @property
    def question(self) -> str:
        """Return the shortest of the questions, which names the group."""
        return min((gap.question for gap in self.gaps), key=len)

    @property
    def questions(self) -> list[str]:
        """Return the different wordings, the newest first."""
        return list(dict.fromkeys(gap.question for gap in self.gaps))


class GapGrouper:
    """Groups questions; what it has read once it does not read again.

    Args:
        encode: Embeds a question: float32 (dim,), a unit vector.
    """

    def __init__(self, encode: Callable[[str], Vector]) -> None:
        self._encode = lru_cache(maxsize=_REMEMBERED)(encode)

    def group(self, gaps: Iterable[Gap], *, middle: datetime) -> list[GapGroup]:
        """Put questions together, the largest group first.

        Args:
            gaps: The newest first.
            middle: What came from then on counts as recent.

        Raises:
            BotError: The questions cannot be embedded.
        """
        groups: list[GapGroup] = []
        for gap in gaps:
            vector = self._encode(" ".join(gap.question.split()))
            group = _nearest(groups, gap, vector)
            if group is None:
                groups.append(GapGroup([gap], centre=vector))
            else:
                group.gaps.append(gap)
                group.centre = _unit(group.centre * (group.count - 1) + vector)
        for group in groups:
            group.recent = sum(gap.created_at >= middle for gap in group.gaps)
            group.earlier = group.count - group.recent
            group.section_ids = _sections(group.gaps)
        return sorted(groups, key=lambda group: (-group.count, group.question))


def _nearest(groups: list[GapGroup], gap: Gap, vector: Vector) -> GapGroup | None:
    if not groups:
        return None
    cosines = np.stack([group.centre for group in groups]) @ vector
    for number in np.argsort(-cosines, kind="stable"):
        cosine, group = float(cosines[number]), groups[int(number)]
        if cosine >= _SAME_ANYWHERE or (cosine >= _SAME_BESIDE_SECTION and _first(gap) in map(_first, group.gaps)):
            return group
        if cosine < _SAME_BESIDE_SECTION:
            return None
    return None


def _first(gap: Gap) -> str:
    # Without any near section a question has no neighbour by section.
    return gap.section_ids[0] if gap.section_ids else gap.id


def _sections(gaps: list[Gap]) -> tuple[str, ...]:
    votes = Counter(section_id for gap in gaps for section_id in gap.section_ids[:3])
    return tuple(section_id for section_id, _ in votes.most_common(3))


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return (vector / length).astype(np.float32) if length else vector
