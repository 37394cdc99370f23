"""Whether a passage has a quantity: as written, converted, rounded, or worked out from others."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from bot.answer.verify.number_words import DAYS
from bot.answer.verify.numbers import Quantity

# How far a rounded bound may lie from the figure: 3 million for 3.41 million.
_SLACK = 1.25
# How far a rounded share may lie from the figure, in points: "nearly a half" for 46 %.
_ROUGH_POINTS = 4.5
# Small counts may count what a passage lists: "two trials" of "EXPLORER and LUNAR".
_COUNTABLE = 4
# Counts that belong to each other stand in one sentence or two, in characters.
_TOGETHER = 160


class Match(IntEnum):
    """How well a passage has a quantity; higher is better."""

    ABSENT = 0
    OTHER_UNIT = 1
    OTHER_BOUND = 2
    SUMMED = 3
    DERIVED = 4
    SAME = 5


def match(quantity: Quantity, passage: Iterable[Quantity]) -> Match:
    """Tell how well a passage has a quantity."""
    others = tuple(passage)
    same = [other for other in others if is_same(quantity, other)]
    if any(_bounds_agree(quantity, other) for other in same):
        return Match.SAME
    if same:
        return Match.OTHER_BOUND
    if quantity.is_soft or _is_derived(quantity, others):
        return Match.DERIVED
    if not quantity.unit and _is_sum(quantity, others):
        return Match.SUMMED
    if any(_figure(quantity) == _figure(other) and other.unit != "percent" for other in others):
        return Match.OTHER_UNIT
    return Match.ABSENT


def is_same(one: Quantity, other: Quantity) -> bool:
    """Tell whether two quantities are one, rounding and conversion allowed."""
    if one.unit != other.unit:
        return {one.unit, other.unit} <= {"", "times"} and one.value == other.value
    if one.unit == "celsius":
        return abs(one.value - other.value) < 0.1
    if one.value == other.value:
        return True
    is_rough = one.is_rough or other.is_rough
    if one.unit == "day":
        is_converted = one.written_unit != other.written_unit
        return _is_near(one.value, other.value, 0.1 if is_converted else 0.06 if is_rough else 0.001)
    if one.unit == "percent":
        is_counted = "of" in (one.written_unit, other.written_unit)
        return abs(one.value - other.value) <= _points(one.value, is_rough=is_rough, is_counted=is_counted)
    return is_rough and _is_near(one.value, other.value, 0.06)


def _points(value: float, *, is_rough: bool, is_counted: bool) -> float:
    """Return by how many points two names of one share may differ; small shares must lie closer."""
    if is_rough:
        return min(_ROUGH_POINTS, 0.15 * value)
    return min(1.0, 0.05 * value) if is_counted else 0.01


def _figure(quantity: Quantity) -> float:
    return round(quantity.value / DAYS.get(quantity.written_unit, 1.0), 3)


def _bounds_agree(one: Quantity, other: Quantity) -> bool:
    return not one.bound or not other.bound or one.bound == other.bound


def _is_near(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * max(abs(one), abs(other))


def _counts(others: tuple[Quantity, ...]) -> list[float]:
    return sorted({other.value for other in others if not other.unit})


def _is_derived(quantity: Quantity, others: tuple[Quantity, ...]) -> bool:
    """Tell whether a quantity follows from those of a passage: by a bound, a sum, a share, a span of years."""
    if any(_is_within(quantity, other) for other in others):
        return True
    if quantity.unit == "percent":
        return _is_share_of(quantity, others)
    if quantity.unit == "day":
        is_age = quantity.written_unit == "year" and any(_figure(quantity) == o.value and not o.unit for o in others)
        return is_age or _is_span_of_years(quantity, others)
    if quantity.unit == "times":
        return not any(other.unit == "times" for other in others)
    return not quantity.unit and quantity.value == int(quantity.value) and 1 <= quantity.value <= _COUNTABLE


def _is_sum(quantity: Quantity, others: tuple[Quantity, ...]) -> bool:
    pairs = [(one, other) for one in _counts(others) for other in _counts(others) if one < other]
    return any(quantity.value in (one + other, other - one) for one, other in pairs)


def _is_within(quantity: Quantity, other: Quantity) -> bool:
    """A rounded bound that holds: "more than three million" of 3.41 million; and 58 years where 50 or more count."""
    if quantity.unit != other.unit and not (not quantity.unit and other.written_unit == "year"):
        return False
    value = quantity.value * (DAYS["year"] if quantity.unit != other.unit else 1.0)
    if quantity.bound == "least":
        return other.bound != "most" and value <= other.value <= _SLACK * value
    if quantity.bound == "most":
        return other.bound != "least" and value / _SLACK <= other.value <= value
    return other.bound == "least" and other.value <= value <= _SLACK * other.value


def _is_share_of(quantity: Quantity, others: tuple[Quantity, ...]) -> bool:
    """A share of two counts, the rest of a share, or "30 per cent more" for "1.3 times"."""
    counts = [other for other in others if not other.unit]
    shares = [
        100 * part.value / whole.value
        for whole in counts
        for part in counts
        if 1 <= part.value < whole.value and abs(part.start - whole.start) < _TOGETHER
    ]
    shares += [other.value for other in others if other.unit == "percent"]
    found = [*shares, *(100 - share for share in shares)]
    found += [100 * (other.value - 1) for other in others if other.unit == "times"]
    if quantity.bound:
        low, high = (1.0, _SLACK) if quantity.bound == "least" else (1 / _SLACK, 1.0)
        return any(low * quantity.value <= share <= high * quantity.value for share in found)
    points = _points(quantity.value, is_rough=quantity.is_rough, is_counted=True)
    return any(abs(share - quantity.value) <= points for share in found)


def _is_span_of_years(quantity: Quantity, others: tuple[Quantity, ...]) -> bool:
    years = sorted({other.value for other in others if other.unit == "year"})
    spans = [(later - earlier) * DAYS["year"] for earlier in years for later in years if earlier < later]
    return any(abs(span - quantity.value) <= DAYS["year"] for span in spans)
