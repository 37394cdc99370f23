"""Charts as SVG, drawn on the server: no script, the same on paper, and a table beside each for those who hear it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT = 720.0, 200.0
_LEFT, _BOTTOM, _TOP = 40.0, 24.0, 10.0
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers.

    Attributes:
        tone: Class of its colour: ``tone-1`` to ``tone-5``, ``tone-alarm``.
        values: One for each column, 0 or more.
    """

    title: str
    tone: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a value of a column is drawn."""

    columns: int
    top: int

    @property
    def step(self) -> float:
        return (_WIDTH - _LEFT) / max(1, self.columns)

    def x(self, column: float) -> float:
        return _LEFT + column * self.step

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / self.top)


def stacked_bars(*, title: str, labels: Sequence[str], series: Sequence[Series]) -> Markup:
    """Draw a bar for each label, its parts one above the other."""
    totals = [sum(each.values[column] for each in series) for column in range(len(labels))]
    frame = _Frame(len(labels), nice_top(max(totals, default=0)))
    bars = []
    for column, label in enumerate(labels):
        base = 0
        for each in series:
            value = each.values[column]
            if value:
                told = f"{label}, {each.title}: {value}"
                bars.append(_bar(frame, column, (base, base + value), tone=each.tone, told=told))
            base += value
    return _svg(title, [*_grid(frame), *bars, *_labels(frame, labels)])


def line(*, title: str, labels: Sequence[str], series: Series) -> Markup:
    """Draw one line with a dot for each label."""
    frame = _Frame(len(labels), nice_top(max(series.values, default=0)))
    points = [(frame.x(column + 0.5), frame.y(value)) for column, value in enumerate(series.values)]
    path = Markup('<polyline class="line-of {}" points="{}"/>').format(
        series.tone, " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    )
    dots = [
        Markup('<circle class="{}" cx="{}" cy="{}" r="2.5"><title>{}: {}</title></circle>').format(
            series.tone, f"{x:.1f}", f"{y:.1f}", label, value
        )
        for (x, y), label, value in zip(points, labels, series.values, strict=True)
    ]
    return _svg(title, [*_grid(frame), path, *dots, *_labels(frame, labels)])


def nice_top(value: int) -> int:
    """Return the end of an axis: the next of 4, 8, 20, 40, 80, 200 and so on, so that quarters are whole."""
    if value <= 4:
        return 4
    power = 10
    while True:
        for factor in (0.4, 0.8, 2.0):
            if value <= factor * power:
                return int(factor * power)
        power *= 10


def _bar(frame: _Frame, column: int, values: tuple[int, int], *, tone: str, told: str) -> Markup:
    y = frame.y(values[1])
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
        tone,
        f"{frame.x(column + 0.15):.1f}",
        f"{y:.1f}",
        f"{frame.step * 0.7:.1f}",
        f"{frame.y(values[0]) - y:.1f}",
        told,
    )


def _grid(frame: _Frame) -> list[Markup]:
    lines = []
    for quarter in range(5):
        value = frame.top * quarter // 4
        y = f"{frame.y(value):.1f}"
        lines.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDTH, y, y))
        lines.append(
            Markup('<text class="axis" x="{}" y="{}" text-anchor="end" dominant-baseline="middle">{}</text>').format(
                _LEFT - 6, y, value
            )
        )
    return lines


def _labels(frame: _Frame, labels: Sequence[str]) -> list[Markup]:
    every = max(1, -(-len(labels) // _MOST_LABELS))
    return [
        Markup('<text class="axis" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            f"{frame.x(column + 0.5):.1f}", _HEIGHT - 6, label
        )
        for column, label in enumerate(labels)
        if column % every == 0
    ]


def _svg(title: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        int(_WIDTH), int(_HEIGHT), title, Markup("").join(parts)
    )
