"""A warm sentence where fear or distress shows, and the last answer once more in fewer words.

Warmth is a fixed text of `prompts/`; it stands in front of an answer or an abstention, once in a while, and never in
front of an emergency, whose reply is fixed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.answer.citations import escaped
from bot.domain import Author, Message, Outcome, Reply, ReplySentence

# A sentence of warmth in every reply would wear out.
_BETWEEN_REPLIES = 3
# What a tired person reads at a glance.
_SHORT_WORDS = 40
# What stays in however short the answer is.
_URGENT = re.compile(r"\b(?:at once|emergency|same day|right away)\b", re.IGNORECASE)
_WARMED = frozenset({Outcome.ANSWERED, Outcome.ABSTAINED})
_SELF = r"(?:i|we|my \w+|she|he|mum|mom|dad|everyone)(?:'m|'re|'s| am| are| is| feel| feels| was| were| get| got)"
_HOW = (
    r"(?: (?:so|very|really|just|also|still|quite|pretty|absolutely|a bit|a little|rather|too|all|getting|completely))*"
)
_KINDS = (
    (
        "fear",
        rf"\b{_SELF}{_HOW} (?:scared|afraid|frightened|terrified|anxious|worried|nervous|petrified|panicking|panicky|"
        r"freaking out|in a panic|dreading|worried sick|fearful)\b"
        r"|\b(?:scares|frightens|terrifies|worries|panics) me\b|\bi(?:'m| am)? (?:fear|dread|panic)\b"
        r"|\b(?:scared|frightened|terrified|worried) (?:of|about|that|to|sick|stiff|to death)\b"
        r"|\b(?:so|really|pretty|very) (?:scary|frightening|terrifying)\b|\bcan'?t sleep (?:because|for|with) worry",
    ),
    (
        "weariness",
        rf"\b{_SELF}{_HOW} (?:overwhelmed|exhausted by (?:all )?this|fed up|at my wits'? end|worn down|desperate|"
        r"hopeless|heartbroken|devastated|in tears|crying|alone with (?:this|it|all))\b"
        r"|\b(?:all|it|this)(?:'s| is)? (?:too much|so hard|very hard|a lot to take in)\b"
        r"|\bi (?:keep|can'?t stop) crying\b",
    ),
)
_KINDS_OF = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)
# "Not worried", and "should I be worried?", which asks for facts.
_DENIED = re.compile(r"\b(?:not|never|no longer|\w+n't|should (?:i|we) be|need to be)\b", re.IGNORECASE)
_BEFORE_CHARS = 24


def feeling_in(text: str) -> str | None:
    """Return ``fear`` or ``weariness`` where a message shows it; None where it does not, or denies it."""
    plain = text.replace("’", "'")
    for kind, pattern in _KINDS_OF:
        if any(_is_felt(plain, found) for found in pattern.finditer(plain)):
            return kind
    return None


def may_warm(reply: Reply, earlier: Sequence[Message], *, warm_texts: Sequence[str]) -> bool:
    """Tell whether a warm sentence may stand in front: of an answer or abstention, and not in the last replies.

    Args:
        warm_texts: The fixed sentences, by which an earlier one is known.
    """
    if reply.outcome not in _WARMED:
        return False
    texts = [message.text for message in earlier if message.author is Author.BOT][-_BETWEEN_REPLIES:]
    return not any(text.startswith(tuple(warm_texts)) for text in texts)


def last_answer(earlier: Sequence[Message]) -> Reply | None:
    """Return the bot's last reply where it was an answer; None where it was a refusal or anything else."""
    replies = [message.reply for message in earlier if message.author is Author.BOT and message.reply]
    return replies[-1] if replies and replies[-1].outcome is Outcome.ANSWERED else None


def shortened(sentences: Sequence[ReplySentence]) -> tuple[ReplySentence, ...]:
    """Return the first sentence, what is to be done at once, and the next ones up to 40 words, in their order."""
    first, rest = sentences[:1], list(range(1, len(sentences)))
    urgent = [place for place in rest if _URGENT.search(sentences[place].text)][:1]
    kept = set(urgent)
    room = _SHORT_WORDS - sum(len(sentences[place].text.split()) for place in [*range(len(first)), *urgent])
    for place in (place for place in rest if place not in kept):
        room -= len(sentences[place].text.split())
        if room < 0:
            break
        kept.add(place)
    return (*first, *(sentences[place] for place in sorted(kept)))


def in_short(last: Reply, blank: Reply) -> Reply:
    """Make a reply of the last answer's leading sentences, with the citations that they name.

    Args:
        last: The reply before.
        blank: The new reply, without words.
    """
    kept = shortened(last.sentences)
    markers = [marker for sentence in kept for marker in sentence.citations]
    numbers = {marker: number for number, marker in enumerate(dict.fromkeys(markers), start=1)}
    renumbered = tuple(replace(one, citations=tuple(numbers[marker] for marker in one.citations)) for one in kept)
    return replace(
        blank,
        outcome=Outcome.ANSWERED,
        reason="in_short",
        text=" ".join(_shown(sentence) for sentence in renumbered),
        sentences=renumbered,
        citations=tuple(replace(one, marker=numbers[one.marker]) for one in last.citations if one.marker in numbers),
        consulted=last.consulted,
        follow_ups=last.follow_ups,
        answerer=last.answerer,
        model=last.model,
        prompt_digest=last.prompt_digest,
        guide_version=last.guide_version,
        index_version=last.index_version,
        calibration_version=last.calibration_version,
    )


def _shown(sentence: ReplySentence) -> str:
    return " ".join((escaped(sentence.text), *(f"[{marker}]" for marker in sentence.citations)))


def _is_felt(text: str, found: re.Match[str]) -> bool:
    return _DENIED.search(text[max(0, found.start() - _BEFORE_CHARS) : found.end()]) is None
