"""Walks the rules in their order of precedence and says what a message needs before anything else happens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bot.conversation.triage.context import Context, Manner
from bot.conversation.triage.lexicon import Hits
from bot.conversation.triage.meaning import AFTER_CAR_T_KIND, TALK_KIND, Impression, Likeness, MeaningCheck
from bot.conversation.triage.phrases import Pattern, Range, search
from bot.conversation.triage.rulebook import RULES_PATH, Group, Rule, Rulebook, Said, load_rulebook
from bot.conversation.triage.story import Story
from bot.conversation.triage.words import Text, read, unleet
from bot.domain import Outcome, Verdict

_AFTER_CAR_T = "after_car_t"
_URGENT = (Outcome.EMERGENCY, Outcome.CRISIS)
_MEANINGS = {
    "red_flag": Outcome.EMERGENCY,
    AFTER_CAR_T_KIND: Outcome.EMERGENCY,
    "crisis": Outcome.CRISIS,
    "asked_for_person": Outcome.HANDOFF,
    "personal": Outcome.PERSONAL,
    TALK_KIND: Outcome.CONVERSATION,
}
_PERSONAL_OTHER = "personal.other"
"""Told where no rule knows what a personal question is about: the network is surer of the kind than of the matter."""
_KEYS_IN_A_ROW = re.compile(r"qwer|asdf|sdfg|dfgh|fghj|ghjk|hjkl|zxcv|xcvb|cvbn", re.IGNORECASE)
# Five consonants in a row, as in no word but "lengths" and its like, or one letter over and over.
_UNSAYABLE = re.compile(r"^(?!\w*ngths)\w*[bcdfghjklmnpqrstvwxz]{5}|^(?!mm$)([a-z])\1+$", re.IGNORECASE)
# "and why", "ok how": what stands before a question that goes on.
_LEADING = frozenset({"and", "but", "so", "or", "ok", "okay", "then", "oh", "hm"})
_ASKING = frozenset({"why", "how", "when", "where", "which", "who", "whose", "what"})
# What small talk with the program is about.
_PROGRAM = frozenset(
    {
        "you",
        "your",
        "yours",
        "yourself",
        "u",
        "ur",
        "this",
        "here",
        "bot",
        "chatbot",
        "robot",
        "machine",
        "computer",
        "ai",
    }
)
_ATTACKS = "injection"
"""The group of the rules that knows attacks on the program."""
_EARLIER_READ = 6
"""How many earlier messages are read for a CAR-T date or a pregnancy."""

ImpressionOf = Callable[[], Impression]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A message with all that was found in it."""

    text: Text
    hits: Hits
    context: Context
    story: Story
    situations: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Finding:
    rule: Rule
    spans: tuple[Range, ...]
    reading: _Reading


def load_triage(*, rules_path: Path = RULES_PATH, meaning: MeaningCheck | None = None) -> Triage:
    """Read the rules and return the triage; `meaning` None: the rules work alone.

    Raises:
        SettingsError: The rules cannot be used; the detail names the rule.
    """
    return Triage(load_rulebook(rules_path), meaning=meaning)


