"""A story that is long over raises no alarm; whatever may be happening now still does.

``tests/data/triage_stories.jsonl`` holds harmless stories, and the words that make each one happen now when they
stand at its end. One person wrote the stories and then the cues of ``rules.yaml``, which were tuned on the tuning half.
The held-out half is no blind set: its counts were looked at after every change, and three of its rows were read when
their result changed; one of them (H-11) led to a mended idiom.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.conversation.triage.triage import Triage, load_triage
from bot.domain import Outcome

STORIES = Path(__file__).resolve().parents[2] / "data" / "triage_stories.jsonl"
ALARMS = {Outcome.EMERGENCY, Outcome.CRISIS}
MAY_STILL_ALARM = {"tuning": 4, "held_out": 21}
"""Of 40 stories each, by the rules alone; before there was a sense for stories it was 36 and 34."""


@pytest.fixture(scope="module")
def triage() -> Triage:
    return load_triage()


def rows(half: str) -> list[dict[str, str]]:
    parsed = [json.loads(line) for line in STORIES.read_text(encoding="utf-8").splitlines()]
    return [row for row in parsed if row["half"] == half]


def is_alarmed(triage: Triage, message: str, *, after_car_t: bool = False) -> bool:
    return triage.check(message, after_car_t=after_car_t).outcome in ALARMS


@pytest.mark.parametrize("half", sorted(MAY_STILL_ALARM))
def test_most_stories_that_are_over_raise_no_alarm(triage: Triage, half: str) -> None:
    assert len(rows(half)) == 40
    assert sum(is_alarmed(triage, row["story"]) for row in rows(half)) <= MAY_STILL_ALARM[half]


@pytest.mark.parametrize("half", sorted(MAY_STILL_ALARM))
def test_a_story_before_it_hides_no_danger_that_the_rules_see(triage: Triage, half: str) -> None:
    seen = [row for row in rows(half) if is_alarmed(triage, row["now"])]
    assert len(seen) >= 36
    hidden = {row["id"] for row in seen if not is_alarmed(triage, f"{row['story']} {row['now']}")}
    assert hidden == set()


@pytest.mark.parametrize(
    "message",
    [
        # a past time that is only the background of what has just happened
        "I was diagnosed in 2018. My husband collapsed in the kitchen and his lips went blue.",
        "I have had lupus since 2012. I had crushing chest pain and could not breathe. I am 54.",
        "He had a bypass in 2019. He collapsed and went grey. He is fine now.",
        "Two years ago I got CAR-T cells. I had a seizure. They gave me a drip.",
        "Two winters ago I had my infusion. My wife had a seizure.",
        "We moved here ten years ago. My son had a seizure. The neighbours took him to hospital.",
        "My rash started in 2019. My throat swelled and I could not breathe.",
        # nothing says that it is over
        "My wife had a seizure. She is fine now. What should I do?",
        "My dad had a heart attack in 2019. He collapsed in the garden, he was unconscious.",
        "Back in 2016 my mother had a stroke. Her face drooped and she could not speak. Help!",
        "Last year I was well. I fainted and hit my head. Should I call someone?",
        "In 2020 I was in hospital with sepsis. I had a fever of 40 and was confused. What do I do?",
        # the story is over, the danger comes after it
        "In 2016 my mother had a stroke. They took her in and she recovered. Her face drooped and she could not speak.",
        "Ten years ago I had a clot. They gave me warfarin and I was fine. I have chest pain and cannot breathe.",
        "When I was a child I had fits. The doctors gave me tablets. Yesterday I had a seizure and bit my tongue.",
        "In 2011 he had a stroke and survived. This morning he could not speak. They gave him aspirin.",
        "In 2011 he had a stroke and survived. He just collapsed. They gave him aspirin.",
        "Years ago I had chest pain. They kept me in. I had crushing chest pain again, for long. They gave a spray.",
        # the present tense
        "In 2016 my mother was ill for months. She has a seizure. They gave her tablets then.",
        "Back in 2010 he was ill. He is unconscious on the floor. They took him in that time.",
        # the days after the cells
        "In 2023 I was ill for long. On day 5 after CAR-T I had a seizure. They gave me steroids.",
        # a film beside somebody real
        "In the film she recovered. My husband had a seizure. They took him in.",
        "We were in the film when my wife collapsed and was unconscious.",
        "I was reading a novel about Rome when my husband collapsed and was unconscious.",
        "I watched a film where all ends well. My wife has a seizure.",
        "My wife keeps a diary of her lupus. She cannot breathe.",
        # what was swallowed still works
        "In 2015 my mother died. I took forty pills. They found the box.",
    ],
)
def test_what_may_be_happening_now_raises_an_alarm(triage: Triage, message: str) -> None:
    assert is_alarmed(triage, message)


@pytest.mark.parametrize(
    "message",
    [
        "In 2016 my mother went quiet. Her face drooped and she could not speak. They took her in. She is well now.",
        "When my dad was alive he gave us a fright. He collapsed and was unconscious. He lived another ten years.",
        "My brother had a fit. His lips went blue. That was in 2009. He drives a bus these days.",
        "In the film the hero lies in bed. He has a seizure and stops breathing. Is that realistic for lupus?",
        "I read a memoir by a woman who had her first seizure on stage. Is there a translation?",
        "Last night I watched a series where the hero has chest pain in a lift. I feel perfectly well.",
        "They practised on a dummy with crushing chest pain. Is it different with lupus?",
        "In spring 2011 I woke on the floor with a bitten tongue, and that is how they found it. I was given pills.",
        "A woman in my group told us how her sister fell ill. She had a seizure at work. The doctors gave her a drip.",
    ],
)
def test_what_is_over_or_made_up_raises_no_alarm(triage: Triage, message: str) -> None:
    assert not is_alarmed(triage, message)


@pytest.mark.parametrize(
    "message",
    [
        "In 2016 I was in a bad way. I wanted to kill myself. They kept me in and I recovered.",
        "When my dad was alive he was rough. He hit me and locked me in. The neighbours took me away.",
    ],
)
def test_a_story_calms_no_crisis(triage: Triage, message: str) -> None:
    assert triage.check(message).outcome is Outcome.CRISIS
