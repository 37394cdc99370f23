"""What kind of thing a question asks for, a number, a time, an age or a reason, and which sentences hold one."""

from __future__ import annotations

import re

from bot.index.words import folded

_NUMBER = r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|nobody|none|no)"
_TIME = rf"\b{_NUMBER}\b[^.]{{0,20}}\b(?:hours?|days?|weeks?|months?|years?|minutes?|life)\b"
# What a question asks for, and what a sentence that says it holds; the counted one is first.
_KINDS = tuple(
    (re.compile(rf"\b(?:{asks})\b"), re.compile(says))
    for asks, says in (
        (
            r"how (?:many|much|often|common)|what (?:share|fraction|percentage|number)|"
            r"what (?:is|was) the (?:\w+ )?(?:rate|chance)|out of",
            rf"\b{_NUMBER}\b",
        ),
        (r"how long", rf"{_TIME}|\blifelong\b"),
        (r"how old|(?:what|which) ages?", r"\bage[ds]?\b|\byears? old\b|\badults?\b|\bchildren\b"),
        (r"when|(?:what|which) year", rf"\b(?:19|20)\d\d\b|{_TIME}"),
        (r"why|how come", r"\bbecause\b|\breasons?\b|\bso that\b"),
    )
)
COUNTED = 0
_HOW_LONG = re.compile(r"\bfor how many (?:hours|days|weeks|months|years)\b")


def kind_of(text: str) -> int | None:
    """Return the kind of thing that a question asks for; None where it asks for none of these."""
    plain = _HOW_LONG.sub("how long", folded(text))
    return next((number for number, (asks, _) in enumerate(_KINDS) if asks.search(plain)), None)


def holds(kind: int, text: str) -> bool:
    """Tell whether a sentence holds a thing of this kind."""
    return _KINDS[kind][1].search(folded(text)) is not None