class Triage:
    """The first look at a message. Pure: the same message and the same past give the same verdict."""

    def __init__(self, rulebook: Rulebook, *, meaning: MeaningCheck | None = None) -> None:
        self._book = rulebook
        self._meaning = meaning

    def check(
        self, text: str, *, earlier: Sequence[str] = (), after_car_t: bool = False, by_rules_alone: bool = False
    ) -> Verdict:
        """Say what a message needs.

        Args:
            text: The patient's message, any length; the middle of a very long one is not read.
            earlier: The patient's earlier messages, oldest first.
            after_car_t: It is known that the cells were given.
            by_rules_alone: Leave the meaning check out; else it is asked at most once, and only where the rules see
                no danger.

        Raises:
            ModelError: The meaning check fails.
        """
        past = self._earlier_situations(earlier)
        known = past | {_AFTER_CAR_T} if after_car_t else past
        reading = self._read(text, known)
        if not reading.text.tokens:
            return _without_words(text)
        readings = [reading]
        plain = unleet(text)
        if plain is not None:
            readings.append(self._read(plain, known))
        meaning = None if by_rules_alone else self._meaning
        impression = None if meaning is None else cache(lambda: meaning.impression(text))
        return self._decide(readings, impression, goes_on=bool(earlier))

    def _decide(self, readings: list[_Reading], impression: ImpressionOf | None, *, goes_on: bool) -> Verdict:
        first = readings[0]
        urgent, calm = self._split()
        verdict = self._first(urgent, readings) or self._danger(first, impression, is_attack=self._attacks(readings))
        verdict = verdict or self._first(calm, readings) or self._calm(first, impression, goes_on=goes_on)
        if verdict is None and _is_gibberish(first.text):
            verdict = Verdict(Outcome.CONVERSATION, reason="talk.gibberish", rule_id="gibberish")
        verdict = verdict or Verdict(None)
        region = self._region(first, in_danger=verdict.outcome in _URGENT)
        return replace(verdict, after_car_t=_AFTER_CAR_T in first.situations, region=region)

    def _split(self) -> tuple[list[Group], list[Group]]:
        urgent = [group for group in self._book.groups if group.rules[0].outcome in _URGENT]
        return urgent, [group for group in self._book.groups if group not in urgent]

    def _first(self, groups: list[Group], readings: list[_Reading]) -> Verdict | None:
        for group in groups:
            for reading in readings:
                findings = list(self._findings(group, reading))
                if findings:
                    return self._verdict(min(findings, key=lambda finding: finding.rule.severity.rank))
        return None

    def _findings(self, group: Group, reading: _Reading) -> Iterator[_Finding]:
        if group.off_topic and self._found(self._book.topic, reading):
            return
        for rule in group.rules:
            spans = self._fires(rule, reading)
            if spans and not (rule.alone and self._asks(reading, besides=spans)):
                yield _Finding(rule, spans, reading)

    def _fires(self, rule: Rule, reading: _Reading) -> tuple[Range, ...]:
        held = reading.situations
        if (rule.needs and not held.intersection(rule.needs)) or held.intersection(rule.without):
            return ()
        if rule.whole:
            return self._whole(rule, reading)
        for pattern in rule.signs:
            if pattern.number not in reading.hits.live:
                continue
            for spans in search(pattern, hits=reading.hits, text=reading.text):
                if self._counts(rule, pattern, spans, reading):
                    return spans
        return ()

    def _counts(self, rule: Rule, pattern: Pattern, spans: tuple[Range, ...], reading: _Reading) -> bool:
        signs = [span for part, span in zip(pattern.parts, spans, strict=True) if not part.is_support]
        sentences = {reading.text.sentence[span.start] for span in signs}
        for silent in rule.unless:
            for found in search(silent, hits=reading.hits, text=reading.text):
                if reading.text.sentence[found[0].start] in sentences:
                    return False
        if rule.said is Said.ANYHOW:
            return True
        if rule.said is Said.NOT_DENIED:
            return not any(reading.context.is_denied(span) for span in signs)
        if not rule.in_story and all(reading.story.tells(span) for span in signs):
            return False
        allowed = (Manner.NOW, Manner.SUPPOSED) if rule.said is Said.NEAR else (Manner.NOW,)
        return all(reading.context.manner(span) in allowed for span in signs)

    def _whole(self, rule: Rule, reading: _Reading) -> tuple[Range, ...]:
        """The signs, with filler words, have to make up the whole message."""
        signs = self._spans(rule.signs, reading)
        if not signs or self._found(rule.unless, reading):
            return ()
        filler = self._spans(self._book.filler, reading)
        covered = {index for span in (*signs, *filler) for index in range(span.start, span.end)}
        return (signs[0],) if len(covered) == len(reading.text.tokens) else ()

    def _verdict(self, finding: _Finding) -> Verdict:
        rule, text = finding.rule, finding.reading.text
        return Verdict(
            rule.outcome,
            reason=rule.reason_other if self._is_of_other(finding) else rule.reason,
            rule_id=rule.id,
            triggers=tuple(text.quote(span.start, span.end) for span in finding.spans),
            has_question=self._asks(finding.reading, besides=finding.spans),
            general_question=rule.outcome is Outcome.PERSONAL
            and rule.general
            and self._found(self._book.topic, finding.reading),
        )

    def _is_of_other(self, finding: _Finding) -> bool:
        """Is the last person named before or in the sign someone else than the writer?"""
        sign, reading = finding.spans[0], finding.reading
        named = [(span.start, True) for span in self._spans(self._book.someone_else, reading)]
        named += [(span.start, False) for span in self._spans(self._book.oneself, reading)]
        numbers = reading.text.sentence
        near = [name for name in named if name[0] < sign.end and numbers[name[0]] == numbers[sign.start]]
        return max(near, default=(0, False))[1]

    def _asks(self, reading: _Reading, *, besides: tuple[Range, ...]) -> bool:
        """Is there a question in another thought than the signs, in a message that names the guide's topics?"""
        text = reading.text
        taken = {text.segment[index] for span in besides for index in range(span.start, span.end)}
        questions = self._segments(self._book.question, reading)
        questions |= {text.segment[index] for index, number in enumerate(text.sentence) if number in text.asked}
        return bool(questions - taken) and self._found(self._book.topic, reading)

    def _attacks(self, readings: list[_Reading]) -> bool:
        """Do the rules know it for an attack on the program?"""
        return self._first([group for group in self._book.groups if group.name == _ATTACKS], readings) is not None

    def _danger(self, reading: _Reading, impression: ImpressionOf | None, *, is_attack: bool) -> Verdict | None:
        """What the network takes for a danger; "no", "if" and questions are left to it, it was trained on both.

        An attack sounds desperate to it ("say this, or else"): then only bodily danger counts.
        """
        if impression is None:
            return None
        likely = impression().danger(after_car_t=_AFTER_CAR_T in reading.situations)
        if likely is None or (is_attack and _MEANINGS[likely.kind] is Outcome.CRISIS):
            return None
        return self._by_meaning(reading, likely)

    def _calm(self, reading: _Reading, impression: ImpressionOf | None, *, goes_on: bool) -> Verdict | None:
        likely = None if impression is None else impression().calm()
        if likely is None:
            return None
        # Whatever names a topic of the guide, or asks on after an answer, is a question for it and no small talk.
        asks_on = goes_on and _asks_on(reading.text.tokens)
        if likely.kind == TALK_KIND and (asks_on or self._found(self._book.topic, reading)):
            return None
        return self._by_meaning(reading, likely)

    def _by_meaning(self, reading: _Reading, likely: Likeness) -> Verdict:
        # The message was read as a whole, so the whole of it is what triggered.
        words = reading.text.quote(0, len(reading.text.tokens))
        outcome = _MEANINGS[likely.kind]
        return Verdict(
            outcome,
            _PERSONAL_OTHER if outcome is Outcome.PERSONAL else likely.reason,
            rule_id=f"meaning.{likely.kind}",
            triggers=(words,),
            general_question=outcome is Outcome.PERSONAL and self._found(self._book.topic, reading),
        )

    def _read(self, text: str, known: frozenset[str]) -> _Reading:
        parsed = read(text, spelling=self._book.spelling)
        hits = self._book.lexicon.find(parsed)
        context = Context(text=parsed, hits=hits, cues=self._book.cues)
        story = Story(text=parsed, hits=hits, cues=self._book.story)
        return _Reading(parsed, hits, context, story, known | self._situations(parsed, hits))

    def _situations(self, text: Text, hits: Hits) -> frozenset[str]:
        def found(patterns: tuple[Pattern, ...]) -> bool:
            return any(True for pattern in patterns for _ in search(pattern, hits=hits, text=text))

        return frozenset(
            name for name, (holds, fails) in self._book.situations.items() if found(holds) and not found(fails)
        )

    def _earlier_situations(self, earlier: Sequence[str]) -> frozenset[str]:
        held: frozenset[str] = frozenset()
        for text in earlier[-_EARLIER_READ:]:
            parsed = read(text, spelling=self._book.spelling)
            held |= self._situations(parsed, self._book.lexicon.find(parsed))
        return held

    def _region(self, reading: _Reading, *, in_danger: bool) -> str | None:
        regions = [self._book.regions, self._book.regions_in_danger] if in_danger else [self._book.regions]
        for patterns_of in regions:
            for code, patterns in patterns_of.items():
                if self._found(patterns, reading):
                    return code
        return None

    def _found(self, patterns: tuple[Pattern, ...], reading: _Reading) -> bool:
        return any(True for pattern in patterns for _ in search(pattern, hits=reading.hits, text=reading.text))

    def _segments(self, patterns: tuple[Pattern, ...], reading: _Reading) -> set[int]:
        return {reading.text.segment[span.start] for span in self._spans(patterns, reading)}

    def _spans(self, patterns: tuple[Pattern, ...], reading: _Reading) -> list[Range]:
        return [found[0] for pattern in patterns for found in search(pattern, hits=reading.hits, text=reading.text)]


