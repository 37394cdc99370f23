"""The answer chain: search, decide, choose, cite, verify; one LangChain `Runnable`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from bot.answer.abstention import THRESHOLD, confidence, gather
from bot.answer.citations import cite
from bot.answer.condense import readings
from bot.answer.extractive import choose_sentences
from bot.answer.follow_ups import follow_ups
from bot.answer.verifier import is_verbatim
from bot.domain import Chunk, Consulted, Draft, Hit, Outcome, Question, ReplySentence, Span
from bot.retrieval.merge import merged
from bot.retrieval.search import Found, Searcher

# Enough to fill an answer of three sections and to name what else was near.
_HITS = 12
_CONSULTED = 6
# Names in a message as short as this are what it asks about; in a long story some are by the way.
_STORY_WORDS = 40


@dataclass(frozen=True, slots=True)
class _Search:
    found: Found
    confidence: float


class AnswerChain(Runnable[Question, Draft]):
    """Answers questions from one index version; every sentence it gives cites its passage.

    Args:
        searcher: Searches the index; its version is the draft's.
        url_of: Where a passage can be read, given the quote's span in it.
        is_everyday: Tells an ordinary English word from a rare name.
        threshold: Confidence below which it abstains, 0..1.
    """

    def __init__(
        self,
        *,
        searcher: Searcher,
        url_of: Callable[[Chunk, Span], str],
        is_everyday: Callable[[str], bool],
        threshold: float = THRESHOLD,
    ) -> None:
        self._searcher = searcher
        self._url_of = url_of
        self._is_everyday = is_everyday
        self._threshold = threshold

    def invoke(  # the names are LangChain's
        self,
        input: Question,  # noqa: A002  # the name that Runnable gives it
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Draft:
        """Answer one question, or abstain.

        Raises:
            ModelError: The question could not be embedded.
        """
        return self._call_with_config(self._answer, input, config, run_type="chain")

    def stream(
        self,
        input: Question,  # noqa: A002  # the name that Runnable gives it
        config: RunnableConfig | None = None,
        **kwargs: Any | None,
    ) -> Iterator[Draft]:
        """Yield the draft as it grows, a verified sentence more each time; the last one is `invoke`'s."""
        whole = self.invoke(input, config)
        for shown in range(1, len(whole.sentences)):
            sentences = whole.sentences[:shown]
            end = _end_of(whole.text, shown)
            yield replace(whole, sentences=sentences, text=whole.text[:end], follow_ups=())
        yield whole

    def _answer(self, question: Question) -> Draft:
        started = time.perf_counter()
        search = self._search(question)
        searched = time.perf_counter()
        draft = self._draft(question, search)
        ended = time.perf_counter()
        timings = (("retrieve", _ms(searched - started)), ("answer", _ms(ended - searched)))
        return replace(draft, timings_ms=timings)

    def _search(self, question: Question) -> _Search:
        """Search for each reading of the question; as sure as the surest that leads to the answering section."""
        read = readings(question)
        founds = [self._searcher.search(reading.query, k=_HITS) for reading in read]
        weights = [reading.weight for reading in read]
        named = question.text if len(question.text.split()) <= _STORY_WORDS else None
        search = merged(founds, weights=weights, k=_HITS)
        # A reading that leads elsewhere says nothing of the section that will answer.
        leading = [
            self._confidence(named or item.query, found)
            for item, found in zip(read, founds, strict=True)
            if found.hits and found.hits[0].chunk.section_id == search.hits[0].chunk.section_id
        ]
        return _Search(search, max(leading, default=0.0))

    def _confidence(self, named_in: str, found: Found) -> float:
        evidence = gather(
            named_in,
            found,
            lexical=self._searcher.index.lexical,
            speller=self._searcher.speller,
            is_everyday=self._is_everyday,
        )
        return confidence(evidence)

    def _draft(self, question: Question, search: _Search) -> Draft:
        hits = search.found.hits
        consulted = tuple(Consulted(hit.chunk.id, hit.score) for hit in hits[:_CONSULTED])
        if search.confidence < self._threshold:
            return _abstention(hits, consulted, search.confidence, reason="low_support")
        text, sentences, citations = cite(choose_sentences(search.found), url_of=self._url_of)
        if not sentences or not self._all_verbatim(sentences, citations, hits):
            return _abstention(hits, consulted, search.confidence, reason="unverified")
        shown = {citation.section_id for citation in citations}
        return Draft(
            outcome=Outcome.ANSWERED,
            reason="supported",
            text=text,
            sentences=sentences,
            citations=citations,
            consulted=consulted,
            follow_ups=follow_ups(hits, shown=shown, asked=question.text),
            confidence=round(search.confidence, 4),
        )

    def _all_verbatim(self, sentences: tuple[ReplySentence, ...], citations: Any, hits: tuple[Hit, ...]) -> bool:
        by_marker = {citation.marker: citation for citation in citations}
        chunks = {hit.chunk.id: hit.chunk for hit in hits}
        return all(is_verbatim(sentence, by_marker, chunks) for sentence in sentences)


def _abstention(hits: tuple[Hit, ...], consulted: tuple[Consulted, ...], sureness: float, *, reason: str) -> Draft:
    """Abstain, and name the nearest topics that the guide does have."""
    return Draft(
        outcome=Outcome.ABSTAINED,
        reason=reason,
        text="",
        consulted=consulted,
        follow_ups=follow_ups(hits, shown=(), asked=""),
        related=tuple(dict.fromkeys(hit.chunk.section_id for hit in hits[:3])),
        confidence=round(sureness, 4),
    )


def _end_of(text: str, sentences: int) -> int:
    """Return where the n-th sentence's marker ends; each sentence has one, and escaped text has none."""
    end = -1
    for _ in range(sentences):
        start = text.index(" [", end + 1)
        end = text.index("]", start)
    return end + 1


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
