"""Cuts a passage down to the sentences nearest to a claim, for the classifier: shorter to read, easier to judge."""

from __future__ import annotations

from bot.answer.verify.alignment import Alignment
from bot.corpus.sentences import sentence_spans

# A passage of the guide has four to seven sentences; of more than three the classifier reads the nearest.
MOST_SENTENCES = 3


def trimmed(alignment: Alignment) -> str:
    """Return the sentences of a passage that answer most of a claim's words, in the passage's order."""
    text = alignment.passage.text
    spans = sentence_spans(text)
    if len(spans) <= MOST_SENTENCES:
        return text
    chosen = list(alignment.nearest)
    order = sorted(range(len(spans)), key=lambda number: (-alignment.by_sentence[number], number))
    chosen += [number for number in order if number not in chosen]
    return " ".join(text[spans[number].start : spans[number].end] for number in sorted(chosen[:MOST_SENTENCES]))
