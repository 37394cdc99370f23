"""Wishes about the form of an answer: "simpler, please", "in a few words", "too long".

A wish alone means the last answer again, shorter; beside a question it asks for a short answer and says nothing of
what is looked for.
"""

from __future__ import annotations

import re

from bot.index.words import words

# Beside a question these can only be about the form of the answer.
_STYLE = (
    r"\b(?:in|with|using) (?:(?:a few|two|three|one|simple|simpler|plain|plainer|easy|easier|short|normal|everyday|lay|"
    r"other|fewer|less|non[- ]medical|your own|more|very|really)\s+)+"
    r"(?:words?|sentences?|terms|language|english|lines?)\b"
    r"|\b(?:in short|in brief|in a nutshell|briefly|simply put)\b"
    r"|\b(?:like|as if) i(?:'m| am| was| were) (?:five|5|a child|a kid|ten)\b|\beli5\b|\btl;?dr\b"
)
# These only where nothing else is asked: "how long is too long?" is a question.
_ALONE = (
    r"\b(?:simpler|shorter|plainer|simply|plainly|easier|clearer|briefer|simplify|shorten)\b"
    r"|\btoo (?:long|complicated|complex|hard|difficult|technical|medical|much|many)\b"
    r"|\b(?:dumb|break|sum) (?:it|that|this)? ?(?:all )?(?:down|up)\b|\bsummari[sz]e\b|\bsummary\b"
    r"|\b(?:don'?t|do not|didn'?t|did not|can'?t|cannot) (?:really |quite |fully )?(?:understand|get|follow|grasp)\b"
    r"|\blost me\b|\bover my head\b"
)
_STYLES = re.compile(_STYLE, re.IGNORECASE)
_WISH = re.compile(f"{_STYLE}|{_ALONE}", re.IGNORECASE)
_ASKS = re.compile(r"\bhow (?:long|much|many|hard|often)\b", re.IGNORECASE)
# What a wish is wrapped in: no question of its own.
# fmt: off
_WRAPPING = frozenset({
    "again", "answer", "bit", "bring", "could", "easily", "explain", "far", "fog", "brain", "give", "head",
    "information", "let", "little", "lots", "made", "make", "medical", "now", "put", "quick", "quickly", "read",
    "repeat", "rephrase", "reply", "reword", "sentence", "short", "simple", "sorry", "still", "tired", "today", "text",
    "try", "version", "way", "word", "words", "write",
})
# fmt: on


def is_wish_alone(text: str) -> bool:
    """Tell whether a message asks only for the last answer in fewer or simpler words."""
    if _WISH.search(text) is None or _ASKS.search(text) is not None:
        return False
    return all(word in _WRAPPING for word in words(_WISH.sub(" ", text)))


def wishes_brevity(text: str) -> bool:
    """Tell whether a question asks to be answered in few or simple words."""
    return _STYLES.search(text) is not None and not is_wish_alone(text)


def without_wish(text: str) -> str:
    """Return a question without its wish; a message that holds nothing else as it is."""
    rest = re.sub(r"[\s,;:]+(?=[?.!,])", "", " ".join(_STYLES.sub(" ", text).split())).strip(" ,;:-")
    return rest if words(rest) else text
