from __future__ import annotations

from dataclasses import replace

from bot.answer.extractive import choose_detail, choose_parts, choose_sentences
from bot.domain import Chunk, Hit
from bot.retrieval.search import Found
from tests.fakes.indexes import make_chunk

WORDS = "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima".split()  # noqa: SIM905


def long_text(count: int) -> str:
    return " ".join(f"{word.capitalize()} {' '.join(f'{word}{n}' for n in range(11))}." for word in WORDS[:count])


def found(*hits: tuple[Chunk, float], near: dict[tuple[str, int], float] | None = None) -> Found:
    return Found(tuple(Hit(chunk, score, score, 0.5, score) for chunk, score in hits), near or {}, ("alpha0",))


def texts(result: Found) -> list[str]:
    return [candidate.text for candidate in choose_sentences(result)]


def test_a_short_section_is_taken_whole() -> None:
    assert texts(found((make_chunk(), 0.9))) == [
        "Fever is the first sign of CRS.",
        "CRS may start within days of the infusion.",
    ]


def test_a_long_section_gives_its_lead_and_what_is_nearest_in_reading_order() -> None:
    chunk = make_chunk(text=long_text(12))

    shown = choose_sentences(found((chunk, 0.9), near={("crs", 11): 0.9, ("crs", 7): 0.8}))

    numbers = [candidate.sentence_no for candidate in shown]
    assert numbers[0] == 0
    assert {7, 11} <= set(numbers)
    assert numbers == sorted(numbers)
    assert sum(candidate.words for candidate in shown) <= 150


def test_nothing_is_said_twice() -> None:
    chunk = make_chunk(text="Fever is the first sign of CRS. Fever is the first sign of CRS. It passes.")

    assert texts(
        found((chunk, 0.9), (replace(make_chunk("other"), text=chunk.text, sentences=chunk.sentences), 0.89))
    ) == [
        "Fever is the first sign of CRS.",
        "It passes.",
    ]


def test_a_far_section_adds_nothing() -> None:
    far = make_chunk("far", "Something else stands here.")

    assert len(texts(found((make_chunk(), 0.9), (far, 0.3), near={("far", 0): 0.9}))) == 2


def test_a_single_endless_sentence_is_still_shown() -> None:
    endless = "word " * 200 + "end."

    assert texts(found((make_chunk(text=endless, title="Chapter 1"), 0.9))) == [endless]


def test_nothing_found_is_nothing_shown() -> None:
    assert choose_sentences(Found((), {}, ())) == []


def test_of_what_was_just_read_the_sentence_asked_for_comes_first() -> None:
    chosen = choose_detail(found((make_chunk(text=long_text(12)), 0.9)), fit=lambda c: float(c.sentence_no == 7))

    assert chosen[0].sentence_no == 7
    assert sum(candidate.words for candidate in chosen) <= 60


def test_several_questions_share_the_room() -> None:
    founds = [found((make_chunk(name, long_text(12)), 0.9)) for name in ("a", "b")]
    founds[1] = found((make_chunk("b", long_text(12).replace("0", "x").replace("1", "y")), 0.9))
    chosen = choose_parts(founds)

    assert {candidate.chunk.id for candidate in chosen} == {"a", "b"}
    assert sum(candidate.words for candidate in chosen) <= 150


def test_a_part_says_nothing_that_stands_there_already() -> None:
    once = found((make_chunk(), 0.9))

    assert choose_parts([once], lead=choose_sentences(once)) == choose_sentences(once)


def test_the_sentence_with_the_number_asked_for_is_in_the_answer() -> None:
    chunk = make_chunk(text=long_text(11) + " Of the people, 17 were women.")

    shown = choose_sentences(found((chunk, 0.9)), asked="How many were women?")

    assert shown[-1].text == "Of the people, 17 were women."


def test_a_number_that_the_best_section_lacks_is_looked_for_in_the_next() -> None:
    whole = make_chunk(text=long_text(6).replace("0", "o").replace("1", "i"), title="Who took part?")
    whole = replace(whole, text="".join(letter for letter in whole.text if not letter.isdigit()))
    whole = make_chunk(text=whole.text, title="Who took part?")
    other = make_chunk("other", "Of the people, 17 were women.", title="How many were women?")

    def shown(asked: str) -> bool:
        chosen = choose_sentences(found((whole, 0.9), (other, 0.8), near={("other", 0): 0.4}), asked=asked)
        return "other" in {candidate.chunk.id for candidate in chosen}

    assert shown("How many were women?")
    assert not shown("Who took part?")
