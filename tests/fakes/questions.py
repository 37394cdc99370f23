"""The development questions, where they lie beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

from bot.cli.lines import read_lines
from bot.evaluation.datasets import Item, questions_of
from bot.settings import ROOT

# Not a setting of the program, so without its prefix.
PATH = Path(os.environ.get("QUESTIONS_FILE", ROOT.parent / "shared" / "questions" / "dev.jsonl"))


def development_questions() -> list[Item]:
    """Return all items; none where the file is not there."""
    return questions_of(read_lines(PATH), source=PATH) if PATH.exists() else []
