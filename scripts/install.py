"""Installs the project into the environment that runs this file: torch first, then everything else.

PyPI's torch for Linux brings CUDA libraries of several gigabytes that this project never uses. So on Linux torch
comes from PyTorch's own index of CPU builds, where that can be reached; where it cannot, from the index that pip is
set up with, after saying so. `TORCH_INDEX` names another index of CPU builds; empty, only pip's own index is asked.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_TIMEOUT_S = 3.0
# What the environment with all extras takes, and room for the downloads.
MIN_FREE_GB = 3.0
_PIP = (sys.executable, "-m", "pip")
_GPU = re.compile(r"^(nvidia|cuda|triton)", re.IGNORECASE)

Runner = Callable[[Sequence[str]], None]


class InstallError(Exception):
    """The installation cannot go on; the message is one line that says what to do."""


def main() -> int:
    """Install, and return the exit status."""
    parser = argparse.ArgumentParser(description="Install the project and what it needs.")
    parser.add_argument("--extras", default="", help="comma-separated extras, such as test,lint")
    arguments = parser.parse_args()
    try:
        check_space(ROOT)
        install_torch(wanted=pinned("torch", ROOT / "constraints.txt"))
        install_project(extras=arguments.extras)
    except InstallError as error:
        print(f"Not installed: {error}", file=sys.stderr)
        return 1
    return 0


def check_space(folder: Path, *, min_free_gb: float = MIN_FREE_GB) -> None:
    """Refuse to begin on a disk that will not hold the environment.

    Raises:
        InstallError: Less than `min_free_gb` is free.
    """
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < min_free_gb and not _installed("torch"):
        raise InstallError(
            f"{free_gb:.1f} GB free, {min_free_gb:.0f} GB needed in {folder}; make room and run it again."
        )


def pinned(name: str, constraints: Path) -> str:
    """Return the version that the constraints file asks for.

    Raises:
        InstallError: It names none.
    """
    found = re.search(rf"^{re.escape(name)}==(\S+)$", constraints.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise InstallError(f"{constraints.name} has no line '{name}==…'; restore the file.")
    return found.group(1)


def install_torch(
    *,
    wanted: str,
    platform: str = sys.platform,
    reachable: Callable[[str], bool] | None = None,
    report: Callable[[str], list[dict[str, Any]]] | None = None,
    run: Runner | None = None,
) -> None:
    """Install torch without its dependencies, which come with everything else.

    Args:
        wanted: Its version, without a local part such as ``+cpu``.
        platform: As in `sys.platform`; only Linux has CUDA builds on PyPI.
        reachable: Tells whether an index answers.
        report: Tells what pip would install from its own index.
        run: Runs pip with arguments.

    Raises:
        InstallError: pip failed.
    """
    have = _installed("torch")
    if have is not None and have.partition("+")[0] == wanted:
        return
    run = run or run_pip
    arguments = ["install", "--no-deps", f"torch=={wanted}"]
    index = os.environ.get("TORCH_INDEX", CPU_INDEX)
    if platform == "linux" and index and (reachable or answers)(index):
        print(f"torch {wanted}: the CPU build, from {index}", flush=True)
        run([*arguments, "--index-url", index])
        return
    if platform == "linux":
        print(torch_note(wanted, (report or planned)(f"torch=={wanted}")), flush=True)
    run(arguments)


def torch_note(wanted: str, plan: Iterable[dict[str, Any]]) -> str:
    """Say in one line where torch comes from when PyTorch's CPU builds cannot be reached."""
    needs = [need for item in plan for need in item.get("metadata", {}).get("requires_dist", [])]
    if any(_GPU.match(need) for need in needs):
        return (
            f"torch {wanted}: PyTorch's CPU builds cannot be reached, so it comes from your package index with GPU "
            "libraries of several gigabytes; to avoid that, stop, and name an index of CPU builds with TORCH_INDEX=…"
        )
    return f"torch {wanted}: the CPU build, from your package index"


def install_project(*, extras: str = "", run: Runner | None = None) -> None:
    """Install the project itself, editable, and all it needs in the versions of constraints.txt.

    Raises:
        InstallError: pip failed.
    """
    target = f"{ROOT}[{extras}]" if extras else str(ROOT)
    (run or run_pip)(["install", "--constraint", str(ROOT / "constraints.txt"), "--editable", target])


def answers(index: str, *, timeout_s: float = PROBE_TIMEOUT_S) -> bool:
    """Tell whether a package index answers in time; a name server that hangs counts as no."""
    answered = threading.Event()
    asking = threading.Thread(target=_ask, args=(index, timeout_s, answered), daemon=True)
    asking.start()
    asking.join(timeout_s)
    return answered.is_set()


def _ask(index: str, timeout_s: float, answered: threading.Event) -> None:
    request = urllib.request.Request(f"{index.rstrip('/')}/torch/", method="HEAD")  # noqa: S310  # our own address
    try:
        with urllib.request.urlopen(request, timeout=timeout_s):  # noqa: S310  # the same
            answered.set()
    except (OSError, ValueError):
        return


def planned(requirement: str) -> list[dict[str, Any]]:
    """Return what pip would install for a requirement; empty where it cannot tell."""
    command = (
        *_PIP,
        "install",
        "--dry-run",
        "--ignore-installed",
        "--no-deps",
        "--quiet",
        "--report",
        "-",
        requirement,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        items: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    except (ValueError, KeyError, TypeError):
        return []
    return items


def run_pip(arguments: Sequence[str]) -> None:
    """Run pip, and show one moving line instead of its hundreds.

    Raises:
        InstallError: pip failed; its last lines were printed before.
    """
    last: deque[str] = deque(maxlen=25)
    with subprocess.Popen(
        (*_PIP, *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        _follow(process.stdout or (), last)
    if process.returncode != 0:
        print("".join(last), file=sys.stderr)
        raise InstallError("pip failed, its last lines are above; correct what they name and run it again.")


def _follow(lines: Iterable[str], last: deque[str]) -> None:
    show = _Line()
    collected = 0
    for line in lines:
        last.append(line)
        words = line.split()
        if words[:1] == ["Collecting"]:
            collected += 1
            show.update(f"{collected} packages found: {words[1]}")
        elif words[:1] == ["Downloading"] and " MB" in line:
            show.update(f"downloading {words[1].rpartition('/')[2]} {' '.join(words[2:4])}", keep=_is_large(line))
        elif line.startswith(("Installing build dependencies", "Installing collected")):
            show.update("installing, which takes a minute or two", keep=line.startswith("Installing collected"))
    show.end()


def _is_large(line: str) -> bool:
    size = re.search(r"\(([\d.]+) MB\)", line)
    return size is not None and float(size.group(1)) >= 20


class _Line:
    """One line that is written over in a terminal; elsewhere only what is to be kept is printed."""

    def __init__(self) -> None:
        self._moves = sys.stdout.isatty()
        self._is_open = False

    def update(self, text: str, *, keep: bool = False) -> None:
        if self._moves:
            print(f"\r\033[K  {text[:76]}", end="\n" if keep else "", flush=True)
            self._is_open = not keep
        elif keep:
            print(f"  {text}", flush=True)

    def end(self) -> None:
        if self._is_open:
            print("\r\033[K", end="", flush=True)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
