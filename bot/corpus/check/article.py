"""Is the guide in its own words? Eight words in a row of the source article are too many.

The article itself is not ours to keep, so article-shingles.txt holds hashes of its eight-word runs, from which
it cannot be read back. `lupus-bot guide fingerprint ARTICLE` writes the file anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.corpus.check.finding import Finding
from bot.corpus.check.material import Material, Passage, plain_words
from bot.corpus.check.shingles import Run, digest_of, shingles_of

FINGERPRINT_FILE = Path(__file__).with_name("article-shingles.txt")
_RUN_WORDS = 8


def find_copied_runs(material: Material, *, article: str | None = None) -> Iterator[Finding]:
    """Report the first run of eight words in each section that the source article has too.

    Args:
        article: The article's own text; None: the committed hashes of it.
    """
    known = _stored() if article is None else article_digests(article)
    for passage in material.passages:
        if run := _copied(passage, known):
            message = f'eight words of the source article: "{" ".join(run)}"; use your own.'
            yield Finding(passage.section.source, passage.line, "copied-words", message)


def article_digests(article: str) -> frozenset[str]:
    """Hash every eight-word run of an article."""
    return frozenset(digest_of(run) for run in shingles_of(article, size=_RUN_WORDS))


def _copied(passage: Passage, known: frozenset[str]) -> Run | None:
    found = plain_words(f"{passage.section.title} {passage.section.text}")
    runs = (found[start : start + _RUN_WORDS] for start in range(len(found) - _RUN_WORDS + 1))
    return next((run for run in runs if digest_of(run) in known), None)


@cache
def _stored() -> frozenset[str]:
    return frozenset(FINGERPRINT_FILE.read_text(encoding="ascii").split())
