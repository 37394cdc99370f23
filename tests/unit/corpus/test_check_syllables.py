from __future__ import annotations

import pytest

from bot.corpus.check.syllables import syllable_count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cell", 1), ("tired", 2), ("lupus", 2), ("medicine", 3), ("people", 2), ("area", 3), ("harmed", 1),
        ("treated", 2), ("diseases", 3), ("infection", 3), ("safety", 2), ("trying", 2), ("table", 2),
        ("weeks", 1), ("once", 1), ("being", 2), ("reaction", 3), ("12", 1),
    ],
    ids=str,
)  # fmt: skip
def test_counts_as_the_word_is_spoken(word: str, count: int) -> None:
    assert syllable_count(word) == count
