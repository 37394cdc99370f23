"""Chosen sentences become text with markers, and the citations that the markers open."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from bot.answer.passages import Candidate
from bot.domain import Chunk, Citation, ReplySentence, Span

# A verbatim sentence of the guide is supported by itself.
_VERBATIM = 1.0


def cite(
    chosen: Sequence[Candidate], *, url_of: Callable[[Chunk, Span], str]
) -> tuple[str, tuple[ReplySentence, ...], tuple[Citation, ...]]:
    """Number the passages and put a marker after each sentence.

    Neighbouring sentences of a passage share one citation, whose quote spans them all.

    Args:
        url_of: Where a passage can be read, given the quote's span in it.

    Returns:
        Markdown text, its sentences, its citations.
    """
    sentences: list[ReplySentence] = []
    citations: list[Citation] = []
    for run in _runs(chosen):
        marker = len(citations) + 1
        citations.append(_citation(marker, run, url_of))
        sentences.extend(ReplySentence(candidate.text, (marker,), _VERBATIM) for candidate in run)
    return _paragraphs(sentences, chosen), tuple(sentences), tuple(citations)


def _runs(chosen: Sequence[Candidate]) -> list[list[Candidate]]:
    """Split the sentences into runs of neighbours of one chunk."""
    keyed = [(candidate.chunk.id, candidate.sentence_no - place, candidate) for place, candidate in enumerate(chosen)]
    return [[item[2] for item in run] for _, run in groupby(keyed, key=lambda item: item[:2])]


def _citation(marker: int, run: Sequence[Candidate], url_of: Callable[[Chunk, Span], str]) -> Citation:
    return citation_of(run[0].chunk, Span(run[0].span.start, run[-1].span.end), marker=marker, url_of=url_of)


def citation_of(chunk: Chunk, span: Span, *, marker: int, url_of: Callable[[Chunk, Span], str]) -> Citation:
    """Return the citation of a quote.

    Args:
        span: The quote's place in the chunk's text.
        url_of: Where a passage can be read, given the quote's span in it.
    """
    return Citation(
        marker=marker,
        chunk_id=chunk.id,
        section_id=chunk.section_id,
        title=chunk.title,
        url=url_of(chunk, span),
        quote=chunk.text[span.start : span.end],
        char_start=span.start,
        char_end=span.end,
        reviewed_on=chunk.reviewed_on,
        references=chunk.references,
        passage=chunk.text,
        source=chunk.source,
        expires_on=chunk.expires_on,
        page_no=chunk.page_no,
    )


def _paragraphs(sentences: Sequence[ReplySentence], chosen: Sequence[Candidate]) -> str:
    """Put the answer first by itself, then a paragraph a section; list items stay a list."""
    blocks: list[str] = []
    for place, (sentence, candidate) in enumerate(zip(sentences, chosen, strict=True)):
        shown = f"{escaped(sentence.text)} [{sentence.citations[0]}]"
        previous = chosen[place - 1] if place else None
        if is_list_item(candidate):
            blocks.append(f"\n- {shown}" if blocks and blocks[-1].lstrip().startswith("- ") else f"\n\n- {shown}")
        elif place <= 1 or previous is None or is_list_item(previous) or _is_new_section(previous, candidate):
            blocks.append(f"\n\n{shown}")
        else:
            blocks.append(f" {shown}")
    return "".join(blocks).strip()


def _is_new_section(previous: Candidate, candidate: Candidate) -> bool:
    return previous.chunk.section_id != candidate.chunk.section_id


def is_list_item(candidate: Candidate) -> bool:
    """Tell whether a sentence opens a list item of its passage."""
    before = candidate.chunk.text[: candidate.span.start].rsplit("\n", 1)[-1].strip()
    return before in {"-", "*", "•", "+"}


# What chat pages turn into links by themselves; a passage's address is read, never followed.
_ADDRESS = re.compile(r"\b(?:(?:https?|ftp)://|www\.)+", re.IGNORECASE)
_MARKUP = re.compile(r"([\\`*_\[\]|~])")
_BLOCK_START = re.compile(r"^(\d+(?=[.)]\s)|(?=[#+\-]))")


def escaped(text: str) -> str:
    """Escape what Markdown would read as markup; a passage is text, whatever it holds."""
    text = _ADDRESS.sub("", text)
    text = _MARKUP.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")
    return _BLOCK_START.sub(r"\1\\", text)
