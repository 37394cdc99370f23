from __future__ import annotations

from bot.answer.verify.lexicon import Phrases, groups, lexicon
from bot.answer.verify.reading import read


def test_words_match_by_stem_and_phrases_word_by_word() -> None:
    phrases = Phrases([("trial", "one"), ("stem cell", "two")])
    found = phrases.find(read("Trials of stem cells, and cells."))
    assert [(place, label) for place, _, label in found] == [(0, "one"), (2, "two")]


def test_names_of_one_thing_share_a_group() -> None:
    brand, medicine, other = (groups(read(name))[0] for name in ("Benlysta", "belimumab", "rituximab"))
    assert brand & medicine
    assert not brand & other


def test_no_pair_of_opposites_has_a_word_on_both_sides() -> None:
    sides: dict[str, set[str]] = {}
    for line in lexicon().opposites._by_first.values():
        for stems, label in line:
            sides.setdefault(label, set()).add(" ".join(stems))
    assert [label for label in sides if label.endswith("a") and sides[label] & sides[label[:-1] + "b"]] == []
