"""A run as a folder: what was asked of what, every result, the figures, and the page to read."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.evaluation.results import ClaimResult, Result

CONFIG_FILE = "config.json"
VERSIONS_FILE = "versions.json"
RESULTS_FILE = "results.jsonl"
VERIFIER_FILE = "verifier.jsonl"
SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"
# What decides which words are found and which sentences are shown.
_PACKAGES = ("bot", "numpy", "onnxruntime", "tokenizers", "faiss-cpu", "bm25s", "pystemmer", "langchain-core")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class RunFolderError(BotError):
    """A run cannot be stored or read; the detail names folder and file."""

    code = "run_folder"


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation run.

    Attributes:
        name: The folder's name.
        config: What was asked for: files, options, time.
        versions: What was measured: digests of guide, index, calibration and verifier, versions of packages.
        summary: See `bot.evaluation.summary`.
    """

    name: str
    config: Mapping[str, Any]
    versions: Mapping[str, Any]
    results: tuple[Result, ...] = ()
    claims: tuple[ClaimResult, ...] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)


def new_folder(out: Path, *, started_at: datetime, name: str) -> Path:
    """Make the folder of a run, named by its time and name.

    Raises:
        RunFolderError: The name has other letters than a file name needs, or the folder is there already.
    """
    if not _NAME.fullmatch(name):
        raise RunFolderError(f'The name "{name}" must be 1 to 60 letters, digits, dots, hyphens or underscores.')
    folder = out / f"{started_at:%Y%m%dT%H%M%SZ}-{name}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise RunFolderError(f"{folder} is there already; give this run another name.") from error
    return folder


def write_run(folder: Path, run: Run, *, report: str) -> None:
    """Write a run into its folder."""
    for name, value in ((CONFIG_FILE, run.config), (VERSIONS_FILE, run.versions), (SUMMARY_FILE, run.summary)):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    _write_lines(folder / RESULTS_FILE, (result.to_json() for result in run.results))
    if run.claims:
        _write_lines(folder / VERIFIER_FILE, (claim.to_json() for claim in run.claims))
    (folder / REPORT_FILE).write_text(report, encoding="utf-8", errors="replace")


def read_run(folder: Path) -> Run:
    """Read a run back.

    Raises:
        RunFolderError: The folder is none of a run, or a file of it is damaged.
    """
    if not (folder / SUMMARY_FILE).is_file():
        raise RunFolderError(f"{folder} is no run: {SUMMARY_FILE} is missing. 'lupus-bot eval run' makes one.")
    return Run(
        name=folder.resolve().name,
        config=_read_json(folder / CONFIG_FILE),
        versions=_read_json(folder / VERSIONS_FILE),
        results=tuple(_read_lines(folder / RESULTS_FILE, Result.from_json)),
        claims=tuple(_read_lines(folder / VERIFIER_FILE, ClaimResult.from_json)),
        summary=_read_json(folder / SUMMARY_FILE),
    )


def machine_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide an answer."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}}


def _write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    # Half a character in a question is written escaped, as it came.
    lines = [_line(value) for value in values]
    path.write_text("".join(lines), encoding="utf-8")


def _line(value: Mapping[str, Any]) -> str:
    line = json.dumps(value, ensure_ascii=False) + "\n"
    return line if line.isascii() or _is_whole(line) else json.dumps(value) + "\n"


def _is_whole(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode() == text


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read; run the evaluation again.") from error
    if not isinstance(value, dict):
        raise RunFolderError(f"{path} is damaged; run the evaluation again.")
    return value


def _read_lines(path: Path, of: Any) -> list[Any]:
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            try:
                found.append(of(json.loads(line)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise RunFolderError(f"{path}:{number}: damaged; run the evaluation again.") from error
    return found
