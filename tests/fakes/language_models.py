"""A language model and a verifier in memory, which say what the test's script tells them to."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

from bot.answer.generative.prompts import Prompts, Request
from bot.errors import LanguageModelError
from bot.settings import ROOT


class ScriptedModel:
    """Says its texts in turn, the last one again and again; an error in place of a text is raised where it stands.

    Attributes:
        requests: What it was asked.
        limits_s: The time limit of each request.
        closed: How many answers were not heard to their end.
    """

    id = "scripted:model"

    def __init__(self, *says: str | LanguageModelError | tuple[str, LanguageModelError], size: int = 7) -> None:
        self.says = list(says)
        self.size = size
        self.requests: list[Request] = []
        self.limits_s: list[float | None] = []
        self.closed = 0

    def stream(self, request: Request, *, timeout_s: float | None = None) -> Generator[str, None, None]:
        self.requests.append(request)
        self.limits_s.append(timeout_s)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        text, error = said if isinstance(said, tuple) else ("", said) if isinstance(said, Exception) else (said, None)
        try:
            for start in range(0, len(text), self.size):
                yield text[start : start + self.size]
        except GeneratorExit:
            self.closed += 1
            raise
        if error is not None:
            raise error


@dataclass(frozen=True)
class Judged:
    """One judgement."""

    is_supported: bool
    score: float
    reasons: tuple[str, ...] = ()


class ScriptedJudge:
    """Accepts what a function accepts, everything by default.

    Attributes:
        asked: The pairs of sentence and passage that it judged.
    """

    def __init__(self, accepts: Callable[[str, str], bool] = lambda sentence, passage: True) -> None:
        self.accepts = accepts
        self.asked: list[tuple[str, str]] = []

    def judge(self, *, sentence: str, passage: str) -> Judged:
        self.asked.append((sentence, passage))
        return Judged(True, 0.9) if self.accepts(sentence, passage) else Judged(False, 0.1, ("polarity",))


def repository_prompts() -> Prompts:
    """The prompts of this repository."""
    return Prompts.load(ROOT / "prompts")
