"""The same thing said twice: one topic belongs in one section."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material, Passage, Sentence, plain_words
from bot.corpus.check.shingles import shingles_of

_SHINGLE_WORDS = 4
# Shared four-word runs, as a share of the smaller section. Sections on one topic reach 0.2; copies start at 0.5.
_NEAR_DUPLICATE = 0.5


def find_repeated_sentences(material: Material) -> Iterator[Finding]:
    """Warn of a sentence that stands in two sections; both could be quoted in one answer."""
    first: dict[tuple[str, ...], tuple[Passage, Sentence]] = {}
    for passage in material.passages:
        for sentence in passage.sentences:
            other, _ = first.setdefault(plain_words(sentence.text), (passage, sentence))
            if other is not passage:
                message = f"the same sentence stands in #{other.section.id}; say it once, or in other words."
                yield Finding(passage.section.source, sentence.line, "repeated-sentence", message, Severity.WARNING)


def find_near_duplicates(material: Material) -> Iterator[Finding]:
    """Report two sections of which at least half is the same run of words."""
    shingled = [(passage, shingles_of(passage.section.text, size=_SHINGLE_WORDS)) for passage in material.passages]
    for (one, one_runs), (other, other_runs) in combinations(shingled, 2):
        smaller = min(len(one_runs), len(other_runs))
        if smaller and len(one_runs & other_runs) / smaller >= _NEAR_DUPLICATE:
            message = f"half of its words are those of #{one.section.id}; merge the two."
            yield Finding(other.section.source, other.line, "near-duplicate", message)


def find_repeated_headings(material: Material) -> Iterator[Finding]:
    """Report a heading that another section has too, in whatever case."""
    first: dict[tuple[str, ...], Passage] = {}
    for passage in material.passages:
        other = first.setdefault(plain_words(passage.section.title), passage)
        if other is not passage:
            message = f"#{other.section.id} has the same heading; merge the two or rename one."
            yield Finding(passage.section.source, passage.line, "repeated-heading", message)
