"""From passages to an answer in a model's words, sentence by sentence, or to the reason why there is none."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from bot.answer.follow_ups import follow_ups
from bot.answer.generative.budget import fitting
from bot.answer.generative.calls import LanguageModel
from bot.answer.generative.gate import Gate, Judge
from bot.answer.generative.growing import GrowingAnswer
from bot.answer.generative.parse import Claim, ClaimReader, Malformed, NoAnswer, Parsed
from bot.answer.generative.prompts import Prompts, Request
from bot.domain import GENERATIVE, Chunk, Draft, Hit, Question, Span
from bot.errors import LanguageModelError

logger = logging.getLogger(__name__)

NO_ROOM, DECLINED, EMPTY, GARBAGE, ALL_DROPPED = (
    *("prompt_too_long", "model_declined", "model_empty", "model_garbage", "all_dropped"),
)
# What an answer of three sections needs; more passages would be about something else.
_MOST_PASSAGES = 6
# A model that has not come to an end by then will not: 150 words and their quotes are some 3,000 characters.
_MOST_CHARS = 20_000
_MOST_CLAIMS = 20


@dataclass(slots=True)
class _Course:
    """How a model's answer went.

    Attributes:
        fallback: Why the guide's own sentences must answer; None while there is no reason.
        has_text: Anything at all came.
        claims: Objects that could be read.
    """

    fallback: str | None = None
    has_text: bool = False
    claims: int = 0


class Writer:
    """Words an answer whose passages were found.

    Args:
        model: The language model.
        judge: The verifier.
        prompts: What the model is asked with.
        max_context_tokens: Prompt and answer together.
    """

    def __init__(self, *, model: LanguageModel, judge: Judge, prompts: Prompts, max_context_tokens: int) -> None:
        self._model = model
        self._judge = judge
        self._prompts = prompts
        self._max_context_tokens = max_context_tokens

    def drafts(
        self, question: Question, *, plain: Draft, hits: Sequence[Hit], url_of: Callable[[Chunk, Span], str]
    ) -> Iterator[Draft]:
        """Yield the answer as it grows, a verified sentence more each time; the last one is the whole.

        Args:
            plain: The answer in the guide's own sentences, which stands where the model gives none.
            hits: What was found, best first.
            url_of: Where a passage can be read, given the quote's span in it.
        """
        started = time.perf_counter()
        plain = replace(plain, model=self._model.id, prompt_digest=self._prompts.digest)
        chunks = self._fitting(question, _most_telling(plain, hits))
        growing = GrowingAnswer(gate=Gate(judge=self._judge, chunks=chunks), url_of=url_of)
        course = _Course(fallback=None if chunks else NO_ROOM)
        if chunks:
            for parsed in self._read(self._request(question, chunks), course):
                if growing.take(parsed):
                    yield _worded(plain, growing)
                if growing.is_full:
                    break
        ended = (*plain.timings_ms, ("write", round((time.perf_counter() - started) * 1000, 2)))
        yield _whole(replace(plain, timings_ms=ended), growing, course, hits=hits, asked=question.text)

    def _fitting(self, question: Question, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        empty = self._request(question, ())
        texts = [f"{chunk.title} {chunk.text}" for chunk in chunks]
        most = fitting(texts, fixed=(empty.system, empty.human), max_tokens=self._max_context_tokens)
        return tuple(chunks[:most])

    def _request(self, question: Question, chunks: Sequence[Chunk]) -> Request:
        return self._prompts.answer(question=question.text, earlier=question.earlier, chunks=chunks)

    def _read(self, request: Request, course: _Course) -> Iterator[Claim | Malformed]:
        """Yield what the model says as long as it is worth reading; the course tells how it ended."""
        reader, chars = ClaimReader(), 0
        try:
            with closing(self._model.stream(request)) as pieces:
                for piece in pieces:
                    chars += len(piece)
                    course.has_text = course.has_text or bool(piece.strip())
                    yield from _counted(reader.feed(piece), course)
                    if course.fallback or chars > _MOST_CHARS or course.claims >= _MOST_CLAIMS:
                        return
            yield from reader.end()
        except LanguageModelError as error:
            yield from reader.end()
            course.fallback = error.code


def _counted(parsed: Iterator[Parsed], course: _Course) -> Iterator[Claim | Malformed]:
    for item in parsed:
        if isinstance(item, NoAnswer):
            course.fallback = DECLINED
            return
        course.claims += 1
        yield item


def _most_telling(plain: Draft, hits: Sequence[Hit]) -> list[Chunk]:
    """Return the passages of the plain answer, then the best others."""
    cited = {citation.chunk_id for citation in plain.citations}
    ordered = sorted(hits, key=lambda hit: hit.chunk.id not in cited)
    return [hit.chunk for hit in ordered[:_MOST_PASSAGES]]


def _worded(plain: Draft, growing: GrowingAnswer) -> Draft:
    return replace(
        plain,
        answerer=GENERATIVE,
        text=growing.text,
        sentences=tuple(growing.sentences),
        citations=tuple(growing.citations),
        follow_ups=(),
    )


def _whole(plain: Draft, growing: GrowingAnswer, course: _Course, *, hits: Sequence[Hit], asked: str) -> Draft:
    """Return the model's answer, or the plain one with the reason; what was dropped is kept with either.

    An answer that broke off is not shown in part: the sentence that was to come may have been the warning.
    """
    plain = replace(plain, dropped=tuple(growing.dropped))
    fallback = course.fallback or _emptiness(growing, course)
    if fallback is not None:
        logger.info("model not used", extra={"code": fallback, "dropped": len(growing.dropped)})
        return replace(plain, fallback=fallback)
    shown = {citation.section_id for citation in growing.citations}
    return replace(_worded(plain, growing), follow_ups=follow_ups(hits, shown=shown, asked=asked))


def _emptiness(growing: GrowingAnswer, course: _Course) -> str | None:
    """Return why nothing of an answer that came to its end may be shown; None where something may."""
    if growing.sentences:
        return None
    if not course.has_text:
        return EMPTY
    is_read = any(sentence.reasons != ("malformed",) for sentence in growing.dropped)
    return ALL_DROPPED if is_read else GARBAGE
