from __future__ import annotations

from bot.corpus.check.shingles import digest_of, shingles_of


def test_every_run_of_words_and_nothing_for_a_short_text() -> None:
    assert shingles_of("One, two three", size=2) == {("one", "two"), ("two", "three")}
    assert shingles_of("One", size=2) == frozenset()


def test_a_digest_depends_on_word_borders() -> None:
    assert digest_of(("ab", "c")) != digest_of(("a", "bc"))
    assert len(digest_of(("ab", "c"))) == 16
