from __future__ import annotations

import pytest

from bot.answer.verify.reading import read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("CAR-T cells", "car t cells", id="CAR-T"),
        pytest.param("COVID-19", "COVID19", id="a figure after a dash"),
        pytest.param("It can’t", "It can not", id="short forms"),
        pytest.param("the patient’s", "the patient's", id="quotes"),
        pytest.param("non\u00a0breaking", "non breaking", id="hard spaces"),
    ],
)
def test_two_spellings_of_one_text_have_the_same_stems(one: str, other: str) -> None:
    assert [word.stem for word in read(one).words] == [word.stem for word in read(other).words]


def test_words_know_their_sentence_and_clause_and_stand_where_they_say() -> None:
    reading = read("Fever counts, and chills too. Call.")
    assert [(word.text, word.sentence) for word in reading.words] == [
        ("fever", 0), ("counts", 0), ("and", 0), ("chills", 0), ("too", 0), ("call", 1),
    ]  # fmt: skip
    assert reading.words[0].clause != reading.words[3].clause
    assert [reading.text[word.start : word.end] for word in reading.words][3] == "chills"
    assert reading.sentences == 2


@pytest.mark.parametrize("text", ["", "   ", "...", "\ud800", "\u0000\n\t", "'", "—"])
def test_a_text_without_words_reads_as_none(text: str) -> None:
    assert read(text).content == ()
