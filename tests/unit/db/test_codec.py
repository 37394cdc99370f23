"""A reply survives the way to JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.db.codec import reply_from_document, reply_to_document
from bot.domain import Citation, Consulted, DroppedSentence, HandoffView, Outcome, Reply, ReplySentence
from bot.errors import StoreError

_numbers = st.floats(allow_nan=False, allow_infinity=False)
_sentences = st.builds(ReplySentence, support=_numbers)
_citations = st.builds(Citation, expires_on=st.none() | st.dates(), page_no=st.none() | st.integers(1, 999))
_replies = st.builds(
    Reply,
    outcome=st.sampled_from(Outcome),
    created_at=st.datetimes(timezones=st.just(UTC)),
    sentences=st.lists(_sentences, max_size=3).map(tuple),
    citations=st.lists(_citations, max_size=3).map(tuple),
    consulted=st.lists(st.builds(Consulted, score=_numbers), max_size=3).map(tuple),
    follow_ups=st.lists(st.text(), max_size=3).map(tuple),
    handoff=st.builds(HandoffView),
    answerer=st.text(),
    guide_version=st.text(),
    index_version=st.text(),
    calibration_version=st.text(),
    timings_ms=st.lists(st.tuples(st.text(), _numbers), max_size=3).map(tuple),
    rule_id=st.none() | st.text(),
    triggers=st.lists(st.text(), max_size=3).map(tuple),
    dropped=st.lists(
        st.builds(DroppedSentence, reasons=st.lists(st.text(), max_size=2).map(tuple), score=st.none() | _numbers),
        max_size=3,
    ).map(tuple),
    model=st.none() | st.text(),
    prompt_digest=st.none() | st.text(),
    fallback=st.none() | st.text(),
)


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(reply=_replies)
def test_every_reply_comes_back_exactly(reply: Reply) -> None:
    assert reply_from_document(json.loads(json.dumps(reply_to_document(reply)))) == reply


@pytest.fixture
def document() -> dict[str, Any]:
    """The document of a small reply."""
    citation = Citation(
        marker=1,
        chunk_id="crs",
        section_id="crs",
        title="What is CRS?",
        url="/guide#crs",
        quote="CRS is a reaction.",
        char_start=0,
        char_end=18,
        reviewed_on=date(2026, 11, 22),
        references=("R51",),
        passage="CRS is a reaction.",
        source="08.md",
    )
    reply = Reply(
        reply_id="r",
        conversation_id="c",
        outcome=Outcome.ANSWERED,
        reason="supported",
        text="CRS is a reaction. [1]",
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        citations=(citation,),
    )
    document: dict[str, Any] = json.loads(json.dumps(reply_to_document(reply)))
    return document


def test_fields_of_a_newer_version_are_passed_over(document: dict[str, Any]) -> None:
    newer = json.loads(json.dumps(document))
    newer["mood"] = "calm"
    newer["citations"][0]["colour"] = "blue"
    assert reply_from_document(newer) == reply_from_document(document)


def test_replies_of_before_there_was_a_model_can_still_be_read(document: dict[str, Any]) -> None:
    older = {
        name: value for name, value in document.items() if name not in {"dropped", "model", "prompt_digest", "fallback"}
    }
    reply = reply_from_document(older)
    assert reply == reply_from_document(document)
    assert (reply.dropped, reply.model, reply.prompt_digest, reply.fallback) == ((), None, None, None)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"outcome": "invented"}, id="unknown-outcome"),
        pytest.param({"created_at": "yesterday"}, id="no-time"),
        pytest.param({"citations": [{"marker": 1}]}, id="half-a-citation"),
        pytest.param({"citations": 7}, id="no-list"),
        pytest.param({"timings_ms": [["total"]]}, id="half-a-timing"),
        pytest.param({"handoff": None}, id="no-handoff"),
        pytest.param({"dropped": [{"text": "x"}]}, id="half-a-dropped-sentence"),
    ],
)
def test_a_damaged_document_is_an_error_without_its_text(document: dict[str, Any], damage: dict[str, Any]) -> None:
    with pytest.raises(StoreError) as caught:
        reply_from_document(document | damage)
    assert caught.value.__context__ is None
    assert caught.value.detail.startswith("A stored reply cannot be read (")


@pytest.mark.parametrize("document", [pytest.param({}, id="empty"), pytest.param([], id="list")])
def test_what_is_no_reply_is_an_error(document: Any) -> None:
    with pytest.raises(StoreError):
        reply_from_document(document)
