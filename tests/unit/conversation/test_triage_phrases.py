"""Patterns find what they say, within one sentence, and never over a "no"."""

from __future__ import annotations

import pytest

from bot.conversation.triage.lexicon import Lexicon
from bot.conversation.triage.phrases import Range, compile_pattern, search
from bot.conversation.triage.words import Spelling, read
from bot.errors import SettingsError

SPELLING = Spelling(rewrites={}, near={}, known=(), joiners=frozenset({"but"}), subjects=frozenset({"my"}))


def lexicon() -> Lexicon:
    return Lexicon(
        families={"chest": ["chest", "breast bone"], "pain": ["pain*", "hurts"], "sign": ["{pain}", "swell*"]},
        numbers={"#fever": (38.0, 43.0, False), "#exact": (38.0, 43.0, True)},
    )


def found(source: str, message: str) -> list[tuple[Range, ...]]:
    words = lexicon()
    pattern = compile_pattern(source, lexicon=words)
    text = read(message, spelling=SPELLING)
    return list(search(pattern, hits=words.find(text), text=text))


@pytest.mark.parametrize(
    ("source", "message", "matches"),
    [
        pytest.param("{chest} ..2 {pain}", "my chest really hurts", True, id="gap within reach"),
        pytest.param("{chest} ..1 {pain}", "my chest now really hurts", False, id="gap too wide"),
        pytest.param("{chest} {pain}", "painful chest", False, id="wrong order"),
        pytest.param("{chest} ..2 {pain}", "my chest. It hurts", False, id="over a full stop"),
        pytest.param("have ..3 {pain}", "i have no pain", False, id="gap over no"),
        pytest.param("have ..3 no", "i have really no pain", True, id="no itself"),
        pytest.param("{chest} {pain}", "breast bone pains", True, id="group and beginning"),
        pytest.param("{sign} ..3 today", "swelling here today", True, id="family in a family"),
        pytest.param("{chest}|{pain} today", "pain today", True, id="families as alternatives"),
        pytest.param("my left? chest", "my chest", True, id="optional left out"),
        pytest.param("my left? chest", "my left chest", True, id="optional there"),
        pytest.param("can !not", "can not", False, id="barred"),
        pytest.param("can !not", "can breathe", True, id="nothing barred"),
        pytest.param("out_of_breath", "out of breath", True, id="underscore"),
        pytest.param("^ stop $", "please stop", True, id="start after an opening"),
        pytest.param("^ stop $", "do stop", False, id="not at the start"),
        pytest.param("^ stop $", "stop it", False, id="not at the end"),
        pytest.param("{#fever} c", "38.2 c", True, id="number"),
        pytest.param("{#fever} c", "37.9 c", False, id="number below"),
        pytest.param("{#exact} c", "40 c", False, id="number without a point"),
        pytest.param("{#fever}|hot now", "39 now", True, id="number as alternative"),
        pytest.param("{chest} & {pain}", "it hurts. In the chest", True, id="both parts anywhere"),
        pytest.param("{chest} & {pain}", "it hurts", False, id="one part only"),
    ],
)
def test_finds(source: str, message: str, matches: bool) -> None:
    assert bool(found(source, message)) is matches


def test_gives_one_range_a_part() -> None:
    assert found("{chest} & {pain}", "it hurts in the chest") == [(Range(4, 5), Range(1, 2))]


def test_marks_supports() -> None:
    pattern = compile_pattern("{pain} & + {chest}", lexicon=lexicon())
    assert [part.is_support for part in pattern.parts] == [False, True]


@pytest.mark.parametrize(
    ("source", "named"),
    [("{nothing}", "nothing"), ("left? chest", "left? chest"), ("!not chest", "!not chest"), ("a||b", "a||b")],
)
def test_refuses_a_pattern_that_cannot_be(source: str, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        compile_pattern(source, lexicon=lexicon())
    assert named in caught.value.detail


@pytest.mark.parametrize("families", [{"a": ["{b}"]}, {"a": ["{a}"]}, {"a": ["{b}"], "b": ["{a}"]}, {"a": [""]}])
def test_refuses_families_that_lead_nowhere(families: dict[str, list[str]]) -> None:
    with pytest.raises(SettingsError):
        Lexicon(families=families, numbers={})


@pytest.mark.parametrize("entries", [["head"], ["head*"], ["hea*", "skull"]])
def test_a_word_may_be_a_family_that_holds_it(entries: list[str]) -> None:
    assert compile_pattern("hit ..2 head", lexicon=Lexicon(families={"head": entries}, numbers={}))


@pytest.mark.parametrize("entries", [["headache*"], ["head hurts", "migraine"]])
def test_refuses_a_word_that_is_a_family_without_it(entries: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        compile_pattern("hit ..2 head", lexicon=Lexicon(families={"head": entries}, numbers={}))
    assert "head|heads" in caught.value.detail
