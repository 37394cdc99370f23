from __future__ import annotations

import time

import pytest

from bot.index.words import stem
from bot.retrieval.spelling import Speller

# fmt: off
KNOWN = [
    "anifrolumab", "belimumab", "carried", "contagious", "fatigue", "infusion", "insurance", "leflunomide",
    "leukapheresis", "lupus", "remission", "rituximab", "steroids", "stable", "tacrolimus", "voclosporin",
]
# fmt: on


@pytest.fixture
def speller() -> Speller:
    return Speller(spellings=KNOWN, is_word={"married", "table"}.__contains__)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lupis", "lupus"),
        ("luopus", "lupus"),
        ("steriods", "steroids"),
        ("lukaferesis", "leukapheresis"),
        ("contagous", "contagious"),
        ("insurence", "insurance"),
        ("infuson", "infusion"),
        ("rituximap", "rituximab"),
        ("belimunab", "belimumab"),
        ("leflunomid", "leflunomide"),
    ],
)
def test_corrects_what_is_nearly_known(speller: Speller, typed: str, meant: str) -> None:
    assert speller.stems([typed]) == [stem(meant)]


@pytest.mark.parametrize("name", ["litifilimab", "obinutuzumab", "teriflunomide", "pimecrolimus", "belatacept"])
def test_never_turns_a_medicine_into_another(speller: Speller, name: str) -> None:
    assert speller.stems([name]) == [stem(name)]


@pytest.mark.parametrize("word", ["lupus", "steroid", "gold", "x9z8y7", "2027", "狼疮狼疮狼疮", "qqqqqqqqqq"])
def test_leaves_alone_what_is_known_short_or_unlike_anything(speller: Speller, word: str) -> None:
    assert speller.stems([word]) == [stem(word)]


@pytest.mark.parametrize("word", ["married", "table"])
def test_leaves_alone_what_is_spelt_right(speller: Speller, word: str) -> None:
    assert speller.stems([word]) == [stem(word)]


def test_keeps_the_order_and_the_repeats(speller: Speller) -> None:
    assert speller.stems(["fatige", "lupus", "fatige"]) == ["fatigu", "lupus", "fatigu"]


def test_a_flood_of_unknown_words_costs_little() -> None:
    words = [f"word{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{'x' * (i % 9)}" for i in range(5_000)]
    speller = Speller(spellings=words)
    flood = [f"nonsense{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(600)]

    started = time.process_time()
    assert len(speller.stems(flood)) == 600
    assert time.process_time() - started < 1.0


def test_an_empty_index_corrects_nothing() -> None:
    assert Speller(spellings=[]).stems(["lupis"]) == [stem("lupis")]


def test_a_name_without_its_umlaut_is_found() -> None:
    speller = Speller(spellings=["muller", "blue"], is_word={"mueller"}.__contains__)

    assert speller.stems(["mueller", "blue", "true"]) == [stem("muller"), stem("blue"), stem("true")]


def test_a_text_is_corrected_where_it_is_misspelt_and_nowhere_else(speller: Speller) -> None:
    assert speller.corrected("How long is lukaferesis, MARRIED or not (steriods)?") == (
        "How long is leukapheresis, MARRIED or not (steroids)?"
    )
    assert speller.corrected("qwertyuiop " * 40) == "qwertyuiop " * 40
