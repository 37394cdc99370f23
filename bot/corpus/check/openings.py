"""Sentences that lean on the one before: quoted alone they would say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.corpus.check.finding import Finding, Severity
from bot.corpus.check.material import Material

_LEANING = re.compile(
    r"(?:It|Its|This|That|These|Those|They|Their|Them|He|She|Such|Both|Here|There|Also|Then|But|However|So|Otherwise)\b"
)
# "It is …" with no antecedent, and words that name their subject at once, stand alone well.
_JUDGED = (
    "known|clear|likely|possible|best|safer|wise|normal|common|natural|helpful|important|fine|hard|too early|sensible"
    "|usual|worth|good"
)
_STANDING = re.compile(
    rf"(?:It (?:is|was|may be|can be) (?:\w+ ){{0,3}}(?:not )?(?:{_JUDGED})\b|It helps |It takes |It can help "
    r"|There (?:is|are|was|were|may|can|has|have)\b|(?:This|These) (?:guide|chatbot|chat|service)\b"
    r"|So (?:far|many)\b|Such (?:as|a|an)\b|Both [a-z]+ and\b|Both (?:of the|sides)\b)"
)


def find_leaning_sentences(material: Material) -> Iterator[Finding]:
    """Warn of sentences that begin with a word such as "it" or "this" pointing backwards."""
    for passage in material.passages:
        for sentence in passage.sentences:
            match = _LEANING.match(sentence.text)
            if match and not _STANDING.match(sentence.text):
                message = f'begins with "{match.group(0)}", which points back; name the subject.'
                yield Finding(passage.section.source, sentence.line, "leaning-sentence", message, Severity.WARNING)
