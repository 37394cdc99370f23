"""Words that end as the names of medicines do: near in spelling is not near in meaning there."""

from __future__ import annotations

import re

from bot.index.words import folded

_WORD = re.compile(r"[a-z0-9]+")
_SHORTEST = 6
# Endings by which a medicine's or a gene's name is known: stems of the World Health Organization's list of
# international nonproprietary names, and a few more.
# fmt: off
_ENDINGS = (
    "mab", "nib", "nibs", "cept", "limus", "leucel", "mod", "tinib", "ciclib", "vir", "cillin", "mycin", "prazole",
    "sartan", "statin", "trexone", "nomide", "ridone", "gliptin", "glutide", "oxacin", "setron", "azole",
    "pril", "olol", "dipine", "parin", "xaban", "idomide", "gliflozin", "coxib",
    "cycline", "dronate", "lukast", "gabalin", "formin", "oxetine", "triptan", "profen",
)
# fmt: on


def is_medicine_like(word: str) -> bool:
    """Tell whether a folded word ends as a medicine's name does."""
    return len(word) >= _SHORTEST and word.endswith(_ENDINGS)


def medicine_words(text: str) -> list[str]:
    """Return the folded words of a text that end as medicines' names do, in order."""
    return [word for word in _WORD.findall(folded(text)) if is_medicine_like(word)]
