"""The development questions, where they lie beside the repository, and the rule by which an item passes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from bot.domain import Reply
from bot.settings import ROOT

# Not a setting of the program, so without its prefix.
PATH = Path(os.environ.get("QUESTIONS_FILE", ROOT.parent / "shared" / "questions" / "dev.jsonl"))


def development_questions() -> list[dict[str, Any]]:
    """Return all items; none where the file is not there."""
    if not PATH.exists():
        return []
    return [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines() if line.strip()]


def problems_of(item: dict[str, Any], reply: Reply) -> list[str]:
    """Name what keeps an item from passing: its outcome, a fact that is missing, words that must not be there."""
    problems = [] if reply.outcome.value in item["expect"] else [reply.outcome.value]
    problems += [f"lacks /{pattern}/" for pattern in item["must"] if not _found(pattern, reply.text)]
    return problems + [f"says /{pattern}/" for pattern in item["must_not"] if _found(pattern, reply.text)]


def _found(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None