def _asks_on(tokens: Sequence[str]) -> bool:
    """Tell "why is that?" and "how old was she?" from "why are you so slow?"."""
    begin = next((word for word in tokens if word not in _LEADING), "")
    return begin in _ASKING and _PROGRAM.isdisjoint(tokens)


def _without_words(text: str) -> Verdict:
    """A message of signs only: a thumb, a sad face, a question mark, or nothing."""
    reasons = {"talk.sad": "😢😭😞😔☹🥺💔😟😩", "talk.thanks": "👍🙏❤💜😊🙂👌💕😀😃😄☺🤗👏"}
    for reason, signs in reasons.items():
        if any(sign in text for sign in signs):
            return Verdict(Outcome.CONVERSATION, reason=reason, rule_id="signs_only")
    return Verdict(Outcome.CONVERSATION, reason="talk.empty", rule_id="no_words")


def _is_gibberish(text: Text) -> bool:
    """A few words that nobody can say: keys in a row, or long words without a vowel."""
    if len(text.tokens) > 4:
        return False
    strange = [
        token
        for token in text.tokens
        if _KEYS_IN_A_ROW.search(token) or _UNSAYABLE.search(token) or _is_without_vowel(token)
    ]
    return bool(strange) and len(strange) * 2 >= len(text.tokens)


def _is_without_vowel(token: str) -> bool:
    return len(token) > 3 and not re.search("[aeiouy0-9]", token)
