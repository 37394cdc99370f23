"""Which words stand under a "not", a "may", a "some": in the sentence, and in its passage.

"Live vaccines are not given" and "are given" share their words; what differs is that "given" stands under a "not" in
one of them. Each answered word of the sentence is looked up where the passage says it, and both surroundings compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.lexicon import Phrases
from bot.answer.verify.reading import Reading

# How many words before a word, and after it, a cue still speaks of it.
_BEFORE = 5
_AFTER = 2


@dataclass(frozen=True, slots=True)
class Bindings:
    """How far the cues of one list bind other words in the sentence than in the passage.

    Args:
        dropped: Share of the sentence's answered words that only the passage says under a cue.
        added: Share that only the sentence says under a cue.
        dropped_most: Their greatest company in the passage, 0..1: how much it speaks of the same there.
    """

    dropped: float
    added: float
    dropped_most: float


def bindings(phrases: Phrases, alignment: Alignment) -> Bindings:
    """Compare what the cues of a list bind."""
    said = _bound(alignment.sentence, phrases)
    source = _bound(alignment.passage, phrases)
    dropped = added = 0
    most = 0.0
    answered = 0
    for word, places in zip(alignment.sentence.content, alignment.answers, strict=True):
        near = [place for place in places if place in alignment.near_words]
        if not near:
            continue
        answered += 1
        is_bound = alignment.sentence.words.index(word) in said
        if not is_bound and all(place in source for place in near):
            dropped += 1
            most = max(most, *(alignment.company(place) for place in near))
        elif is_bound and not any(place in source for place in near):
            added += 1
    count = max(1, answered)
    return Bindings(dropped / count, added / count, most)


def _bound(reading: Reading, phrases: Phrases) -> frozenset[int]:
    """Return the places of all words near a cue, in the same sentence."""
    found: set[int] = set()
    for place, stems, _ in phrases.find(reading):
        last = place + len(stems.split()) - 1
        for other in range(max(0, place - _AFTER), min(len(reading.words), last + _BEFORE + 1)):
            if reading.words[other].sentence == reading.words[place].sentence:
                found.add(other)
    return frozenset(found)
