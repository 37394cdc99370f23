"""Sentences that are too long to hold in mind, and sections too long to read in one go."""

from __future__ import annotations

from collections.abc import Iterator

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material, Passage, words

# corpus/README.md asks for 8 to 20 words a sentence and 50 to 150 a section; these are the outer limits.
_MAX_SENTENCE_WORDS = 35
_LONG_SENTENCE_WORDS = 28
_MAX_SECTION_WORDS = 220
_LONG_SECTION_WORDS = 180


def find_long_sentences(material: Material) -> Iterator[Finding]:
    """Report sentences over 35 words as errors, over 28 as warnings."""
    for passage in material.passages:
        for sentence in passage.sentences:
            if severity := _over(len(words(sentence.text)), _LONG_SENTENCE_WORDS, _MAX_SENTENCE_WORDS):
                message = f"{len(words(sentence.text))} words in one sentence; make two of it."
                yield Finding(passage.section.source, sentence.line, "sentence-length", message, severity)


def find_long_sections(material: Material) -> Iterator[Finding]:
    """Report sections over 220 words as errors, over 180 as warnings."""
    for passage in material.passages:
        count = _section_words(passage)
        if severity := _over(count, _LONG_SECTION_WORDS, _MAX_SECTION_WORDS):
            message = f"{count} words in one section; split it into two questions."
            yield Finding(passage.section.source, passage.line, "section-length", message, severity)


def _section_words(passage: Passage) -> int:
    return sum(len(words(sentence.text)) for sentence in passage.sentences)


def _over(count: int, long: int, too_long: int) -> Severity | None:
    if count > too_long:
        return Severity.ERROR
    return Severity.WARNING if count > long else None
