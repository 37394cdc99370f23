"""How far two reviewers agree, beyond what chance alone would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The widest apart two marks can be: no and yes.
_WIDEST = 2


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement on one mark.

    Attributes:
        pairs: Replies on which two reviewers both gave this mark.
        share: Of them, those with the same mark, 0..1; None: there are none.
        kappa: Cohen's kappa with linear weights, 1 at best and 0 as by chance; None: it cannot be told, as where
            all marks are the same.
    """

    mark: str
    pairs: int
    share: float | None
    kappa: float | None


def agreement_of(mark: str, counts: Mapping[tuple[int, int], int]) -> Agreement:
    """Work out the agreement on a mark.

    Linear weights (Cohen 1968, https://doi.org/10.1037/h0026256): "no" against "yes" counts twice as much as
    either against "partly". The raters are who came first and who came second.

    Args:
        counts: How many replies got which two marks.
    """
    pairs = sum(counts.values())
    if not pairs:
        return Agreement(mark, 0, None, None)
    same = sum(count for (first, second), count in counts.items() if first == second)
    return Agreement(mark, pairs, same / pairs, _kappa(counts, pairs))


def _kappa(counts: Mapping[tuple[int, int], int], pairs: int) -> float | None:
    firsts, seconds = _margin(counts, 0), _margin(counts, 1)
    seen = sum(_apart(first, second) * count for (first, second), count in counts.items()) / pairs
    chance = sum(_apart(first, second) * firsts[first] * seconds[second] for first in firsts for second in seconds)
    return None if chance == 0 else 1 - seen / (chance / pairs**2)


def _margin(counts: Mapping[tuple[int, int], int], place: int) -> dict[int, int]:
    margin: dict[int, int] = {}
    for marks, count in counts.items():
        margin[marks[place]] = margin.get(marks[place], 0) + count
    return margin


def _apart(first: int, second: int) -> float:
    return abs(first - second) / _WIDEST
