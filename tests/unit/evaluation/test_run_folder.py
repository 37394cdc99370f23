from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.evaluation.run_folder import RunFolderError, machine_versions, new_folder, read_run, write_run
from tests.fakes.evaluation import make_result, make_run

AT = datetime(2026, 11, 22, 12, 30, 5, tzinfo=UTC)


def test_a_folder_is_named_by_time_and_name_and_never_written_over(tmp_path: Path) -> None:
    folder = new_folder(tmp_path / "runs", started_at=AT, name="after-fix")
    assert folder == tmp_path / "runs" / "20261122T123005Z-after-fix"
    with pytest.raises(RunFolderError, match="is there already"):
        new_folder(tmp_path / "runs", started_at=AT, name="after-fix")


@pytest.mark.parametrize("name", ["", "../up", "a/b", "-x", "a b", "x" * 61, "\x00"], ids=repr)
def test_a_name_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="must be 1 to 60 letters"):
        new_folder(tmp_path, started_at=AT, name=name)


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    folder = new_folder(tmp_path, started_at=AT, name="x")
    odd = make_result(id="odd", text="half \ud800 a character\u2028and <b>more</b>")
    run = make_run([make_result(), odd], name=folder.name)
    write_run(folder, run, report="<p>half \ud800</p>")

    assert read_run(folder) == run
    assert sorted(path.name for path in folder.iterdir()) == [
        *("config.json", "report.html", "results.jsonl", "summary.json", "verifier.jsonl", "versions.json"),
    ]


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is no run: summary\.json is missing"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("summary.json", "{", "cannot be read"),
        ("config.json", "[]", "is damaged"),
        ("results.jsonl", "{}\n", r"results\.jsonl:1: damaged"),
        ("results.jsonl", "\nnull\n", r"results\.jsonl:2: damaged"),
        ("verifier.jsonl", "x", r"verifier\.jsonl:1: damaged"),
    ],
)
def test_a_damaged_file_is_named(name: str, text: str, told: str, tmp_path: Path) -> None:
    folder = new_folder(tmp_path, started_at=AT, name="x")
    write_run(folder, make_run(), report="")
    (folder / name).write_text(text)
    with pytest.raises(RunFolderError, match=told):
        read_run(folder)


def test_the_versions_of_everything_that_decides_an_answer_are_named() -> None:
    found = machine_versions()
    assert {"python", "bot", "numpy", "onnxruntime"} <= set(found)
    assert json.loads(json.dumps(found)) == found
