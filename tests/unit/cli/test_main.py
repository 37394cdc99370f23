"""One line for each thing that can go wrong, and an exit code that a script can read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli import main as main_module
from tests.unit.cli.conftest import Ran

Run = Callable[..., Ran]


def one_line(ran: Ran) -> str:
    """The message of a failed command, after checking that there is nothing else."""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("lupus-bot: ")
    assert ran.err.count("\n") == 1
    return ran.err.removeprefix("lupus-bot: ").strip()


@pytest.mark.parametrize(
    "verb", [("index", "verify"), ("index", "info"), ("search", "lupus"), ("serve", "--port", "0")]
)
def test_a_missing_index_is_one_line_that_says_what_to_do(verb: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    if verb[0] == "serve":
        ran = run(*verb)
        assert ran.code == 2
        assert "--port" in ran.err
        return
    detail = one_line(run(*verb, "--index", tmp_path / "none"))
    assert "There is no index" in detail
    assert "lupus-bot index build" in detail


def test_there_is_nothing_to_roll_back_to_without_an_index(run: Run, tmp_path: Path) -> None:
    assert one_line(run("index", "rollback", "--index", tmp_path)) == "There is no earlier index version to go back to."


def test_a_missing_corpus_is_named_and_leaves_no_index(run: Run, tmp_path: Path) -> None:
    detail = one_line(run("index", "build", "--corpus", tmp_path / "no-guide", "--index", tmp_path / "index"))
    assert "no-guide" in detail
    assert not (tmp_path / "index" / "CURRENT").exists()


@pytest.mark.parametrize("verb", [("ask", "what is lupus"), ("search", "lupus"), ("serve",), ("index", "verify")])
def test_an_unknown_setting_is_named(verb: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_COLOUR", "green")
    assert "BOT_COLOUR is not a setting" in one_line(run(*verb))


def test_a_wrong_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_PORT", "ninety")
    assert one_line(run("serve")).startswith("BOT_PORT: ")


def test_a_language_without_texts_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOT_LANGUAGE", "xx")
    monkeypatch.setenv("BOT_DATA_DIR", str(tmp_path))
    assert "replies.xx.yaml" in one_line(run("ask", "what is lupus"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--port", "0"),
        ("serve", "--port", "70000"),
        ("ask",),
        ("ask", "a", "--batch", "b"),
        ("search",),
        ("search", "a", "--batch", "b"),
        ("search", "a", "-k", "0"),
    ],
)
def test_a_command_that_makes_no_sense_shows_how_it_is_used(arguments: tuple[str, ...], run: Run) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "Usage:" in ran.err


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def app() -> None:
        raise error

    monkeypatch.setattr(main_module, "app", app)


def test_what_the_system_refuses_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(OSError(errno.ENOSPC, "No space left on device", "/data/x"), monkeypatch)
    assert one_line(run()) == "/data/x cannot be used: No space left on device."
    raising(OSError("odd"), monkeypatch)
    assert one_line(run()) == "A file or connection cannot be used: odd."


def test_interrupting_is_no_error_to_be_told_about(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    assert run() == Ran(130, "", "")


def test_nothing_may_be_fetched_or_traced(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str | None] = {}
    names = ("HF_HUB_OFFLINE", "TOKENIZERS_PARALLELISM", "LANGSMITH_TRACING")
    for name in names:
        monkeypatch.delenv(name)
    monkeypatch.setattr(main_module, "app", lambda: seen.update({name: os.environ.get(name) for name in names}))
    assert run().code == 0
    assert seen == {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "LANGSMITH_TRACING": "false"}


def test_help_shows_every_verb(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    ran = run("--help")
    assert ran.code == 0
    assert [verb for verb in ("ask", "search", "serve", "index", "guide", "eval") if verb not in ran.out] == []
