"""The first look never raises, and suggests only what the guide answers."""

from __future__ import annotations

import pytest

from bot.conversation.first_look import FirstLook
from bot.domain import Verdict
from bot.errors import ModelError
from tests.fakes.answers import ScriptedTriage
from tests.unit.conversation.conftest import CRISIS, DANGER, HELLO, SCRIPT, STOP_IT, STOP_IT_GENERAL


def looking(meaning_failure: Exception | None = None) -> tuple[FirstLook, ScriptedTriage]:
    triage = ScriptedTriage(SCRIPT)
    triage.meaning_failure = meaning_failure
    return FirstLook(triage=triage), triage  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [ModelError("x"), RuntimeError("x"), MemoryError()])
def test_rules_alone_decide_where_the_model_is_down(error: Exception) -> None:
    look, triage = looking(error)
    assert look.check("what is lupus", earlier=("hello",)) == Verdict(None)
    assert triage.earlier == [("hello",), ("hello",)]
    assert look.check(DANGER) == SCRIPT[DANGER]


def test_there_is_no_verdict_where_the_rules_are_down() -> None:
    look, triage = looking()
    triage.failure = ZeroDivisionError()
    assert look.check(DANGER) is None
    assert look.may_suggest("what is lupus") is False


def test_only_what_leads_to_the_guide_is_suggested_and_each_heading_is_looked_at_once() -> None:
    look, triage = looking(ModelError("a suggestion needs no model"))
    for _ in range(2):
        suggested = [text for text in ("what is lupus", *SCRIPT) if look.may_suggest(text)]
        assert suggested == ["what is lupus", STOP_IT_GENERAL]
    assert len(triage.earlier) == 1 + len(SCRIPT)
    assert {CRISIS, HELLO, STOP_IT}.isdisjoint(suggested)
