"""What README tells people to type exists, and what it names is there."""

from __future__ import annotations

import re
import shlex
from functools import cache

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from bot.settings import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
EVALUATION = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
STAFF = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
# Scripts of the repository; a test of their own looks whether they are there.
_SCRIPT = ".venv/bin/python scripts/"
GLOSSARY = (
    "section",
    "chunk",
    "hit",
    "question",
    "query",
    "marker",
    "citation",
    "abstain",
    "handoff",
    "transcript",
    "partner",
    "ticket",
    "pass",
)


def _commands() -> list[list[str]]:
    """Return every command line of the pages' shell blocks and of inline code that begins with a program of ours."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README + EVALUATION + STAFF + OPERATIONS, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`((?:make|lupus-bot) [^`]+)`", README + EVALUATION + STAFF + OPERATIONS + CHANGELOG)
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    return [_without_settings(shlex.split(line)) for line in (*lines, *inline) if not line.startswith(_SCRIPT)]


def _without_settings(words: list[str]) -> list[str]:
    """Leave out settings before a command, as in ``BOT_PORT=8001 lupus-bot serve``."""
    return words[1:] if re.match(r"BOT_\w+=", words[0]) else words


def _lupus_bot() -> list[list[str]]:
    return [command[1:] for command in _commands() if command[0].endswith("lupus-bot")]


@cache
def _help(*verbs: str) -> str:
    done = CliRunner().invoke(app, [*verbs, "--help"], env={"COLUMNS": "160", "TERM": "dumb"})
    assert done.exit_code == 0, done.output
    return done.output


def test_every_command_shown_is_one_of_ours() -> None:
    programs = {command[0] for command in _commands()}
    assert programs == {"make", "lupus-bot", ".venv/bin/lupus-bot"}


def test_every_script_shown_exists() -> None:
    shown = re.findall(rf"^{re.escape(_SCRIPT)}(\S+)", EVALUATION + STAFF + OPERATIONS + README, re.MULTILINE)
    assert [name for name in shown if not (ROOT / "scripts" / name).is_file()] == []


def test_every_make_target_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {word for command in _commands() if command[0] == "make" for word in command[1:] if "=" not in word}
    assert {"serve", "test"} <= shown
    assert shown - targets == set()


@pytest.mark.parametrize("command", _lupus_bot(), ids=" ".join)
def test_every_verb_and_option_shown_exists(command: list[str]) -> None:
    verbs = command[:2] if command[0] in ("index", "guide", "eval", "staff", "data", "partner") else command[:1]
    help_text = _help(*verbs)
    options = [word for word in command if word.startswith("-")]
    assert [option for option in options if not re.search(rf"(?<![\w-]){option}\b", help_text)] == []


def test_the_glossary_explains_the_words_of_the_house() -> None:
    rows = README.split("## Glossary", 1)[1].split("\n## ", 1)[0]
    assert tuple(re.findall(r"^\| (\w+) \|", rows, re.MULTILINE))[1:] == GLOSSARY


def test_every_place_of_the_repository_named_in_code_exists() -> None:
    places = set(re.findall(r"`((?:bot|corpus|prompts|scripts|\.ci)/[\w./-]*)`", README))
    assert "corpus/" in places
    assert sorted(place for place in places if not (ROOT / place).exists()) == []
