"""Plots as inline SVG: geometry here, words in the page, so that they stay readable on a phone.

Colours are classes of the page's style sheet, so that plots follow light and dark.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bot.evaluation.metrics import percentile

_BAR_HEIGHT = 14
_WIDTH, _HEIGHT = 340, 240
_LEFT, _TOP, _RIGHT, _BOTTOM = 54, 10, 18, 44
_HISTOGRAM_HEIGHT = 130
_TICKS = 4
# A few very slow or very long ones would squeeze all others into one box.
_SHOWN_SHARE = 0.98
_BAR = Markup('<svg class="bar" viewBox="0 0 100 {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>')
_PLOT = Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
_TEXT = Markup('<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>')
_TURNED = Markup('<text class="tick" text-anchor="middle" transform="translate(11 {}) rotate(-90)">{}</text>')


def bar(share: float, *, low: float | None = None, high: float | None = None, label: str, kind: str = "ours") -> Markup:
    """Draw a share of 0..1 as a bar, its interval as a line.

    Args:
        label: What it says, for those who do not see it.
        kind: Class of the bar: ``ours``, ``other`` or ``bad``.
    """
    parts = [_rect(0, 100, "track"), _rect(0, 100 * share, kind)]
    if low is not None and high is not None:
        line = f"M{_n(100 * low)} {_BAR_HEIGHT / 2}H{_n(100 * high)}"
        parts.append(Markup('<path class="halo" d="{}"/><path class="interval" d="{}"/>').format(line, line))
    return _BAR.format(_BAR_HEIGHT, label, Markup("").join(parts))


def curve(
    points: Sequence[tuple[float, float]],
    *,
    dots: Sequence[tuple[float, float]],
    x_title: str,
    y_title: str,
    label: str,
) -> Markup:
    """Draw y over x, both shares of 0..1, on axes that end a little above the largest dot.

    Args:
        dots: Marked places; the page names them by their number.
    """
    x_end, y_end = _end([x for x, _ in dots]), _end([y for _, y in dots])
    shown = sorted(((x, y) for x, y in points if x <= x_end and y <= y_end), key=lambda point: (point[0], -point[1]))
    path = " ".join(f"{_n(_x(x, x_end))},{_n(_y(y, y_end))}" for x, y in shown)
    parts = [_axes(x_end, y_end, x_title, y_title), Markup('<polyline class="line" points="{}"/>').format(path)]
    circle = Markup('<circle class="dot dot-{}" cx="{}" cy="{}" r="6"/>')
    parts += [circle.format(n, _n(_x(x, x_end)), _n(_y(y, y_end))) for n, (x, y) in enumerate(dots)]
    return _PLOT.format(_WIDTH, _HEIGHT, label, Markup("").join(parts))


def histogram(values: Sequence[float], *, bins: int, unit: str, label: str) -> Markup:
    """Draw how many values fall in each of some equal bins; the last one holds the few that are far above."""
    least, most = min(values), percentile(values, _SHOWN_SHARE) or 0.0
    width = (most - least) / bins or 1.0
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, int((value - least) / width))] += 1
    bottom = _HISTOGRAM_HEIGHT - 22
    step = _WIDTH / bins
    boxes = [_box(place * step, step, (bottom - 4) * count / max(counts), bottom) for place, count in enumerate(counts)]
    boxes.append(Markup('<path class="axis" d="M0 {}H{}"/>').format(bottom, _WIDTH))
    more = "+" if max(values) > most else ""
    ends = ((0.0, "start", least, ""), (_WIDTH / 2, "middle", (least + most) / 2, ""), (_WIDTH, "end", most, more))
    for x, anchor, value, sign in ends:
        boxes.append(_text(x, _HISTOGRAM_HEIGHT - 6, anchor, f"{value:.0f}{sign} {unit}".strip()))
    return _PLOT.format(_WIDTH, _HISTOGRAM_HEIGHT, label, Markup("").join(boxes))


def _box(x: float, step: float, height: float, bottom: float) -> Markup:
    box = Markup('<rect class="ours" x="{}" y="{}" width="{}" height="{}"/>')
    return box.format(_n(x + 1), _n(bottom - height), _n(step - 2), _n(height))


def _rect(x: float, width: float, kind: str) -> Markup:
    return Markup('<rect class="{}" x="{}" y="0" width="{}" height="{}"/>').format(kind, _n(x), _n(width), _BAR_HEIGHT)


def _axes(x_end: float, y_end: float, x_title: str, y_title: str) -> Markup:
    parts = []
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        x, y = _x(share * x_end, x_end), _y(share * y_end, y_end)
        parts.append(Markup('<path class="grid" d="M{} {}H{}"/>').format(_LEFT, _n(y), _WIDTH - _RIGHT))
        parts.append(_text(_LEFT - 6, y + 4, "end", f"{100 * share * y_end:.0f} %"))
        parts.append(_text(x, _HEIGHT - _BOTTOM + 16, "middle", f"{100 * share * x_end:.0f} %"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, "middle", x_title))
    parts.append(_TURNED.format(_n((_TOP + _HEIGHT - _BOTTOM) / 2), y_title))
    return Markup("").join(parts)


def _text(x: float, y: float, anchor: str, words: str) -> Markup:
    return _TEXT.format(_n(x), _n(y), anchor, words)


def _x(value: float, end: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / end


def _y(value: float, end: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - _TOP) * value / end


def _end(values: Sequence[float]) -> float:
    """Return the end of an axis: a round share, at least a fifth, well above all values."""
    wanted = 1.6 * max(values, default=0.0)
    return next((end for end in (0.2, 0.4, 0.6, 0.8) if end >= wanted), 1.0)


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
