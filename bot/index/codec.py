"""Chunks and references as JSON Lines, one a line, readable with any tool."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from bot.domain import Chunk, Reference, Span
from bot.errors import BadIndexError

CHUNKS_FILE = "chunks.jsonl"
REFERENCES_FILE = "references.jsonl"
SOURCES_FILE = "sources.jsonl"
T = TypeVar("T")
_DAYS = ("reviewed_on", "expires_on")
_TUPLES = ("also_asked", "references")


def write_chunks(folder: Path, chunks: Iterable[Chunk]) -> None:
    """Write chunks in index order."""
    _write(folder / CHUNKS_FILE, (_from_chunk(chunk) for chunk in chunks))


def read_chunks(folder: Path) -> list[Chunk]:
    """Read chunks in index order.

    Raises:
        BadIndexError: The file cannot be read.
    """
    return _read(folder / CHUNKS_FILE, _to_chunk)


def write_references(folder: Path, references: Iterable[Reference]) -> None:
    """Write the references."""
    _write(folder / REFERENCES_FILE, (asdict(reference) for reference in references))


def read_references(folder: Path) -> dict[str, Reference]:
    """Read the references by id.

    Raises:
        BadIndexError: The file cannot be read.
    """
    return {found.id: found for found in _read(folder / REFERENCES_FILE, lambda fields: Reference(**fields))}


def write_sources(folder: Path, sources: dict[str, str]) -> None:
    """Write the source texts that the chunks' offsets point into."""
    _write(folder / SOURCES_FILE, ({"source": name, "text": text} for name, text in sources.items()))


def read_sources(folder: Path) -> dict[str, str]:
    """Read the source texts by file name.

    Raises:
        BadIndexError: The file cannot be read.
    """
    return dict(_read(folder / SOURCES_FILE, lambda fields: (fields["source"], fields["text"])))


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")


def _read(path: Path, value: Callable[[dict[str, Any]], T]) -> list[T]:
    try:
        with path.open(encoding="utf-8") as file:
            return [value(json.loads(line)) for line in file]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadIndexError(f"{path.name} cannot be read. Run 'lupus-bot index build'.") from error


def _from_chunk(chunk: Chunk) -> dict[str, Any]:
    fields = asdict(chunk)
    fields["sentences"] = [[span.start, span.end] for span in chunk.sentences]
    return fields


def _to_chunk(fields: dict[str, Any]) -> Chunk:
    values = dict(fields)
    values["sentences"] = tuple(Span(start, end) for start, end in fields["sentences"])
    for name in _TUPLES:
        values[name] = tuple(fields[name])
    for name in _DAYS:
        values[name] = date.fromisoformat(fields[name]) if fields[name] else None
    return Chunk(**values)
