"""A follow-up becomes a question that can be understood alone: one more wording to search for, never the only one."""

from __future__ import annotations

import logging
import re
from contextlib import closing

from bot.answer.follow_up import is_follow_up
from bot.answer.generative.calls import LanguageModel
from bot.answer.generative.prompts import Prompts
from bot.domain import Question
from bot.errors import LanguageModelError
from bot.index.words import terms

logger = logging.getLogger(__name__)

# Somebody waits, and without it the search goes on well enough.
_LIMIT_S = 4.0
_MOST_CHARS = 300
_MOST_READ_CHARS = 4_000
# "How long does CRS last?" needs a verb that was in neither message.
_MOST_NEW_TERMS = 1
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


class Rewriter:
    """Completes follow-ups by a language model.

    Args:
        model: The language model.
        prompts: What it is asked with.
    """

    def __init__(self, *, model: LanguageModel, prompts: Prompts) -> None:
        self._model = model
        self._prompts = prompts

    def rewrite(self, question: Question) -> str | None:
        """Return the whole question; None where it is whole, the model fails, or its wording cannot be trusted."""
        if not is_follow_up(question):
            return None
        try:
            wording = _one_line(self._said(question))
        except LanguageModelError as error:
            logger.info("follow-up searched for as it is", extra={"code": error.code})
            return None
        return wording if is_faithful(wording, question) else None

    def _said(self, question: Question) -> str:
        request = self._prompts.condense(question=question.text, earlier=question.earlier)
        said = ""
        with closing(self._model.stream(request, timeout_s=_LIMIT_S)) as pieces:
            for piece in pieces:
                said += piece
                if len(said) > _MOST_READ_CHARS:
                    break
        return said


def is_faithful(wording: str, question: Question) -> bool:
    """Tell whether a wording asks the same: it keeps the question's words and takes the rest from those before it."""
    asked, before = set(terms(question.text)), set(terms(" ".join(question.earlier)))
    said = set(terms(wording))
    new = said - asked - before
    has_new_number = any(term[0].isdigit() for term in new)
    return asked <= said and bool(said & before) and len(new) <= _MOST_NEW_TERMS and not has_new_number


def _one_line(said: str) -> str:
    """Return the first line that says something, without quotation marks around it."""
    lines = (line.strip().strip("\"'“”`*") for line in _THOUGHT.sub("", said).splitlines())
    line = next((line for line in lines if line), "")
    return line if len(line) <= _MOST_CHARS else ""
