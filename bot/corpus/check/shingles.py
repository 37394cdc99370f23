"""Runs of words, plain or hashed, by which two texts are compared."""

from __future__ import annotations

import hashlib

from bot.corpus.check.material import plain_words

Run = tuple[str, ...]


def shingles_of(text: str, *, size: int) -> frozenset[Run]:
    """Return every run of `size` words of a text, case and punctuation set aside."""
    found = plain_words(text)
    return frozenset(found[start : start + size] for start in range(len(found) - size + 1))


def digest_of(run: Run) -> str:
    """Return the first 16 hex digits of the SHA-256 of a run's words, one space between them."""
    return hashlib.sha256(" ".join(run).encode()).hexdigest()[:16]
