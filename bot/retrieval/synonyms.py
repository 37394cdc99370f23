"""What patients say in the guide's words: a second reading of a query."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from bot.index.words import folded

_FILE = Path(__file__).parent / "synonyms.yaml"


def reworded(query: str) -> str | None:
    """Return a query with lay words, brand names and abbreviations put in the guide's words.

    Returns:
        The second reading, or None when nothing in the query has another word.
    """
    pattern, words = _table()
    plain = folded(query)
    changed = pattern.sub(lambda match: words[match.group()], plain)
    return changed if changed != plain else None


@cache
def _table() -> tuple[re.Pattern[str], dict[str, str]]:
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    words = {folded(str(phrase)): str(meaning) for phrase, meaning in raw.items()}
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(phrase) for phrase in longest_first) + r")\b"), words
