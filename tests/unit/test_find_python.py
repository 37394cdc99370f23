from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bot.settings import ROOT

SCRIPT = ROOT / "scripts" / "find_python.sh"
SHELL = shutil.which("sh") or "/bin/sh"
OLD = 'case "$2" in *version_info*) exit 1;; esac'
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; esac'


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    return tmp_path


def _python(folder: Path, name: str, *, body: str = "exit 0") -> None:
    path = folder / name
    path.write_text(f"#!{SHELL}\n{body}\n")
    path.chmod(0o755)


def _find(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        (SHELL, str(SCRIPT), *arguments), capture_output=True, text=True, check=False, env={"PATH": str(folder)}
    )
    return done.returncode, done.stdout, done.stderr


def test_takes_the_version_that_the_pins_were_tested_with_first(programs: Path) -> None:
    for name in ("python3", "python3.12", "python3.11"):
        _python(programs, name)
    assert _find(programs) == (0, "python3.11\n", "")


def test_passes_over_one_that_is_too_old(programs: Path) -> None:
    _python(programs, "python3.11", body=OLD)
    _python(programs, "python3")
    assert _find(programs) == (0, "python3\n", "")


def test_takes_the_one_that_was_named(programs: Path) -> None:
    _python(programs, "python3.11")
    _python(programs, "mine")
    assert _find(programs, "mine") == (0, "mine\n", "")


def test_says_in_one_line_which_python_to_install(programs: Path) -> None:
    _python(programs, "python3", body=OLD)
    assert _find(programs) == (
        1,
        "",
        "No Python 3.11, 3.12 or 3.13 found: install one, or name it with 'make PYTHON=/path/to/python …'.\n",
    )


def test_says_in_one_line_that_venv_is_missing(programs: Path) -> None:
    _python(programs, "python3.12", body=WITHOUT_VENV)
    assert _find(programs) == (
        1,
        "",
        "python3.12 cannot make environments: install its venv package (on Debian: apt-get install python3.12-venv).\n",
    )
