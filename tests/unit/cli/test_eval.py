"""What ``lupus-bot eval`` says before anything is measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.run_folder import write_run
from tests.fakes.evaluation import make_refusal, make_result, make_run
from tests.unit.cli.conftest import Ran

Run = Callable[..., Ran]
GOOD = {"id": "1", "category": "answerable", "turns": ["What is lupus?"], "expect": ["answered"]}


def questions(folder: Path, *lines: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_run_without_questions_shows_how_it_is_used(run: Run) -> None:
    ran = run("eval", "run")
    assert (ran.code, ran.out) == (2, "")
    assert "name a file of questions, or --verifier FILE.jsonl, or both" in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.parametrize("verb", [("run",), ("calibrate", "--dry-run")])
def test_a_missing_file_is_one_line(verb: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    ran = run("eval", *verb, tmp_path / "none.jsonl")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "none.jsonl cannot be read" in ran.err


@pytest.mark.parametrize("verb", [("run",), ("calibrate", "--dry-run")])
def test_a_wrong_line_is_told_before_the_index_is_opened(verb: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    path = questions(tmp_path, GOOD, GOOD | {"id": "2", "expect": ["sung"]})
    ran = run("eval", *verb, path, "--index", tmp_path / "none")
    assert ran.code == 1
    assert ran.err.startswith(f"lupus-bot: {path}:2: \"expect\": 'sung' is no outcome")


def test_an_unknown_category_is_told(run: Run, tmp_path: Path) -> None:
    ran = run("eval", "run", questions(tmp_path, GOOD), "-c", "cheese", "--index", tmp_path / "none")
    assert (ran.code, ran.err) == (1, 'lupus-bot: There is no category "cheese"; there are answerable.\n')


def test_without_an_index_no_folder_is_left_behind(run: Run, tmp_path: Path) -> None:
    ran = run("eval", "run", questions(tmp_path, GOOD), "--index", tmp_path / "none", "--out", tmp_path / "runs")
    assert "There is no index" in ran.err
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_is_no_run_is_told(run: Run, tmp_path: Path) -> None:
    ran = run("eval", "compare", tmp_path, tmp_path)
    assert ran.code == 1
    assert "is no run: summary.json is missing" in ran.err


def test_two_runs_are_compared_question_by_question(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    lost = make_result(problems=["lacks /active/"], text="Other words. [1]")
    for folder, results in ((first, [make_result(), make_refusal()]), (second, [lost, make_refusal()])):
        folder.mkdir()
        write_run(folder, make_run(results, name=folder.name), report="")
    ran = run("eval", "compare", first, second, "--html", tmp_path / "pages" / "changes.html")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == "first → second: 2 questions in both"
    assert "Lost: 1\n  Q-1  answerable  lacks /active/" in ran.out
    assert "Other words." in (tmp_path / "pages" / "changes.html").read_text(encoding="utf-8")
