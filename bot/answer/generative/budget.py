"""How many passages a prompt has room for, counted in tokens."""

from __future__ import annotations

from collections.abc import Sequence

from bot.corpus.tokens import count

# Counts are exact for OpenAI's older models alone; other vocabularies cut English into up to a sixth more.
_MARGIN = 1.2
# Left for the answer: 150 words and their quotes are some 600 tokens.
ANSWER_TOKENS = 1_200
# The line that a passage stands in, and the form of the two messages.
_AROUND_PASSAGE = 30
_AROUND_MESSAGES = 20


def fitting(texts: Sequence[str], *, fixed: Sequence[str], max_tokens: int) -> int:
    """Return how many of the texts, from the first on, fit beside the fixed ones; none is ever cut.

    Args:
        fixed: What the prompt holds in any case.
        max_tokens: The whole context: prompt and answer.
    """
    room = max_tokens - ANSWER_TOKENS - _AROUND_MESSAGES - sum(_tokens(text) for text in fixed)
    for place, text in enumerate(texts):
        room -= _tokens(text) + _AROUND_PASSAGE
        if room < 0:
            return place
    return len(texts)


def _tokens(text: str) -> int:
    return int(count(text) * _MARGIN) + 1
