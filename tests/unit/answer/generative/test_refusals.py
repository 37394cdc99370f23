from __future__ import annotations

import time

import pytest

from bot.answer.generative.refusals import is_printable, refusals


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("See https://evil.example for more.", "link"),
        ("See www.evil.example for more.", "link"),
        ("Read more at evil.example.", "link"),
        ("Read more at EVIL.COM/lupus today.", "link"),
        ("Click javascript:alert(1) now.", "link"),
        ("Lupus [is](evil) lasting.", "link"),
        ("Lupus is //evil lasting.", "link"),
        ("Read ｅｖｉｌ．ｃｏｍ for more.", "link"),
        ("Lupus ![x](y) is lasting.", "image"),
        ("Lupus <img src=x onerror=y> is lasting.", "html"),
        ("Lupus </p> is lasting.", "html"),
        ("Lupus &lt;b&gt; is lasting.", "html"),
        ("Lupus is lasting [2] and quiet.", "mark"),
        ("Write to help@clinic for more.", "contact"),
        ("Write to @doctor for more.", "contact"),
        ("Call +1 (202) 555-0199 for help.", "contact"),
        ("Call 030/1234567 for help.", "contact"),
        ("Lupus is\u202e lasting.", "control_character"),
        ("Lupus is\u200b lasting.", "control_character"),
        ("Lupus is\x00 lasting.", "control_character"),
        ("Lupus is\ud800 lasting.", "control_character"),
        ("CAR-T cures lupus.", "never_say.NV-01"),
        ("You will get better soon.", "never_say.NV-02"),
        ("Take 20 mg of it.", "never_say.NV-04"),
    ],
)
def test_refuses_what_no_answer_may_hold(sentence: str, code: str) -> None:
    assert code in refusals(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "In one study, 6 of 8 people had a mild form of CRS.",
        "A fever of 38.0 °C (100.4 °F) or more needs a call.",
        "Results came in 2022-2024 and were reported on 2026-11-22.",
        "Doctors test for e.g. protein; anti-dsDNA < 5 counts.",
        "Medicines & tests, and/or both: “calm” – *and* _plain_.",
        "CAR-T is not a cure.",
        "About 1,000,000 people have lupus.",
    ],
)
def test_lets_pass_what_the_guide_might_say(sentence: str) -> None:
    assert refusals(sentence) == ()


@pytest.mark.parametrize("part", ["a", "1 ", ".", "[", "a.", "<", "@", "- ", "cure "])
def test_a_hostile_sentence_is_judged_at_once(part: str) -> None:
    started = time.process_time()
    refusals(part * (600 // len(part)))
    assert refusals(part * 50_000) == ("too_long",)
    assert time.process_time() - started < 1.0


def test_tells_what_can_be_printed() -> None:
    assert is_printable("38.0 °C, naïve, “quoted” – 狼瘡")
    assert not is_printable("a\u2066b")
