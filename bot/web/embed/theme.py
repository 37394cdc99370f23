"""A partner's colour as a style sheet over `tokens.css`; everything else stays the guide's own look."""

from __future__ import annotations

import colorsys

# How much of the colour is left in its soft ground, as in the guide's own pair of tokens.
_SOFT_SHARE = 0.11


def theme_css(colour: str | None) -> str:
    """Return the style sheet; empty without a colour.

    Args:
        colour: Such as ``#4b3f92``, with enough contrast on white; the dark scheme keeps the guide's own, which was
            chosen for its ground.
    """
    if colour is None:
        return ""
    soft = _mixed_with_white(colour, _SOFT_SHARE)
    return (
        ":root:not(.dark) {"
        f"--brand: {colour}; --brand-soft: {soft}; --on-brand: #ffffff; "
        f"--primary: {_hsl(colour)}; --ring: {_hsl(colour)}; "
        f"--secondary: {_hsl(soft)}; --muted: {_hsl(soft)}; --accent: {_hsl(soft)};"
        "}\n"
    )


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _mixed_with_white(colour: str, share: float) -> str:
    return "#" + "".join(f"{round((1 - share + share * channel) * 255):02x}" for channel in _channels(colour))


def _hsl(colour: str) -> str:
    """Write a colour as Chainlit's style sheet wants it."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    return f"{hue * 360:.0f} {saturation * 100:.1f}% {lightness * 100:.1f}%"
