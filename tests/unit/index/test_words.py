from __future__ import annotations

import pytest

from bot.index.words import folded, stem, terms, words


@pytest.mark.parametrize("spelling", ["CAR-T", "car t", "CAR T", "CAR‑T", "Car–T", "car -t"])
def test_every_spelling_of_car_t_is_one_word(spelling: str) -> None:
    assert terms(spelling) == ["cart"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anti-dsDNA ds DNA", ["anti", "dsdna", "dsdna"]),
        ("CD 19 and CD-19", ["cd19", "cd19"]),
        ("Jaccoud’s fièvre", ["jaccoud", "fievr"]),
        ("don't I'm you’re", []),
        ("7.5 mg", ["7.5", "mg"]),
        ("  \t\n ", []),
        ("?!… -- _", []),
        ("", []),
    ],
    ids=repr,
)
def test_words_are_counted_as_they_are_meant(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_folding_keeps_the_words_of_other_scripts() -> None:
    assert words("Лупус 狼疮") == ["лупус", "狼疮"]


def test_numbers_are_not_stemmed() -> None:
    assert stem("2027s") == "2027s"


def test_folding_twice_changes_nothing() -> None:
    text = "Straße CAR-T İstanbul ﬁve ½"

    assert folded(folded(text)) == folded(text)
