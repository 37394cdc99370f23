"""How many years of school a section asks for, by the Flesch-Kincaid formula; medical names set aside.

A patient meets "hydroxychloroquine" anyway: what the guide can choose is every other word. So each listed name
counts as one short word. Formula: Kincaid et al. 1975, Research Branch Report 8-75.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from statistics import median

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material, Passage, words
from bot.corpus.check.syllables import syllable_count

_NAMES_FILE = Path(__file__).with_name("names.txt")
_MAX_GRADE = 10.0
_MAX_MEDIAN_GRADE = 8.0


def find_hard_sections(material: Material) -> Iterator[Finding]:
    """Report each section over grade 10, and the guide when its median is over 8."""
    for passage in material.passages:
        if (grade := section_grade(passage)) > _MAX_GRADE:
            message = f"reading grade {grade:.1f}, at most {_MAX_GRADE:.0f}; shorten sentences and use everyday words."
            yield Finding(passage.section.source, passage.line, "reading-grade", message)
    if (middle := median_grade(material)) > _MAX_MEDIAN_GRADE:
        message = f"median reading grade of the guide {middle:.1f}, at most {_MAX_MEDIAN_GRADE:.0f}."
        yield Finding(material.passages[0].section.source, 1, "reading-grade", message, Severity.ERROR)


def median_grade(material: Material) -> float:
    """Return the middle of all sections' grades."""
    return median(section_grade(passage) for passage in material.passages)


def section_grade(passage: Passage) -> float:
    """Return the school grade of a section's text, names set aside; higher is harder, 0 or less is very easy."""
    return text_grade([sentence.text for sentence in passage.sentences])


def text_grade(sentences: Sequence[str]) -> float:
    """Return the school grade of some sentences, names set aside; 0 without words."""
    counted = [_without_names(sentence) for sentence in sentences]
    tokens = [word for text in counted for word in words(text)]
    if not tokens:
        return 0.0
    syllables = sum(syllable_count(word) for word in tokens)
    return 0.39 * len(tokens) / len(counted) + 11.8 * syllables / len(tokens) - 15.59


def _without_names(text: str) -> str:
    return _names().sub("name", text)


@cache
def _names() -> re.Pattern[str]:
    lines = (line.partition("#")[0].strip() for line in _NAMES_FILE.read_text(encoding="utf-8").splitlines())
    listed = sorted((re.escape(line) for line in lines if line), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(listed)})\b", re.IGNORECASE)
