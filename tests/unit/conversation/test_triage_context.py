"""Happening now is told from asked about, denied, past, supposed and figures of speech."""

from __future__ import annotations

import pytest

from bot.conversation.triage.context import Context, Manner
from bot.conversation.triage.phrases import Range
from bot.conversation.triage.rulebook import load_rulebook
from bot.conversation.triage.words import read

BOOK = load_rulebook()


def context_of(message: str) -> tuple[Context, tuple[str, ...]]:
    text = read(message, spelling=BOOK.spelling)
    return Context(text=text, hits=BOOK.lexicon.find(text), cues=BOOK.cues), text.tokens


@pytest.mark.parametrize(
    ("message", "manner"),
    [
        ("my husband has a seizure", Manner.NOW),
        ("seizure right now", Manner.NOW),
        ("is it normal that he had a seizure this morning", Manner.NOW),
        ("how much does it cost, also my wife had a seizure an hour ago", Manner.NOW),
        ("no seizure", Manner.DENIED),
        ("she has no fever, cough or seizure", Manner.DENIED),
        ("he did not have a seizure", Manner.DENIED),
        ("no fever but he had a seizure", Manner.NOW),
        ("I had a seizure as a child", Manner.PAST),
        ("ten years ago my brother had a seizure", Manner.PAST),
        ("my wife had one seizure, 30 years ago", Manner.PAST),
        ("he used to have one seizure a year", Manner.PAST),
        ("Two winters ago in Rome, I had a seizure on a bus", Manner.PAST),
        ("He had one seizure in the night. That was in 2011.", Manner.PAST),
        ("my seizure in August was the only one", Manner.PAST),
        ("a seizure as always in spring", Manner.PAST),
        ("Two winters ago I had my infusion. My wife has a seizure", Manner.NOW),
        ("years ago I was well, now he had a seizure", Manner.NOW),
        ("He had a seizure. That was five minutes ago.", Manner.NOW),
        ("not because of a seizure", Manner.DENIED),
        ("in case I have a seizure", Manner.SUPPOSED),
        ("my worry: what if she gets a seizure", Manner.SUPPOSED),
        ("is a seizure a sign of ICANS", Manner.ASKED_ABOUT),
        ("what is a seizure", Manner.ASKED_ABOUT),
        ("how many people had a seizure in the trial", Manner.ASKED_ABOUT),
        ("the leaflet mentions seizure and tremor", Manner.ASKED_ABOUT),
        ("I've read of a seizure in one patient", Manner.ASKED_ABOUT),
        ("I've read your page and my son has a seizure", Manner.NOW),
        ("the website is having a seizure again", Manner.FIGURE_OF_SPEECH),
        ("the bill gave me a seizure laughing, it gave me a seizure", Manner.FIGURE_OF_SPEECH),
    ],
)
def test_says_how_a_sign_is_spoken_of(message: str, manner: Manner) -> None:
    context, tokens = context_of(message)
    at = tokens.index("seizure")
    assert context.manner(Range(at, at + 1)) is manner
