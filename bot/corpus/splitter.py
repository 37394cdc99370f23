"""Sections become chunks: whole sentences packed up to a token budget, offsets kept exactly.

Two budgets hold at once: tiktoken's count, which also sizes prompts, and the embedding model's own
count, because the model cuts off silently what it cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from langchain_text_splitters import TextSplitter

from bot.corpus import tokens
from bot.corpus.sentences import sentence_spans
from bot.domain import Chunk, Section, Span

# A guide section (50 to 150 words) fits whole; measured on the guide, 220 keeps 98 % of its sections in one chunk.
MAX_TOKENS = 220
# What the model reads besides the text: its title in front of it, and its two marks.
TITLE_TOKENS = 40
MODEL_MARKS = 4

Counter = Callable[[str], int]
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")


class SentenceSplitter(TextSplitter):
    """A LangChain splitter that never cuts inside a sentence, unless the sentence alone is too long.

    Args:
        max_tokens: Budget in tiktoken tokens.
        fits_model: Says whether the embedding model reads a text whole.
    """

    def __init__(self, *, max_tokens: int = MAX_TOKENS, fits_model: Callable[[str], bool], **options: Any) -> None:
        super().__init__(chunk_size=max_tokens, chunk_overlap=0, length_function=tokens.count, **options)
        self._max_tokens = max_tokens
        self._fits_model = fits_model

    def split_text(self, text: str) -> list[str]:
        """Split a text into the texts of its chunks."""
        return [text[span.start : span.end] for span in self.spans(text)]

    def spans(self, text: str) -> list[Span]:
        """Return the chunks' spans: disjoint, in order, each of whole sentences where possible."""
        pieces = [piece for span in sentence_spans(text) for piece in self._pieces(text, span)]
        chunks: list[Span] = []
        for piece in pieces:
            if chunks and self._fits(text[chunks[-1].start : piece.end]):
                chunks[-1] = Span(chunks[-1].start, piece.end)
            else:
                chunks.append(piece)
        return [self._with_list_mark(text, span) for span in chunks]

    def _with_list_mark(self, text: str, span: Span) -> Span:
        """Take in the list mark in front of the first sentence, so that the passage shows as a list."""
        line_start = text.rfind("\n", 0, span.start) + 1
        if _LIST_MARK.fullmatch(text, line_start, span.start) and self._fits(text[line_start : span.end]):
            return Span(line_start, span.end)
        return span

    def _fits(self, text: str) -> bool:
        # A token is at least one byte, so short texts need no count, and endless ones are refused unread.
        if len(text) > 40 * self._max_tokens:
            return False
        return tokens.count(text) <= self._max_tokens and self._fits_model(text)

    def _pieces(self, text: str, span: Span) -> list[Span]:
        """Cut a sentence that is too long for any chunk at spaces, or anywhere if it has none."""
        if self._fits(text[span.start : span.end]):
            return [span]
        pieces: list[Span] = []
        start = span.start
        while start < span.end:
            end = self._longest_end(text, start, span.end)
            pieces.append(Span(start, _before_space(text, start, end)))
            start = end
            while start < span.end and text[start].isspace():
                start += 1
        return pieces

    def _longest_end(self, text: str, start: int, limit: int) -> int:
        low, high = start + 1, min(limit, start + 40 * self._max_tokens)
        while low < high:
            middle = (low + high + 1) // 2
            if self._fits(text[start:middle]):
                low = middle
            else:
                high = middle - 1
        if low < limit and not text[low].isspace():
            space = _last_space(text, start, low)
            # Fewer letters may be more tokens, if rarely.
            if space > start and self._fits(text[start:space]):
                return space
        return low


def split_sections(
    sections: Iterable[Section], *, model_tokens: Counter, model_limit: int, max_tokens: int = MAX_TOKENS
) -> list[Chunk]:
    """Split sections into chunks; none crosses a section, none is longer than the model reads.

    Args:
        model_tokens: Counts a text's tokens as the embedding model does, its marks left out.
        model_limit: The most tokens that the model reads, its marks included.
    """
    room = model_limit - TITLE_TOKENS - MODEL_MARKS
    splitter = SentenceSplitter(max_tokens=max_tokens, fits_model=lambda text: model_tokens(text) <= room)
    return [chunk for section in sections for chunk in _chunks_of(section, splitter)]


def embedded_text(chunk: Chunk, *, model_tokens: Counter) -> str:
    """Return what the model reads of a chunk: its title, cut to its share of the budget, and its text."""
    title = chunk.title
    while title and model_tokens(title) > TITLE_TOKENS:
        title = title[: len(title) * 3 // 4].rstrip()
    return f"{title}\n{chunk.text}" if title else chunk.text


def _chunks_of(section: Section, splitter: SentenceSplitter) -> list[Chunk]:
    spans = splitter.spans(section.text)
    return [_chunk(section, span, number) for number, span in enumerate(spans, start=1)]


def _chunk(section: Section, span: Span, number: int) -> Chunk:
    text = section.text[span.start : span.end]
    return Chunk(
        id=section.id if number == 1 else f"{section.id}~{number}",
        section_id=section.id,
        chapter_id=section.chapter_id,
        chapter_title=section.chapter_title,
        title=section.title,
        text=text,
        source=section.source,
        char_start=section.char_start + span.start,
        char_end=section.char_start + span.end,
        sentences=sentence_spans(text),
        language=section.language,
        also_asked=section.also_asked if number == 1 else (),
        references=section.references,
        reviewed_on=section.reviewed_on,
        expires_on=section.expires_on,
        page_no=section.page_no,
    )


def _last_space(text: str, start: int, end: int) -> int:
    for position in range(end - 1, start, -1):
        if text[position].isspace():
            return position
    return start


def _before_space(text: str, start: int, end: int) -> int:
    while end > start + 1 and text[end - 1].isspace():
        end -= 1
    return end
