"""The answer chain with a language model at its end: it words what was found, it decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

from bot.answer.generative.rewriter import Rewriter
from bot.answer.generative.writer import Writer
from bot.answer.pipeline import AnswerChain
from bot.domain import Draft, Hit, Outcome, Question

logger = logging.getLogger(__name__)


class GenerativeChain(Runnable[Question, Draft]):
    """Answers in a model's words where the plain chain answers; abstains where it abstains.

    Args:
        plain: The chain that searches, decides, and answers in the guide's own sentences.
        writer: Words its answers.
        rewriter: Completes follow-ups for the search; None: nobody does.
    """

    def __init__(self, *, plain: AnswerChain, writer: Writer, rewriter: Rewriter | None = None) -> None:
        self._plain = plain
        self._writer = writer
        self._rewriter = rewriter

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
        return self._call_with_config(lambda question: list(self._drafts(question))[-1], input, config)

    def stream(
        self,
        input: Question,  # noqa: A002  # the name that Runnable gives it
        config: RunnableConfig | None = None,
        **kwargs: Any | None,
    ) -> Iterator[Draft]:
        """Yield the draft as it grows, a verified sentence more each time; the last one is `invoke`'s.

        Where the model breaks off, the last one is the guide's own answer and does not begin with those before it.

        Raises:
            ModelError: The question could not be embedded.
        """
        yield from self._transform_stream_with_config(iter([input]), self._answered, config)

    def _answered(self, questions: Iterator[Question]) -> Iterator[Draft]:
        for question in questions:
            yield from self._drafts(question)

    def _drafts(self, question: Question) -> Iterator[Draft]:
        draft, hits = self._plain.look_up(question)
        if draft.outcome is not Outcome.ANSWERED:
            yield draft
            return
        try:
            draft, hits = self._reread(question, draft, hits)
            yield from self._writer.drafts(question, plain=draft, hits=hits, url_of=self._plain.url_of)
        except Exception as error:  # noqa: BLE001  # the guide's own answer is there, whatever fails here
            logger.error("wording failed", extra={"kind": type(error).__name__})
            yield replace(draft, fallback="model_error")

    def _reread(self, question: Question, draft: Draft, hits: tuple[Hit, ...]) -> tuple[Draft, tuple[Hit, ...]]:
        """Search for a follow-up in the model's wording too; it may lead elsewhere, never out of an abstention.

        Only an answer that stands without that wording is looked up again with it.
        """
        wording = self._rewriter.rewrite(question) if self._rewriter else None
        if wording is None:
            return draft, hits
        again, more = self._plain.look_up(question, also=wording)
        return (again, more) if again.outcome is Outcome.ANSWERED else (draft, hits)
