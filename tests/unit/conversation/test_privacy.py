"""What people type about themselves is masked; what they ask about stays readable."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.privacy.mask import MARKS, MAX_PASSES, Masked, mask
from bot.conversation.privacy.question import question_of
from bot.conversation.privacy.scan import scan

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "privacy_cases.jsonl").read_text(encoding="utf-8").splitlines()
]
GUIDE = Path(__file__).parents[3] / "corpus"
HOSTILE_CHARS = 20_000
MAX_SECONDS = 8.0
"""About ten times what the slowest case takes on a quiet machine; quadratic time would need minutes."""


def _by_id(case: dict[str, Any]) -> str:
    return str(case["id"])


@pytest.mark.parametrize("case", [case for case in CASES if "gone" not in case], ids=_by_id)
def test_masks_identifiers_and_keeps_the_question(case: dict[str, Any]) -> None:
    assert mask(case["text"]).text == case.get("masked", case["text"])


@pytest.mark.parametrize("case", [case for case in CASES if "gone" in case], ids=_by_id)
def test_leaves_no_part_of_a_long_identifier(case: dict[str, Any]) -> None:
    masked = mask(case["text"]).text
    assert [part for part in case["gone"] if part in masked] == []
    assert [part for part in case["kept"] if part not in masked] == []


@pytest.mark.parametrize("case", CASES, ids=_by_id)
def test_masking_masked_text_changes_nothing(case: dict[str, Any]) -> None:
    once = mask(case["text"]).text
    assert mask(once) == Masked(text=once, kinds=())


def test_names_each_kind_once_in_order_of_appearance() -> None:
    masked = mask("I'm Jonas Ekberg, a@example.org and b@example.org, dob 1/2/88, room 4")
    assert masked == Masked(
        text="I'm [name], [e-mail] and [e-mail], dob [date of birth], [room]",
        kinds=("name", "email", "birth_date", "room"),
    )


def test_every_mark_survives_masking() -> None:
    text = " and ".join(MARKS.values())
    assert mask(text) == Masked(text=text, kinds=())


@pytest.mark.parametrize(
    "number",
    [
        "911",
        "999",
        "112",
        "988",
        "111",
        "15",
        "3114",
        "024",
        "000",
        "1737",
        "14416",
        "116 123",
        "0800 111 0 111",
        "13 11 14",
    ],
)
@pytest.mark.parametrize("frame", ["should I call {}?", "my number is {}", "{}"])
def test_emergency_numbers_stay(number: str, frame: str) -> None:
    text = frame.format(number)
    assert mask(text).text == text


@pytest.mark.parametrize("path", sorted(GUIDE.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_sentence_of_the_guide_holds_nothing_to_mask(path: Path) -> None:
    changed = [line for line in path.read_text(encoding="utf-8").splitlines() if mask(line).kinds]
    assert changed == []


@pytest.mark.parametrize(
    "hostile",
    [
        "1" * HOSTILE_CHARS,
        "1 " * (HOSTILE_CHARS // 2),
        "1-" * (HOSTILE_CHARS // 2),
        "+1 " * (HOSTILE_CHARS // 3),
        "a@" * (HOSTILE_CHARS // 2),
        "a." * (HOSTILE_CHARS // 2),
        " dot at " * (HOSTILE_CHARS // 8),
        "my name is Ann " * (HOSTILE_CHARS // 15),
        "born " * (HOSTILE_CHARS // 5),
        "12 rue de la " * (HOSTILE_CHARS // 13),
        "202-555-0142 " * (HOSTILE_CHARS // 13),
        "de89 abcd " * (HOSTILE_CHARS // 10),
        "one " * (HOSTILE_CHARS // 4),
        "(" * HOSTILE_CHARS,
        "\u200d" * HOSTILE_CHARS,
        "http://" * (HOSTILE_CHARS // 7),
    ],
    ids=lambda text: text[:14].encode("unicode_escape").decode(),
)
def test_hostile_text_costs_bounded_time(hostile: str) -> None:
    start = time.perf_counter()
    mask(hostile)
    assert time.perf_counter() - start < MAX_SECONDS


_FRAGMENTS = (
    [str(case["text"]) for case in CASES]
    + list(MARKS.values())
    + ["Dr ", "my name is ", "room ", "@", "+", "\u200b", "0", " ", "\n"]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(_FRAGMENTS) | st.text(max_size=12), max_size=6))
def test_any_text_is_masked_to_a_fixed_point(parts: list[str]) -> None:
    once = mask("".join(parts)).text
    for _ in range(MAX_PASSES):
        twice = mask(once).text
        if twice == once:
            return
        once = twice
    pytest.fail(f"still changing: {once!r}")


def test_identifiers_hidden_among_random_text_are_masked() -> None:
    chance = random.Random(20261122)
    words = ["the", "guide", "says", "a", "flare", "may", "come", "and", "go", "what", "is", "that"]
    for _ in range(300):
        digits = "".join(chance.choice("0123456789") for _ in range(4))
        before, after = (" ".join(chance.choices(words, k=chance.randint(0, 9))) for _ in range(2))
        text = mask(
            f"{before}. My name is Zebulon Quarrie, phone 202-555-{digits}, z.q{digits}@example.org. {after}"
        ).text
        assert re.search(rf"zebulon|quarrie|{digits}", text, re.IGNORECASE) is None
        assert text.startswith(before)
        assert text.endswith(after)


def test_an_endless_message_is_cut_in_its_middle_and_read_to_its_end() -> None:
    masked = mask("what is a flare? " + "la " * 200_000 + "my name is Zebulon Quarrie")
    assert len(masked.text) < 20_100
    assert masked.text.startswith("what is a flare? la ")
    assert masked.text.endswith("la my name is [name]")


def test_scan_keeps_the_way_back_to_the_original() -> None:
    message = "a\u200bb\u00a0\uff11\u2013x"
    view = scan(message)
    assert view.text == "ab 1-x"
    assert [message[origin] for origin in view.origins[:-1]] == ["a", "b", "\u00a0", "\uff11", "\u2013", "x"]
    assert view.origins[-1] == len(message)


@pytest.mark.parametrize(
    ("masked", "question"),
    [
        ("What is a flare?", "What is a flare?"),
        ("This is [name], my consultant is Dr [name]. When is it given?", "When is it given?"),
        ("hi im [name] dob [date of birth], tell me whats ICANS", "tell me whats ICANS"),
        ("[phone] whats the wait time", "whats the wait time"),
        ("Is Dr. [name] a good lupus doctor?", "Is Dr. a good lupus doctor?"),
        ("what is [name]", "what is"),
        ("[name]", ""),
    ],
)
def test_search_sees_the_question_without_the_introduction(masked: str, question: str) -> None:
    assert question_of(masked) == question
