"""Tells which sentences of a message belong to a story that is long over, or to a film or a book.

A past time ("in 2019", "when my dad was alive") carries on over the sentences behind it until a word of the present
("today", "again") ends it. A sign counts as told only where its own sentence is in the past tense, and where the
message says afterwards how it went on ("they kept her in", "she is fine"). Unclear is never told: many report what
happened a minute ago in the past tense too, and a missed emergency is worse than a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from bot.conversation.triage.lexicon import Hits
from bot.conversation.triage.phrases import Pattern, Range, search
from bot.conversation.triage.rulebook import StoryCues
from bot.conversation.triage.words import Text

_BACK = 3
"""Sentences before "That was ten years ago." that it may date."""


class Story:
    """The sentences of one message, and which of them tell of something over; looked at only when asked."""

    def __init__(self, *, text: Text, hits: Hits, cues: StoryCues) -> None:
        self._text = text
        self._hits = hits
        self._cues = cues

    def tells(self, sign: Range) -> bool:
        """Is the sign part of a story that is over, or of a film or a book?"""
        if self._is_urgent:
            return False
        sentence = self._text.sentence[sign.start]
        if self._is_plot_before(sign):
            return True
        if sentence in self._now or sentence in self._starting:
            return False
        if sentence in self._plots and sentence not in self._near and self._ends(sign, self._cues.seen):
            return True
        if sentence in self._present or sentence not in self._told:
            return False
        return sentence in self._dated_afterwards or (self._is_in_past(sign) and self._ends(sign, self._cues.closed))

    def _is_plot_before(self, sign: Range) -> bool:
        """Does a film or a book stand before the sign, and behind it nobody real, as in "I saw a film where she"?"""
        sentence = self._text.sentence[sign.start]
        openers = [span.start for span in self._spans(self._cues.plot) if self._text.sentence[span.start] == sentence]
        opener = max((start for start in openers if start < sign.start), default=None)
        real = self._spans((*self._cues.near, *self._cues.now, *self._cues.starting))
        return opener is not None and not any(
            span.start >= opener and self._text.sentence[span.start] == sentence for span in real
        )

    def _ends(self, sign: Range, patterns: tuple[Pattern, ...]) -> bool:
        return any(span.start >= sign.start for span in self._spans(patterns))

    def _is_in_past(self, sign: Range) -> bool:
        """Did a past time before the sign open a story, and is it about the same people?"""
        sentence = self._text.sentence[sign.start]
        opened = self._past.get(sentence)
        if opened == sentence:
            return any(
                span.end <= sign.start and self._text.sentence[span.start] == sentence
                for span in self._spans(self._cues.opened)
            )
        if opened is None:
            return False
        met = {who for other in range(opened, sentence) for who in self._who(other)}
        return not met or not self._who(sentence) or bool(met & self._who(sentence))

    def _who(self, sentence: int) -> set[str]:
        """Whom a sentence names: the writer, others, both or nobody."""
        people = {"oneself": self._oneself, "others": self._others}
        return {who for who, sentences in people.items() if sentence in sentences}

    @cached_property
    def _is_urgent(self) -> bool:
        return any(True for _ in self._spans((*self._cues.cry, *self._cues.fresh)))

    @cached_property
    def _past(self) -> dict[int, int]:
        background = list(self._spans(self._cues.background))
        opened = list(self._spans(self._cues.opened))
        # "Years before I was diagnosed" opens a story, "I was diagnosed in 2019" does not.
        idle = {
            self._text.sentence[span.start] for span in background if not any(_meet(span, other) for other in opened)
        }
        timed = {self._text.sentence[span.start] for span in opened}
        return self._carried(frozenset(timed - idle - (self._present - self._told)))

    @cached_property
    def _plots(self) -> dict[int, int]:
        return self._carried(self._sentences(self._cues.plot))

    def _carried(self, opened: frozenset[int]) -> dict[int, int]:
        """The sentences from each that opens a story to the next that speaks of the present, and which opened it."""
        held: dict[int, int] = {}
        for sentence in range(self._count):
            if sentence in self._now:
                continue
            if sentence in opened:
                held[sentence] = sentence
            elif sentence - 1 in held:
                held[sentence] = held[sentence - 1]
        return held

    @cached_property
    def _dated_afterwards(self) -> frozenset[int]:
        """The sentences before "That was ten years ago.", as far back as they speak of the same thing."""
        held: set[int] = set()
        for dating in self._sentences(self._cues.dated):
            for sentence in range(dating - 1, max(dating - 1 - _BACK, -1), -1):
                if sentence in self._now or sentence in self._present:
                    break
                held.add(sentence)
                if sentence in self._relatives:
                    break
        return frozenset(held)

    @cached_property
    def _now(self) -> frozenset[int]:
        return self._sentences(self._cues.now)

    @cached_property
    def _starting(self) -> frozenset[int]:
        return self._sentences(self._cues.starting)

    @cached_property
    def _present(self) -> frozenset[int]:
        return self._sentences(self._cues.present)

    @cached_property
    def _told(self) -> frozenset[int]:
        return self._sentences(self._cues.told)

    @cached_property
    def _near(self) -> frozenset[int]:
        return self._sentences(self._cues.near)

    @cached_property
    def _oneself(self) -> frozenset[int]:
        return self._sentences(self._cues.oneself)

    @cached_property
    def _others(self) -> frozenset[int]:
        return self._sentences(self._cues.others)

    @cached_property
    def _relatives(self) -> frozenset[int]:
        return self._sentences(self._cues.relatives)

    @property
    def _count(self) -> int:
        return self._text.sentence[-1] + 1 if self._text.sentence else 0

    def _sentences(self, patterns: tuple[Pattern, ...]) -> frozenset[int]:
        return frozenset(self._text.sentence[span.start] for span in self._spans(patterns))

    def _spans(self, patterns: tuple[Pattern, ...]) -> Iterator[Range]:
        for pattern in patterns:
            for found in search(pattern, hits=self._hits, text=self._text):
                yield found[0]


def _meet(one: Range, other: Range) -> bool:
    return one.start < other.end and other.start < one.end
