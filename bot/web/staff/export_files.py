"""Transcripts as files: CSV with one line for each message, JSON Lines with one conversation a line.

Both are made piece by piece out of an iterator, and need no more memory for a long list than for a short one.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from bot.db.exports import ExportedMessage, ExportedTalk

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}

# Spreadsheets take a cell that begins so for a formula, also behind blanks and in its wide form:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CHUNK_CHARS = 64_000
_COLUMNS = (
    "conversation_id", "begun_at", "last_at", "state", "channel", "language", "partner", "handed_over", "labels",
    "seq", "at", "author", "text", "outcome", "reason", "answerer", "confidence", "sections", "feedback",
    "feedback_reason", "comment",
)  # fmt: skip
_WORDS = ("text", "comment")


def csv_chunks(talks: Iterable[ExportedTalk], *, with_text: bool) -> Iterator[bytes]:
    """Write CSV as spreadsheets read it: UTF-8 with a mark at its beginning, lines ending in CR LF."""
    columns = [name for name in _COLUMNS if with_text or name not in _WORDS]

    def lines(talk: ExportedTalk) -> str:
        buffer = io.StringIO()
        csv.writer(buffer).writerows(
            [_cell(values[name]) for name in columns] for values in (_line(talk, each) for each in talk.messages)
        )
        return buffer.getvalue()

    return _chunks("\ufeff" + ",".join(columns) + "\r\n", talks, lines)


def jsonl_chunks(talks: Iterable[ExportedTalk], *, with_text: bool) -> Iterator[bytes]:
    """Write JSON Lines; without words the fields that would hold them are not there."""

    def line(talk: ExportedTalk) -> str:
        document = asdict(talk)
        for message in document["messages"]:
            if not with_text:
                for name in _WORDS:
                    del message[name]
        return json.dumps(document, ensure_ascii=False, default=_written) + "\n"

    return _chunks("", talks, line)


def _chunks(head: str, talks: Iterable[ExportedTalk], write: Callable[[ExportedTalk], str]) -> Iterator[bytes]:
    waiting, size = [head], len(head)
    for talk in talks:
        waiting.append(write(talk))
        size += len(waiting[-1])
        if size >= _CHUNK_CHARS:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if size:
        yield "".join(waiting).encode()


def _line(talk: ExportedTalk, message: ExportedMessage) -> dict[str, Any]:
    return {
        "conversation_id": talk.id,
        "begun_at": talk.created_at,
        "last_at": talk.updated_at,
        "state": talk.state,
        "channel": talk.channel,
        "language": talk.language,
        "partner": talk.partner_id,
        "handed_over": talk.is_handed_over,
        "labels": "; ".join(talk.labels),
        "seq": message.seq,
        "at": message.created_at,
        "author": message.author,
        "text": message.text,
        "outcome": message.outcome,
        "reason": message.reason,
        "answerer": message.answerer,
        "confidence": message.confidence,
        "sections": "; ".join(message.section_ids),
        "feedback": message.feedback,
        "feedback_reason": message.feedback_reason,
        "comment": message.comment,
    }


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _written(value)
    if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_FORMULA):
        return f"'{value}"
    return value


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    raise TypeError(type(value).__name__)
