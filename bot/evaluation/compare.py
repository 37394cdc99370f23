"""Two runs side by side: which questions changed, and which figures changed by more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.evaluation.figures import FIGURES, LATENCY, Figure
from bot.evaluation.metrics import bootstrap_interval, mcnemar_p
from bot.evaluation.results import ClaimResult, Result
from bot.evaluation.run_folder import Run

_LIKELY = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of both runs, over the questions that both have.

    Attributes:
        pairs: Questions that the figure applies to in both runs.
        low, high: 95 % interval of the mean difference, by a paired bootstrap.
        p: Exact McNemar p, for figures that are yes or no; None for others.
    """

    title: str
    pairs: int
    before: float
    after: float
    low: float
    high: float
    p: float | None
    is_better_high: bool | None

    @property
    def verdict(self) -> str:
        """Say whether it changed by more than chance, and for better or worse."""
        is_clear = self.p < _LIKELY if self.p is not None else self.low > 0 or self.high < 0
        if not is_clear:
            return "same" if self.before == self.after else "may be chance"
        if self.is_better_high is None:
            return "changed"
        return "better" if (self.after > self.before) == self.is_better_high else "worse"


@dataclass(frozen=True, slots=True)
class Pair:
    """One question in both runs."""

    before: Result
    after: Result


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs.

    Attributes:
        altered: Ids whose question or expectation differs; they are not compared.
        pairs: The questions of both runs that are compared.
        claims_gained, claims_lost: Sentences that the verifier now judges rightly and did not, and the reverse.
    """

    before: Run
    after: Run
    pairs: tuple[Pair, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    altered: tuple[str, ...]
    rows: tuple[Row, ...]
    claims_gained: tuple[ClaimResult, ...]
    claims_lost: tuple[ClaimResult, ...]

    @property
    def gained(self) -> tuple[Pair, ...]:
        """Questions that pass now and did not before."""
        return tuple(pair for pair in self.pairs if pair.after.is_passed and not pair.before.is_passed)

    @property
    def lost(self) -> tuple[Pair, ...]:
        """Questions that passed before and do not now."""
        return tuple(pair for pair in self.pairs if pair.before.is_passed and not pair.after.is_passed)

    @property
    def outcomes(self) -> tuple[Pair, ...]:
        """Questions with another kind of reply."""
        return tuple(pair for pair in self.pairs if pair.before.outcome != pair.after.outcome)

    @property
    def texts(self) -> tuple[Pair, ...]:
        """Questions with the same kind of reply in other words."""
        return tuple(
            pair
            for pair in self.pairs
            if pair.before.outcome == pair.after.outcome and pair.before.text != pair.after.text
        )


def compared(before: Run, after: Run) -> Comparison:
    """Compare two runs, question by question."""
    earlier = {result.id: result for result in before.results}
    later = {result.id: result for result in after.results}
    common = [name for name in earlier if name in later]
    pairs = [Pair(earlier[name], later[name]) for name in common if _asks_the_same(earlier[name], later[name])]
    gained, lost = _claims(before.claims, after.claims)
    return Comparison(
        before=before,
        after=after,
        pairs=tuple(pairs),
        only_before=tuple(name for name in earlier if name not in later),
        only_after=tuple(name for name in later if name not in earlier),
        altered=tuple(name for name in common if not _asks_the_same(earlier[name], later[name])),
        rows=tuple(row for figure in FIGURES if (row := _row(figure, pairs)) is not None),
        claims_gained=gained,
        claims_lost=lost,
    )


def lines_of(comparison: Comparison) -> Iterator[str]:
    """Yield the comparison as lines for a terminal."""
    yield f"{comparison.before.name} → {comparison.after.name}: {len(comparison.pairs)} questions in both"
    for name, ids in (
        ("only in the first", comparison.only_before),
        ("only in the second", comparison.only_after),
        ("asked or judged differently, not compared", comparison.altered),
    ):
        if ids:
            yield f"{len(ids)} {name}: {', '.join(ids)}"
    yield from _table(comparison.rows)
    for title, pairs in (("Gained", comparison.gained), ("Lost", comparison.lost)):
        yield f"{title}: {len(pairs)}"
        for pair in pairs:
            problems = pair.before.problems or pair.after.problems
            yield f"  {pair.after.id}  {pair.after.category}  {'; '.join(problems)}"
    yield f"Other kind of reply: {len(comparison.outcomes)}"
    yield from (f"  {pair.after.id}  {pair.before.outcome} → {pair.after.outcome}" for pair in comparison.outcomes)
    yield f"Other words: {len(comparison.texts)}"
    if comparison.texts:
        yield f"  {', '.join(pair.after.id for pair in comparison.texts)}"
    for title, claims in (("gained", comparison.claims_gained), ("lost", comparison.claims_lost)):
        if claims:
            yield f"Verifier {title}: {', '.join(claim.id for claim in claims)}"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        yield f"{'':36} {'first':>9} {'second':>9} {'difference, 95 % interval':>32}"
    for row in rows:
        digits = 3 if max(abs(row.before), abs(row.after)) <= 1 else 1
        interval = f"{row.after - row.before:+.{digits}f} ({row.low:+.{digits}f} to {row.high:+.{digits}f})"
        p = "" if row.p is None else f"  p {row.p:.3f}"
        yield f"{row.title:36} {row.before:9.{digits}f} {row.after:9.{digits}f} {interval:>32}  {row.verdict}{p}"


def _asks_the_same(one: Result, other: Result) -> bool:
    return (one.turns, one.expect, one.category) == (other.turns, other.expect, other.category)


def _row(figure: Figure, pairs: Sequence[Pair]) -> Row | None:
    values = [
        (before, after)
        for pair in pairs
        if (before := figure.of(pair.before)) is not None and (after := figure.of(pair.after)) is not None
    ]
    if not values:
        return None
    low, high = bootstrap_interval([after - before for before, after in values])
    return Row(
        title=figure.title,
        pairs=len(values),
        before=sum(before for before, _ in values) / len(values),
        after=sum(after for _, after in values) / len(values),
        low=low,
        high=high,
        p=_mcnemar(values),
        # Times differ from run to run on any machine.
        is_better_high=None if figure is LATENCY else figure.is_better_high,
    )


def _mcnemar(values: Sequence[tuple[float, float]]) -> float | None:
    if any(value not in (0.0, 1.0) for pair in values for value in pair):
        return None
    return mcnemar_p(gained=values.count((0.0, 1.0)), lost=values.count((1.0, 0.0)))


def _claims(
    before: Sequence[ClaimResult], after: Sequence[ClaimResult]
) -> tuple[tuple[ClaimResult, ...], tuple[ClaimResult, ...]]:
    earlier = {claim.id: claim for claim in before}
    both = [(earlier[claim.id], claim) for claim in after if claim.id in earlier]
    same = [(old, new) for old, new in both if (old.passage, old.sentence) == (new.passage, new.sentence)]
    gained = tuple(new for old, new in same if new.is_right and not old.is_right)
    return gained, tuple(new for old, new in same if old.is_right and not new.is_right)
