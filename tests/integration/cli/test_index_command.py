from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import index as index_command
from bot.errors import BadIndexError, BotError

runner = CliRunner()


def run(*arguments: str | Path) -> Result:
    return runner.invoke(index_command.app, [str(argument) for argument in arguments])


def version_in(result: Result) -> str:
    assert result.exit_code == 0, result.output
    found = re.search(r"version (\d{8}T\d{12}-[0-9a-f]{8})", result.stdout)
    assert found, result.stdout
    return found.group(1)


def test_builds_verifies_informs_and_rolls_back(mini_corpus: Path, index_copy: Path) -> None:
    first = version_in(run("verify", "--index", index_copy))
    text = (mini_corpus / "lupus.md").read_text(encoding="utf-8")
    (mini_corpus / "lupus.md").write_text(text.replace("Lupus is not contagious.", "Lupus is not catching."), "utf-8")

    built = run("build", "--corpus", mini_corpus, "--index", index_copy)

    second = version_in(built)
    assert second != first
    assert built.stdout.splitlines() == [f"5 sections, 5 chunks, version {second}", "~ what-is-lupus"]
    assert version_in(run("verify", "--index", index_copy)) == second
    assert run("rollback", "--index", index_copy).stdout == f"The index is version {first} again.\n"
    assert run("rollback", "--index", index_copy).stdout == f"The index is version {second} again.\n"


def test_info_shows_the_manifest(index_copy: Path) -> None:
    manifest = json.loads(run("info", "--index", index_copy, "--json").stdout)

    assert (manifest["sections"], manifest["dimension"], manifest["model_name"]) == (5, 384, "all-MiniLM-L6-v2")
    assert f"version                  {manifest['version']}\n" in run("info", "--index", index_copy).stdout


def test_builds_nothing_when_nothing_changed(mini_corpus: Path, index_copy: Path) -> None:
    before = version_in(run("verify", "--index", index_copy))

    result = run("build", "--if-needed", "--corpus", mini_corpus, "--index", index_copy)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "The index is up to date.\n")
    assert version_in(run("verify", "--index", index_copy)) == before


def test_builds_again_when_the_index_is_damaged(mini_corpus: Path, index_copy: Path) -> None:
    before = version_in(run("verify", "--index", index_copy))
    (index_copy / "versions" / before / "references.jsonl").unlink()

    result = run("build", "--if-needed", "--corpus", mini_corpus, "--index", index_copy)

    assert version_in(result) != before


@pytest.mark.parametrize("command", ["verify", "info", "rollback"])
def test_says_what_to_do_without_an_index(command: str, tmp_path: Path) -> None:
    error = run(command, "--index", tmp_path / "none").exception

    assert isinstance(error, BadIndexError)
    assert "\n" not in error.detail
    assert not (tmp_path / "none").exists()


def test_does_not_roll_back_to_a_damaged_version(rebuild: Callable[[str, str], str], index_copy: Path) -> None:
    first = version_in(run("verify", "--index", index_copy))
    second = rebuild("Sunlight can", "Sunshine can")
    shutil.rmtree(index_copy / "versions" / first / "bm25")

    assert isinstance(run("rollback", "--index", index_copy).exception, BadIndexError)
    assert version_in(run("verify", "--index", index_copy)) == second


def test_a_folder_without_guide_is_one_line(tmp_path: Path, index_copy: Path) -> None:
    error = run("build", "--corpus", tmp_path / "none", "--index", index_copy).exception

    assert isinstance(error, BotError)
    assert "\n" not in error.detail
