from __future__ import annotations

from bot.retrieval.synonyms import _table, reworded


def test_says_nothing_where_no_word_has_another() -> None:
    assert reworded("") is None
    assert reworded("zzz") is None


def test_every_phrase_of_the_list_is_reworded() -> None:
    _, words = _table()

    assert words
    for phrase, meaning in words.items():
        assert meaning in (reworded(f"x {phrase} y") or ""), phrase
