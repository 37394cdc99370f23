"""Leaves out of a masked message what only introduces the writer, so that search sees the question alone."""

from __future__ import annotations

import re

from bot.conversation.privacy.mask import MARKS

MIN_WORDS = 3
"""Fewer words are no question of their own ("thank you", "so yes")."""

_MARK = re.compile("|".join(re.escape(mark) for mark in MARKS.values()))
# People who type do not always begin a sentence with a capital; a title or "no." ends none.
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\bdr\.)(?<!\bmr\.)(?<!\bmrs\.)(?<!\bprof\.)(?<!\bno\.)(?<!\bst\.)\s+", re.IGNORECASE
)
_CLAUSE = re.compile(r"[^,;:]+[,;:]?")
_WORD = re.compile(r"\w+")


def question_of(masked: str) -> str:
    """Return the sentences without marks; failing those, the clauses; failing those, the text with its marks cut out.

    "I'm [name], room [room]. What is a flare?" becomes "What is a flare?"; text without marks stays as it is.
    """
    if not _MARK.search(masked):
        return masked
    for parts in (_SENTENCE_END.split(masked), _CLAUSE.findall(masked)):
        kept = " ".join(part.strip() for part in parts if not _MARK.search(part))
        if len(_WORD.findall(kept)) >= MIN_WORDS:
            return kept
    return " ".join(_MARK.sub(" ", masked).split())
