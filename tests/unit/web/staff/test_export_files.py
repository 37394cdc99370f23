"""Exports as files: complete, safe to open in a spreadsheet, never whole in memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.db.exports import ExportedMessage, ExportedTalk
from bot.web.staff.export_files import csv_chunks, jsonl_chunks

_AT = datetime(2026, 11, 22, 9, 30, 15, 123456, tzinfo=UTC)
_TALK = ExportedTalk(
    id="c1", state="closed", channel="web", language="en", partner_id=None, created_at=_AT, updated_at=_AT,
    is_handed_over=True, labels=("Fever", "Cost"),
    messages=(
        ExportedMessage(1, "patient", _AT, 'Is "this", a\nfever?'),
        ExportedMessage(
            2, "bot", _AT, "Größe", outcome="answered", reason="supported", answerer="extractive", confidence=0.5,
            section_ids=("crs", "fever"), feedback=-1, feedback_reason="wrong", comment="No",
        ),
    ),
)  # fmt: skip


def _rows(talk: ExportedTalk, *, with_text: bool = True) -> list[dict[str, str]]:
    data = b"".join(csv_chunks([talk], with_text=with_text))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_a_line_for_each_message() -> None:
    first, second = _rows(_TALK)
    assert first == {
        "conversation_id": "c1", "begun_at": "2026-11-22T09:30:15+00:00", "last_at": "2026-11-22T09:30:15+00:00",
        "state": "closed", "channel": "web", "language": "en", "partner": "", "handed_over": "yes",
        "labels": "Fever; Cost", "seq": "1", "at": "2026-11-22T09:30:15+00:00", "author": "patient",
        "text": 'Is "this", a\nfever?', "outcome": "", "reason": "", "answerer": "", "confidence": "", "sections": "",
        "feedback": "", "feedback_reason": "", "comment": "",
    }  # fmt: skip
    assert (second["sections"], second["confidence"], second["feedback"]) == ("crs; fever", "0.5", "-1")


@pytest.mark.parametrize(
    ("said", "cell"),
    [
        pytest.param("=HYPERLINK(1)", "'=HYPERLINK(1)", id="equals"),
        pytest.param("+1", "'+1", id="plus"),
        pytest.param("-1 degrees", "'-1 degrees", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("\r=1", "'\r=1", id="return"),
        pytest.param(" =1", "' =1", id="behind-a-blank"),
        pytest.param("＝1", "'＝1", id="wide"),
        pytest.param("a=1", "a=1", id="inside-is-harmless"),
        pytest.param("'=1", "'=1", id="quoted-already"),
    ],
)
def test_no_cell_is_a_formula(said: str, cell: str) -> None:
    message = replace(_TALK.messages[0], text=said)
    talk = replace(_TALK, messages=(message,), labels=(said,), partner_id=said)
    (row,) = _rows(talk)
    assert (row["text"], row["labels"], row["partner"]) == (cell, cell, cell)


@pytest.mark.parametrize("chunks", [csv_chunks, jsonl_chunks])
def test_without_text_no_word_leaves(chunks: Any) -> None:
    bare = tuple(replace(message, text=None, comment=None) for message in _TALK.messages)
    data = b"".join(chunks([replace(_TALK, messages=bare)], with_text=False)).decode("utf-8-sig")
    head = data.splitlines()[0]
    assert "text" not in head
    assert "comment" not in head


def test_json_lines_have_a_conversation_a_line() -> None:
    (line,) = b"".join(jsonl_chunks([_TALK], with_text=True)).splitlines()
    document = json.loads(line)
    assert (document["id"], document["labels"], document["partner_id"]) == ("c1", ["Fever", "Cost"], None)
    assert document["messages"][1]["section_ids"] == ["crs", "fever"]
    assert document["messages"][0]["text"] == 'Is "this", a\nfever?'


@pytest.mark.parametrize(("chunks", "first"), [(csv_chunks, b"\xef\xbb\xbfconversation_id"), (jsonl_chunks, b"{")])
def test_a_long_list_leaves_while_it_is_read(chunks: Any, first: bytes) -> None:
    read = 0

    def talks() -> Iterator[ExportedTalk]:
        nonlocal read
        for _ in range(10_000):
            read += 1
            yield _TALK

    leaving = chunks(talks(), with_text=True)
    assert next(leaving).startswith(first)
    assert read < 1000


def test_an_empty_list_is_a_file_with_a_head() -> None:
    assert b"".join(csv_chunks([], with_text=False)).count(b"\r\n") == 1
    assert b"".join(jsonl_chunks([], with_text=True)) == b""
