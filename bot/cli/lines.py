"""JSON Lines in and out, with errors that name the line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.errors import BotError

# Some readers end a line at these too.
_SEPARATORS = "\x85\u2028\u2029"


class BatchFileError(BotError):
    """A batch file cannot be used; the detail names the file and line."""

    code = "batch"


def read_lines(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """Read the objects of a JSON Lines file with their 1-based line numbers; blank lines are skipped.

    Raises:
        BatchFileError: The file is missing or a line is not a JSON object.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BatchFileError(f"{path} cannot be read as UTF-8 text; name a JSON Lines file.") from error
    return list(_objects(path, text))


def write_line(value: dict[str, Any]) -> None:
    """Write one object as a line to standard output, at once."""
    line = json.dumps(value, ensure_ascii=False)
    # Half a character is no UTF-8, and some terminals know few letters: these go out escaped.
    encoding = sys.stdout.encoding or "utf-8"
    if line.encode(encoding, "ignore").decode(encoding) != line:
        line = json.dumps(value)
    for separator in _SEPARATORS:
        line = line.replace(separator, f"\\u{ord(separator):04x}")
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def text_of(path: Path, number: int, value: dict[str, Any], key: str) -> str:
    """Return a text field of a line.

    Raises:
        BatchFileError: It is missing or no text.
    """
    text = value.get(key)
    if not isinstance(text, str):
        raise BatchFileError(f'{path}:{number}: "{key}" must be a text.')
    return text


def id_of(path: Path, number: int, value: dict[str, Any]) -> str | int:
    """Return the id of a line.

    Raises:
        BatchFileError: It is missing.
    """
    found = value.get("id")
    if not isinstance(found, str | int):
        raise BatchFileError(f'{path}:{number}: "id" is missing.')
    return found


def _objects(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines: a line separator of Unicode may stand inside a text.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BatchFileError(f"{path}:{number}: not JSON; each line must be one object.") from error
        if not isinstance(value, dict):
            raise BatchFileError(f"{path}:{number}: each line must be one JSON object.")
        yield number, value
