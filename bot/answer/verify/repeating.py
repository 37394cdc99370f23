"""Sentences that a passage holds word for word: nothing has to be judged there."""

from __future__ import annotations

from bot.answer.verify.reading import Reading, read


def repeats(sentence: str, passage: str) -> bool:
    """Tell whether a text is made of whole sentences of a passage; spacing, print and a first capital do not count.

    Whole sentences only: a part of one may have lost its "not" or its "may".
    """
    said, source = _sentences(read(sentence)), set(_sentences(read(passage)))
    return bool(said) and all(one in source for one in said)


def _sentences(reading: Reading) -> list[tuple[str, ...]]:
    """Return the words of each sentence with the signs between them, such as the point of 38.5."""
    found = []
    for number in range(reading.sentences):
        words = reading.words_of(number)
        if words:
            text = reading.text[words[0].start : words[-1].end]
            found.append(tuple((text[:1].casefold() + text[1:]).split()))
    return found
