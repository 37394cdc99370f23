"""Tells whether a sign is happening to someone, or only asked about, feared, denied, past or a figure of speech.

A sign is taken to be happening unless its sentence says otherwise: a missed emergency is worse than a false alarm.
The order below is the order in which a doubt is settled; `Manner` names the result, so that each is explainable.
"""

from __future__ import annotations

from enum import StrEnum

from bot.conversation.triage.lexicon import Hits
from bot.conversation.triage.phrases import Pattern, Range, search
from bot.conversation.triage.rulebook import Cues
from bot.conversation.triage.words import Text

_DENIAL_REACH = 4
"""Words that may stand between "no" and the sign it denies: "no real sign of a fever"."""
_AFTER_REACH = 8
"""Words after the sign in which "30 years ago" still belongs to it."""
_DATE_REACH = 2
"""Words after the sign in which "ten years ago" dates it, whatever else the sentence says."""
_PERSON_REACH = 7
"""Words that may stand between "he is" and the sign that he has."""
_OPENING = 4
"""Words at the beginning of a sentence in which "Years ago in Manila" dates the whole of it."""


class Manner(StrEnum):
    """How a sign is spoken of."""

    NOW = "now"
    DENIED = "denied"
    PAST = "past"
    SUPPOSED = "supposed"
    ASKED_ABOUT = "asked_about"
    FIGURE_OF_SPEECH = "figure_of_speech"


class Context:
    """The cues of one message, found once and asked for each sign."""

    def __init__(self, *, text: Text, hits: Hits, cues: Cues) -> None:
        self._text = text
        self._now = _spans(cues.now, hits, text)
        self._onset = bool(_spans(cues.onset, hits, text))
        self._lately = _spans(cues.lately, hits, text)
        self._past = _spans(cues.past, hits, text)
        self._told = _spans(cues.told, hits, text)
        self._dating = _spans(cues.dating, hits, text)
        self._lifelong = _spans(cues.lifelong, hits, text)
        self._denied = _spans(cues.denied, hits, text)
        self._supposed = _spans(cues.supposed, hits, text)
        self._asking = _spans(cues.asking, hits, text)
        self._about = _spans(cues.about, hits, text)
        self._reported = _spans(cues.reported, hits, text)
        self._person = _spans(cues.person, hits, text)
        self._idiom = _spans(cues.idiom, hits, text)

    def manner(self, sign: Range) -> Manner:
        """Return how the sign is spoken of."""
        segment = self._segment(sign)
        is_now = self._onset or _any(self._now, segment)
        if any(span.start < sign.end and sign.start < span.end for span in self._idiom):
            return Manner.FIGURE_OF_SPEECH
        if self.is_denied(sign):
            return Manner.DENIED
        if self._is_dated(sign, segment) or (not is_now and self._is_past(sign, segment)):
            return Manner.PAST
        before = Range(segment.start, sign.start + 1)
        if self._is_asked(sign, segment=segment, before=before, is_now=is_now or _any(self._lately, segment)):
            return Manner.ASKED_ABOUT
        if not is_now and _any(self._supposed, before):
            return Manner.SUPPOSED
        return Manner.NOW

    def is_denied(self, sign: Range) -> bool:
        """Is the sign denied, as in "no fever" or "no chills, cough or fever"?"""
        for span in self._denied:
            if span.start >= sign.start or span.end > sign.start:
                continue
            same = self._text.segment[span.start] == self._text.segment[sign.start]
            near = sign.start - span.end <= _DENIAL_REACH
            if same and (near or self._is_list(span.end, sign.start)):
                return True
        return False

    def _is_list(self, start: int, end: int) -> bool:
        """Are only listed things between, no new verb, as in "no fever, cough, chills or headache"?"""
        return end - start <= 12 and not any(
            span.start < end and start < span.end for span in (*self._now, *self._person)
        )

    def _is_dated(self, sign: Range, segment: Range) -> bool:
        """Does a past time stand right behind the sign, as in "suicidal ten years ago and well now"?"""
        dates = (*self._past, *self._lifelong)
        return any(sign.end <= span.start <= sign.end + _DATE_REACH and span.end <= segment.end for span in dates)

    def _is_past(self, sign: Range, segment: Range) -> bool:
        sentence = self._sentence(sign)
        reach = Range(segment.start, min(sentence.end, max(segment.end, sign.end) + _AFTER_REACH))
        if _any(self._past, reach):
            return True
        return _any(self._told, segment) and self._is_dated_around(sentence)

    def _is_dated_around(self, sentence: Range) -> bool:
        """Does the sentence begin with a past time, or the next one say "That was in 2011"?"""
        opens = any(sentence.start <= span.start < sentence.start + _OPENING for span in self._past)
        return opens or any(span.start == sentence.end for span in self._dating)

    def _is_asked(self, sign: Range, *, segment: Range, before: Range, is_now: bool) -> bool:
        if self._is_somebodys(sign, segment) or (is_now and not _any(self._about, segment)):
            return False
        return _any(self._asking, before) or _any(self._reported, before) or _any(self._about, segment)

    def _is_somebodys(self, sign: Range, segment: Range) -> bool:
        # Who only reads or hears of a sign does not have it: "I have read of a stroke".
        reports = (span for span in self._reported if segment.start <= span.start and span.end <= sign.start)
        heard = max((span.end for span in reports), default=0)
        return any(
            max(segment.start, heard) <= span.start < min(segment.end, sign.end + 1)
            and sign.start - span.end <= _PERSON_REACH
            for span in self._person
        )

    def _segment(self, sign: Range) -> Range:
        return _around(sign, self._text.segment)

    def _sentence(self, sign: Range) -> Range:
        return _around(sign, self._text.sentence)


def _around(sign: Range, numbers: tuple[int, ...]) -> Range:
    """The words with the same number as the sign's, and the sign itself."""
    start, end = sign.start, sign.end
    while start > 0 and numbers[start - 1] == numbers[sign.start]:
        start -= 1
    while end < len(numbers) and numbers[end] == numbers[sign.end - 1]:
        end += 1
    return Range(start, end)


def _spans(patterns: tuple[Pattern, ...], hits: Hits, text: Text) -> tuple[Range, ...]:
    return tuple(found[0] for pattern in patterns for found in search(pattern, hits=hits, text=text))


def _any(spans: tuple[Range, ...], within: Range) -> bool:
    return any(within.start <= span.start and span.end <= within.end for span in spans)
