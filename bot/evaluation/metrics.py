"""The figures, as pure functions. docs/evaluation.md says in words what each one means.

Shares are 0..1; higher is better unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

# Two-sided 95 percent of a normal distribution.
_Z95 = 1.959964
_ROUNDS = 2_000
_SEED = 0

Supports = Callable[[str, str], bool]


# ------------------------------------------------------------------ retrieval


def first_right(ranked: Sequence[str], relevant: Collection[str]) -> int | None:
    """Return the 1-based rank of the first relevant id, None where there is none."""
    return next((place for place, name in enumerate(ranked, start=1) if name in relevant), None)


def recall_at(ranked: Sequence[str], needs: Sequence[Collection[str]], *, k: int) -> float:
    """Return the share of needs that the first k meet.

    >>> recall_at(["a", "b", "c"], [{"b", "x"}, {"c"}], k=2)
    0.5

    Args:
        needs: One collection a fact: the ids that hold it, any of which will do. Not empty.
    """
    first = set(ranked[:k])
    return sum(not first.isdisjoint(need) for need in needs) / len(needs)


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Return 1 over the rank of the first relevant id, 0 where there is none; its mean is the MRR.

    >>> reciprocal_rank(["a", "b"], {"b"})
    0.5
    """
    place = first_right(ranked, relevant)
    return 1 / place if place else 0.0


def ndcg_at(ranked: Sequence[str], relevant: Collection[str], *, k: int) -> float:
    """Return the normalised discounted cumulative gain of the first k, each relevant id gaining 1.

    The gain at rank r is divided by log2(r + 1); the sum is divided by that of the best possible order
    (Järvelin and Kekäläinen 2002, doi:10.1145/582415.582418).

    >>> round(ndcg_at(["a", "b", "c"], {"a", "c"}, k=3), 4)
    0.9197
    """
    gained = sum(1 / math.log2(place + 1) for place, name in enumerate(ranked[:k], start=1) if name in relevant)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))
    return gained / best if best else 0.0


# ------------------------------------------------------------------ citations


@dataclass(frozen=True, slots=True)
class Cited:
    """One shown sentence and the passages it cites."""

    sentence: str
    passages: tuple[str, ...]


def citation_recall(cited: Cited, supports: Supports) -> bool:
    """Tell whether all cited passages together support the sentence; False without a citation.

    This and `citation_precision` are the definitions of ALCE (Gao et al. 2023, doi:10.18653/v1/2023.emnlp-main.398,
    section 4), with `supports` in the place of its entailment model.

    Args:
        supports: Tells of a sentence and a passage whether the passage supports it.
    """
    return bool(cited.passages) and supports(cited.sentence, _joined(cited.passages))


def citation_precision(cited: Cited, supports: Supports) -> tuple[bool, ...]:
    """Tell of each citation whether it is of use.

    It is not where the citations together do not support the sentence, nor where it is irrelevant: its passage alone
    does not support the sentence, and the others without it do.
    """
    if not citation_recall(cited, supports):
        return (False,) * len(cited.passages)
    if len(cited.passages) == 1:
        return (True,)
    return tuple(not _is_irrelevant(cited, place, supports) for place in range(len(cited.passages)))


def _is_irrelevant(cited: Cited, place: int, supports: Supports) -> bool:
    others = cited.passages[:place] + cited.passages[place + 1 :]
    return not supports(cited.sentence, cited.passages[place]) and supports(cited.sentence, _joined(others))


def _joined(passages: Sequence[str]) -> str:
    return "\n\n".join(dict.fromkeys(passages))


# ------------------------------------------------------------------ decisions


@dataclass(frozen=True, slots=True)
class Decisions:
    """How often something was done, was right to do, and both.

    Attributes:
        wanted: Cases in which it was right to do.
        done: Cases in which it was done.
        both: Cases in which it was right and done.
    """

    wanted: int
    done: int
    both: int

    @property
    def precision(self) -> float | None:
        """Share of what was done that was right; None where nothing was done."""
        return self.both / self.done if self.done else None

    @property
    def recall(self) -> float | None:
        """Share of what was right that was done; None where nothing was right to do."""
        return self.both / self.wanted if self.wanted else None


def decisions(pairs: Sequence[tuple[bool, bool]]) -> Decisions:
    """Count pairs of (was right to do, was done)."""
    return Decisions(
        wanted=sum(wanted for wanted, _ in pairs),
        done=sum(done for _, done in pairs),
        both=sum(wanted and done for wanted, done in pairs),
    )


def area_under_curve(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Return how often a random positive scores above a random negative, ties counted half; None without both kinds."""
    ordered = sorted(zip(scores, labels, strict=True))
    negatives = wins = 0.0
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        positive = sum(label for _, label in ordered[start:end])
        equal = end - start - positive
        wins += positive * (negatives + equal / 2)
        negatives += equal
        start = end
    pairs = negatives * (len(ordered) - negatives)
    return wins / pairs if pairs else None


# ------------------------------------------------------------------ how sure


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953); (0, 1) without cases.

    >>> [round(end, 3) for end in wilson_interval(8, 10)]
    [0.49, 0.943]
    """
    if total == 0:
        return 0.0, 1.0
    share, spread = count / total, _Z95**2 / total
    middle = share + spread / 2
    half = _Z95 * math.sqrt(share * (1 - share) / total + spread / (4 * total))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def mcnemar_p(gained: int, lost: int) -> float:
    """Return the exact two-sided p of a change in passes (McNemar 1947, doi:10.1007/BF02295996).

    >>> mcnemar_p(5, 0)
    0.0625

    Args:
        gained: Items that pass now and did not before.
        lost: Items that passed before and do not now.
    """
    changed = gained + lost
    tail = sum(math.comb(changed, count) for count in range(min(gained, lost) + 1))
    return min(1.0, 2.0 * tail / float(1 << changed))


def bootstrap_interval(differences: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean difference between pairs, by drawing pairs anew (seeded, so repeatable)."""
    values = np.asarray(differences, dtype=np.float64)
    if not len(values):
        return 0.0, 0.0
    draws = np.random.default_rng(_SEED).integers(len(values), size=(_ROUNDS, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which a share of the values lies, by the nearest rank; None without values.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
