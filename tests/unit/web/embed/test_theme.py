from __future__ import annotations

import re

import pytest

from bot.conversation.partner_rules import contrast
from bot.web.embed.theme import theme_css


def test_without_a_colour_the_guide_keeps_its_own() -> None:
    assert theme_css(None) == ""


def test_the_guides_own_colour_gives_about_the_guides_own_tokens() -> None:
    assert theme_css("#4b3f92") == (
        ":root:not(.dark) {--brand: #4b3f92; --brand-soft: #ebeaf3; --on-brand: #ffffff; "
        "--primary: 249 39.7% 41.0%; --ring: 249 39.7% 41.0%; "
        "--secondary: 247 27.3% 93.5%; --muted: 247 27.3% 93.5%; --accent: 247 27.3% 93.5%;}\n"
    )


@pytest.mark.parametrize("colour", ["#0f766e", "#8a4b00", "#a61b1b", "#005ea2", "#767676", "#000000"])
def test_words_in_the_colour_stay_readable_on_white_and_nearly_so_on_its_soft_ground(colour: str) -> None:
    soft = re.search(r"--brand-soft: (#[0-9a-f]{6})", theme_css(colour))
    assert soft is not None
    assert contrast(colour, "#ffffff") >= 4.5
    # Chips and buttons on the soft ground are larger and bold: 3 to 1 is what WCAG 2.2 asks of them.
    assert contrast(colour, soft[1]) >= 3.0
