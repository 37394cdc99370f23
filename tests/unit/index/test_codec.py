from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import Reference, Span
from bot.errors import BadIndexError
from bot.index import codec
from tests.fakes.indexes import make_chunk


def test_chunks_come_back_as_they_were(tmp_path: Path) -> None:
    chunks = [
        make_chunk(also_asked=("a", "b"), references=("R1",), page_no=3),
        make_chunk("odd", 'Line\u2028separator \x85 "quotes" \\ and Ünï\ncode 🙂.', reviewed_on=None),
        replace(make_chunk("none"), sentences=(Span(0, 1),)),
    ]

    codec.write_chunks(tmp_path, chunks)

    assert codec.read_chunks(tmp_path) == chunks


def test_references_and_sources_come_back_as_they_were(tmp_path: Path) -> None:
    codec.write_references(tmp_path, [Reference("R1", "A paper", "https://example.org"), Reference("R2", "A book")])
    codec.write_sources(tmp_path, {"a.md": "text\r\nmore", "b/c.md": ""})

    assert codec.read_references(tmp_path) == {
        "R1": Reference("R1", "A paper", "https://example.org"),
        "R2": Reference("R2", "A book"),
    }
    assert codec.read_sources(tmp_path) == {"a.md": "text\r\nmore", "b/c.md": ""}


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"id": "x"}', '"text"', "null"], ids=repr)
def test_a_malformed_file_is_named(tmp_path: Path, content: str) -> None:
    for name, read in (
        (codec.CHUNKS_FILE, codec.read_chunks),
        (codec.REFERENCES_FILE, codec.read_references),
        (codec.SOURCES_FILE, codec.read_sources),
    ):
        (tmp_path / name).write_text(content + "\n")
        with pytest.raises(BadIndexError, match=name):
            read(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadIndexError, match=r"chunks\.jsonl"):
        codec.read_chunks(tmp_path)
