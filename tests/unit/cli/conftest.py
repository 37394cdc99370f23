"""Runs the command line in this process, as a shell would see it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from bot.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Let the program set up its logging, and put everything back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    root.handlers, root.level = handlers, level


@pytest.fixture
def run(own_logging: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run ``lupus-bot`` with these arguments."""

    def run_(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["lupus-bot", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        shown = capsys.readouterr()
        return Ran(int(str(code)), shown.out, shown.err)

    return run_
