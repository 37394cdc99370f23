"""The last look at a draft: a sentence whose quote is not in its passage is never shown."""

from __future__ import annotations

from collections.abc import Mapping

from bot.domain import Chunk, Citation, ReplySentence


def is_verbatim(sentence: ReplySentence, citations: Mapping[int, Citation], chunks: Mapping[str, Chunk]) -> bool:
    """Tell whether a sentence stands word for word in every quote it cites, and each quote in its chunk."""
    if not sentence.citations:
        return False
    for marker in sentence.citations:
        citation = citations.get(marker)
        chunk = chunks.get(citation.chunk_id) if citation else None
        if citation is None or chunk is None:
            return False
        if chunk.text[citation.char_start : citation.char_end] != citation.quote:
            return False
        if not _stands_in(sentence.text, " ".join(citation.quote.split())):
            return False
    return True


def _stands_in(text: str, quote: str) -> bool:
    """Tell whether a sentence stands in a quote; one whose opening word was left out may begin with a capital."""
    return text in quote or quote.startswith(text[:1].lower() + text[1:])
