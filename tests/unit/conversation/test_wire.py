"""A reply as JSON: the keys that every channel may rely on, and values that survive the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from bot.conversation.wire import reply_to_json
from bot.domain import Consulted, DroppedSentence, HandoffView, Outcome, Reply, Speaker
from tests.fakes.answers import make_answer, make_citation
from tests.unit.conversation.conftest import START

PROMISED = {
    "": {
        *("reply_id", "conversation_id", "outcome", "reason", "text", "sentences", "citations", "consulted"),
        *("follow_ups", "handoff", "answerer", "guide_version", "index_version", "timings_ms"),
    },
    "sentences": {"text", "citations", "support"},
    "citations": {
        *("marker", "chunk_id", "section_id", "title", "url", "quote", "char_start", "char_end", "reviewed_on"),
        "references",
    },
    "consulted": {"chunk_id", "score"},
    "handoff": {"state", "offered"},
}
OURS = {
    "": {
        *("calibration_version", "created_at", "rule_id", "triggers"),
        *("model", "prompt_digest", "fallback", "dropped_count"),
    },
    "citations": {"passage", "source", "page_no", "expires_on"},
}


def whole() -> Reply:
    draft = make_answer()
    return Reply(
        reply_id="r1",
        conversation_id="c1",
        outcome=Outcome.ANSWERED,
        reason="supported",
        text=draft.text,
        created_at=START,
        sentences=draft.sentences,
        citations=draft.citations,
        consulted=(Consulted("flare", 0.123456),),
        follow_ups=draft.follow_ups,
        handoff=HandoffView(Speaker.WAITING, offered=True),
        guide_version="g",
        index_version="i",
        timings_ms=(("retrieve", 3.1), ("total", 9.8)),
        rule_id="x",
        triggers=("a", "b"),
    )


@pytest.mark.parametrize("part", PROMISED)
def test_a_reply_has_the_promised_keys_and_a_few_of_ours(part: str) -> None:
    value = reply_to_json(whole())
    if part:
        value = value[part] if isinstance(value[part], dict) else value[part][0]
    assert set(value) == PROMISED[part] | OURS.get(part, set())


def test_the_values_are_those_of_the_reply() -> None:
    value = reply_to_json(whole())
    assert (value["outcome"], value["handoff"]) == ("answered", {"state": "waiting", "offered": True})
    assert value["sentences"] == [
        {"text": "A flare is a time when lupus becomes more active.", "citations": [1], "support": 1.0}
    ]
    assert value["consulted"] == [{"chunk_id": "flare", "score": 0.1235}]
    assert value["timings_ms"] == {"retrieve": 3.1, "total": 9.8}
    assert value["created_at"] == "2026-11-22T12:00:00+00:00"
    assert (value["rule_id"], value["triggers"]) == ("x", ["a", "b"])


def test_a_citation_opens_its_passage_at_its_quote() -> None:
    value = reply_to_json(whole())["citations"][0]
    assert value["passage"][value["char_start"] : value["char_end"]] == value["quote"]
    assert (value["reviewed_on"], value["references"]) == ("2026-11-22", ["R12"])


def test_absent_dates_are_null() -> None:
    undated = make_citation(reviewed_on=None, expires_on=None, page_no=3)
    reply = Reply("r", "c", Outcome.ANSWERED, "supported", "x", START, citations=(undated,))
    value = reply_to_json(reply)["citations"][0]
    assert (value["reviewed_on"], value["expires_on"], value["page_no"]) == (None, None, 3)


def test_json_of_any_reply_can_be_written_and_read() -> None:
    empty = Reply("r", "c", Outcome.CONVERSATION, "none", "", START)
    for reply in (whole(), empty):
        assert json.loads(json.dumps(reply_to_json(reply))) == reply_to_json(reply)
    assert date.fromisoformat(reply_to_json(whole())["citations"][0]["expires_on"]) == date(2027, 11, 22)


def test_what_was_dropped_is_shown_to_staff_alone() -> None:
    lie = DroppedSentence("CRS is harmless.", ("polarity",), 0.1, "CRS may be severe.")
    reply = replace(whole(), dropped=(lie,), model="openai:m", prompt_digest="abc", fallback="all_dropped")
    value = reply_to_json(reply)
    assert "harmless" not in json.dumps(value)
    assert "severe" not in json.dumps(value)
    assert (value["dropped_count"], value["model"], value["prompt_digest"], value["fallback"]) == (
        *(1, "openai:m", "abc", "all_dropped"),
    )
    assert reply_to_json(reply, for_staff=True) == value | {
        "dropped": [{"text": "CRS is harmless.", "reasons": ["polarity"], "score": 0.1, "quote": "CRS may be severe."}]
    }
