from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.lines import BatchFileError, id_of, read_lines, text_of, write_line


def test_reads_objects_with_their_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_bytes('\ufeff{"id": 1}\r\n\n  \n{"id": "b", "query": "a\u2028b\x85c"}'.encode())

    assert read_lines(path) == [(1, {"id": 1}), (4, {"id": "b", "query": "a\u2028b\x85c"})]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"id": 1}\n{"id": ', ":2: not JSON"),
        (b'{"id": 1}\n[1]\n', ":2: each line must be one JSON object"),
        (b"[" * 50_000, ":1: not JSON"),
        (b"\xff\xfe", "cannot be read as UTF-8"),
    ],
    ids=["torn", "list", "deep", "bytes"],
)
def test_names_the_line_that_is_wrong(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "batch.jsonl"
    path.write_bytes(content)

    with pytest.raises(BatchFileError, match=told):
        read_lines(path)


def test_names_the_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BatchFileError, match=r"none\.jsonl"):
        read_lines(tmp_path / "none.jsonl")


@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": [1]}, {"id": 1.5}], ids=repr)
def test_refuses_a_line_without_id(value: dict[str, object]) -> None:
    with pytest.raises(BatchFileError, match=r'^f\.jsonl:3: "id" is missing'):
        id_of(Path("f.jsonl"), 3, value)


@pytest.mark.parametrize("value", [{}, {"query": None}, {"query": 1}, {"query": ["a"]}], ids=repr)
def test_refuses_a_line_without_text(value: dict[str, object]) -> None:
    with pytest.raises(BatchFileError, match=r'^f\.jsonl:3: "query" must be a text'):
        text_of(Path("f.jsonl"), 3, value, "query")


@pytest.mark.parametrize("text", ["plain", "Ünï 🙂", "half \ud800 character", "a\nb\u2028c"], ids=repr)
def test_what_is_written_is_one_line_and_comes_back(capsys: pytest.CaptureFixture[str], text: str) -> None:
    write_line({"id": text})

    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"id": text}
