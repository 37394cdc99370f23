from __future__ import annotations

from bot.domain import Section
from bot.web.guide_search import rank_sections


def _section(section_id: str, title: str, text: str, also_asked: tuple[str, ...] = ()) -> Section:
    return Section(section_id, "c", "C", title, text, "01.md", 0, len(text), also_asked=also_asked)


_SECTIONS = [
    _section("sun", "Why does the sun matter?", "Sun can bring on a flare."),
    _section("flare", "What is a flare?", "A flare is a time of more lupus."),
    _section("tired", "Why am I so tired?", "Fatigue is common.", ("worn out", "no energy")),
]


def test_headings_weigh_more_than_text() -> None:
    assert rank_sections("flares", _SECTIONS) == ("flare", "sun")


def test_other_wordings_are_searched_too() -> None:
    assert rank_sections("Energy!", _SECTIONS) == ("tired",)


def test_words_that_tell_nothing_apart_find_nothing_by_themselves_beside_others() -> None:
    assert rank_sections("what is a zebra", _SECTIONS) == ()


def test_a_question_of_small_words_only_is_still_looked_for() -> None:
    assert rank_sections("why", _SECTIONS) == ("sun", "tired")
