"""Which words of a passage answer the words of a sentence, and which part of the passage speaks of the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.answer.verify.lexicon import groups
from bot.answer.verify.reading import Reading, Word, read

# How far around a word its neighbours still say what it is about.
_NEAR = 9


@dataclass(frozen=True)
class Alignment:
    """A sentence laid beside a passage.

    Args:
        answers: For each content word of the sentence, the places in the passage that say it or a word of its meaning.
        exact: For each content word of the sentence, whether the passage has that very stem.
    """

    sentence: Reading
    passage: Reading
    answers: tuple[tuple[int, ...], ...]
    exact: tuple[bool, ...]

    @cached_property
    def by_sentence(self) -> tuple[float, ...]:
        """Share of the sentence's content words that each sentence of the passage answers, 0..1."""
        shares = [0.0] * max(1, self.passage.sentences)
        words = self.passage.words
        for places in self.answers:
            for number in {words[place].sentence for place in places}:
                shares[number] += 1 / len(self.answers)
        return tuple(shares)

    @cached_property
    def nearest(self) -> tuple[int, ...]:
        """The passage's sentences that together answer most, at most two, the nearest first."""
        order = sorted(range(len(self.by_sentence)), key=lambda number: (-self.by_sentence[number], number))
        best = order[0]
        rest = [places for places in self.answers if not any(self.passage.words[p].sentence == best for p in places)]
        counts = {
            n: sum(any(self.passage.words[p].sentence == n for p in places) for places in rest) for n in order[1:]
        }
        second = max(counts, key=lambda number: (counts[number], -number), default=None)
        return (best,) if second is None or not counts[second] else (best, second)

    @cached_property
    def near_words(self) -> frozenset[int]:
        """Places of all words in the nearest sentences."""
        return frozenset(place for place, word in enumerate(self.passage.words) if word.sentence in self.nearest)

    def coverage_of(self, words: tuple[Word, ...]) -> float:
        """Share of these content words of the sentence that the passage answers; 1 where there are none."""
        wanted = [
            bool(places) for word, places in zip(self.sentence.content, self.answers, strict=True) if word in words
        ]
        return sum(wanted) / len(wanted) if wanted else 1.0

    def company(self, place: int, *, without: frozenset[int] = frozenset()) -> float:
        """How much of what the sentence says stands near a place of the passage, nearer counting more.

        Args:
            place: A place in the passage's words.
            without: Places in the sentence's content that must not count, the word itself above all.
        """
        here = self.passage.words[place]
        total = 0.0
        for number, places in enumerate(self.answers):
            if number in without:
                continue
            total += max((_closeness(self.passage.words, here, place, other) for other in places), default=0.0)
        return total / max(1, len(self.answers) - len(without))


def _closeness(words: tuple[Word, ...], here: Word, place: int, other: int) -> float:
    if words[other].sentence != here.sentence:
        return 0.0
    distance = abs(place - other)
    bonus = 1.0 if words[other].clause == here.clause else 0.7
    return bonus * max(0.0, 1.0 - distance / (2 * _NEAR))


@lru_cache(maxsize=256)
def _places(passage: Reading) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    by_stem: dict[str, list[int]] = defaultdict(list)
    by_group: dict[str, list[int]] = defaultdict(list)
    for place, (word, labels) in enumerate(zip(passage.words, groups(passage), strict=True)):
        by_stem[word.stem].append(place)
        for label in labels:
            by_group[label].append(place)
    return by_stem, by_group


def align(sentence: str, passage: str) -> Alignment:
    """Lay a sentence beside a passage."""
    said, source = read(sentence), read(passage)
    by_stem, by_group = _places(source)
    labels = groups(said)
    answers, exact = [], []
    for place, word in enumerate(said.words):
        if not word.is_content:
            continue
        places = set(by_stem.get(word.stem, ()))
        exact.append(bool(places))
        for label in labels[place]:
            places.update(by_group.get(label, ()))
        answers.append(tuple(sorted(places)))
    return Alignment(sentence=said, passage=source, answers=tuple(answers), exact=tuple(exact))
