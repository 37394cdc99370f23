from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from bot.cli.lines import BatchFileError, id_of, read_lines, text_of, write_line


def test_objects_come_with_the_numbers_of_their_lines_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1}\n\n  \r\n{"id": 2}\r\n\t\n')
    assert read_lines(path) == [(1, {"id": 1}), (4, {"id": 2})]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("")
    assert read_lines(path) == []


def test_separators_of_unicode_inside_a_text_end_no_line(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": "a\u2028b\x85c\x1dd"}\n'.replace("\x1d", "\\u001d"), encoding="utf-8")
    assert read_lines(path) == [(1, {"id": "a\u2028b\x85c\x1dd"})]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b'{"id": 1}\n\n{"id": \n', "in.jsonl:3: not JSON; each line must be one object."),
        (b'{"id": 1} {"id": 2}\n', "in.jsonl:1: not JSON; each line must be one object."),
        (b'["a"]\n', "in.jsonl:1: each line must be one JSON object."),
        (b"\xff\xfe\n", "in.jsonl cannot be read as UTF-8 text; name a JSON Lines file."),
        (None, "in.jsonl cannot be read as UTF-8 text; name a JSON Lines file."),
    ],
    ids=["broken", "two", "list", "bytes", "missing"],
)
def test_an_error_names_the_file_and_the_line(content: bytes | None, detail: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BatchFileError) as caught:
        read_lines(path)
    assert caught.value.detail == f"{tmp_path}/{detail}"


@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": ["a"]}, {"id": 1.5}])
def test_an_id_has_to_be_there(value: dict[str, object]) -> None:
    with pytest.raises(BatchFileError, match=r'^q\.jsonl:7: "id" is missing\.$'):
        id_of(Path("q.jsonl"), 7, value)


def test_a_text_has_to_be_a_text() -> None:
    with pytest.raises(BatchFileError, match=r'^q\.jsonl:7: "query" must be a text\.$'):
        text_of(Path("q.jsonl"), 7, {"query": 3}, "query")
    assert text_of(Path("q.jsonl"), 7, {"query": "a"}, "query") == "a"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("text", ["plain", "über “uns”", "a\u2028b\u2029c\x85d\ne", "half \ud800 a character", "😢"])
def test_every_text_goes_out_as_one_line_that_reads_back(
    text: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    write_line({"id": text})
    lines = written.getvalue().decode(encoding).splitlines()
    assert [json.loads(line) for line in lines] == [{"id": text}]


def test_letters_stay_readable(capsys: pytest.CaptureFixture[str]) -> None:
    write_line({"id": "über"})
    assert capsys.readouterr().out == '{"id": "über"}\n'
