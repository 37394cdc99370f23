"""``lupus-bot ask``: what is printed, and a batch file that is checked before the first question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.ask import readable
from bot.domain import Outcome, Reply
from tests.fakes.answers import make_answer, make_citation
from tests.unit.cli.conftest import Ran
from tests.unit.conversation.conftest import START

REPLY = Reply("r", "c", Outcome.CONVERSATION, "talk.greeting", "Hello.", START)


def test_a_reply_is_printed_with_its_sources_and_what_to_ask_next() -> None:
    draft = make_answer()
    citations = (*draft.citations, make_citation(marker=2, title="Own", source="own.pdf", page_no=7, reviewed_on=None))
    reply = replace(REPLY, text=draft.text, citations=citations, follow_ups=draft.follow_ups)
    assert readable(reply).split("\n") == [
        "A flare is a time when lupus becomes more active. [1]",
        "",
        "[1] What is a flare? (lupus.md, reviewed 2026-11-22)",
        "[2] Own (own.pdf, page 7)",
        "",
        "You could also ask:",
        "- How long does a flare last?",
    ]


def test_a_reply_without_sources_is_printed_alone() -> None:
    assert readable(REPLY) == "Hello."
    assert readable(replace(REPLY, follow_ups=("A?",))) == "Hello.\n\nYou could also ask:\n- A?"


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ('{"id": "b"}', ':2: "turns" must be a list of at least one text.'),
        ('{"id": "b", "turns": []}', ':2: "turns" must be a list of at least one text.'),
        ('{"id": "b", "turns": "what is lupus"}', ':2: "turns" must be a list of at least one text.'),
        ('{"id": "b", "turns": ["a", 1]}', ':2: "turns" must be a list of at least one text.'),
        ('{"turns": ["a"]}', ':2: "id" is missing.'),
        ("nonsense", ":2: not JSON; each line must be one object."),
    ],
)
def test_a_batch_is_checked_to_its_end_before_the_first_question(
    line: str, detail: str, run: Callable[..., Ran], tmp_path: Path
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "a", "turns": ["what is lupus"]}\n' + line + "\n", encoding="utf-8")
    assert run("ask", "--batch", path) == Ran(1, "", f"lupus-bot: {path}{detail}\n")
