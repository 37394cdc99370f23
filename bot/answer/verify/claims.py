"""How a sentence says a thing against how its passage does: polarity, hedges, scope, causes, order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.lexicon import Phrases, lexicon
from bot.answer.verify.reading import Reading, Word

# Company below which a word of the passage speaks of something else.
_SPEAKS_OF_THE_SAME = 0.12


@dataclass(frozen=True, slots=True)
class Cues:
    """Cues of one list: how many the sentence has, the nearest part of the passage has, and the whole passage has.

    Args:
        added: In the sentence, and not in the nearest part of the passage.
        lost: In the nearest part of the passage, in company of what the sentence says, and not in the sentence.
        new: In the sentence, and nowhere in the passage.
    """

    said: int
    near: int
    added: int
    lost: float
    new: int


def cues(phrases: Phrases, alignment: Alignment) -> Cues:
    """Count the cues of a list in a sentence and its passage."""
    said = {stems for _, stems, _ in phrases.find(alignment.sentence)}
    source = phrases.find(alignment.passage)
    near = {stems for place, stems, _ in source if place in alignment.near_words}
    everywhere = {stems for _, stems, _ in source}
    lost = max(
        (alignment.company(place) for place, stems, _ in source if place in alignment.near_words and stems not in said),
        default=0.0,
    )
    return Cues(len(said), len(near), len(said - near), lost, len(said - everywhere))


@dataclass(frozen=True, slots=True)
class Polarity:
    """Whether a sentence says no where its passage says yes.

    Args:
        parity: 1 where one of sentence and nearest clauses is negated an odd number of times and the other is not.
        added: Negated, and the passage is negated nowhere near.
        lost: How close a negation of the passage stands to what an unnegated sentence says.
        opposites: Words of the sentence whose opposite, and not they, stands in the nearest sentences of the passage.
        opposites_far: The same for the whole passage.
        opposites_one: The same for the one sentence nearest.
    """

    parity: float
    added: float
    lost: float
    opposites: int
    opposites_far: int
    opposites_one: int


def polarity(alignment: Alignment) -> Polarity:
    """Compare the negations and opposites of a sentence and its passage."""
    said = lexicon().negations.find(alignment.sentence)
    source = [(place, alignment.company(place)) for place, _, _ in lexicon().negations.find(alignment.passage)]
    close = [company for _, company in source if company > _SPEAKS_OF_THE_SAME]
    near_count = sum(1 for place, _ in source if place in alignment.near_words)
    return Polarity(
        parity=float(len(said) % 2 != len(close) % 2),
        added=float(bool(said) and not near_count),
        lost=0.0 if said else max((company for _, company in source), default=0.0),
        opposites=_opposites(alignment, alignment.nearest),
        opposites_far=_opposites(alignment, range(alignment.passage.sentences)),
        opposites_one=_opposites(alignment, alignment.nearest[:1]),
    )


def _opposites(alignment: Alignment, sentences: Sequence[int]) -> int:
    """Count the words of a sentence whose opposite, and not they, stands in these sentences of the passage."""
    said = {label for _, _, label in lexicon().opposites.find(alignment.sentence)}
    words = alignment.passage.words
    source = {
        label for place, _, label in lexicon().opposites.find(alignment.passage) if words[place].sentence in sentences
    }
    others = {_other_side(label) for label in source - said}
    return len((said - source) & others)


def _other_side(label: str) -> str:
    return label[:-1] + ("b" if label[-1] == "a" else "a")


@dataclass(frozen=True, slots=True)
class Cause:
    """Whether a sentence gives a cause that its passage does not.

    Args:
        is_new: 1 where the sentence has a word of cause and the nearest part of the passage none.
        coverage: Share of the words after it (or before, for "causes") that the passage has; 1 without such a word.
    """

    is_new: float
    is_said: float
    coverage: float
    near: float


# Too common as plain connectives to count as a claim of cause by themselves.
_FAINT_CAUSES = frozenset({"as", "so", "sinc", "henc", "caus"})


def cause(alignment: Alignment) -> Cause:
    """Look for causes that a sentence adds."""
    said = [item for item in lexicon().causes.find(alignment.sentence) if item[1] not in {"as", "so", "since", "sinc"}]
    if not said:
        return Cause(0.0, 0.0, 1.0, 1.0)
    source = [item for item in lexicon().causes.find(alignment.passage) if item[1] not in {"as", "so"}]
    near = any(place in alignment.near_words for place, _, _ in source)
    place = said[0][0]
    after = tuple(word for word in alignment.sentence.words[place + 1 :] if word.is_content)
    before = tuple(word for word in alignment.sentence.words[:place] if word.is_content)
    coverage = min(alignment.coverage_of(after), alignment.coverage_of(before))
    return Cause(float(not source), 1.0, coverage, float(near))


def longest_gap(alignment: Alignment) -> int:
    """Return the longest run of content words in a row that the passage does not answer."""
    longest = run = 0
    for places in alignment.answers:
        run = 0 if places else run + 1
        longest = max(longest, run)
    return longest


def clause_coverages(alignment: Alignment) -> list[float]:
    """Return the share of answered content words of each clause of the sentence."""
    return [alignment.coverage_of(words) for words in _clauses(alignment.sentence)]


def _clauses(reading: Reading) -> Iterable[tuple[Word, ...]]:
    numbers = dict.fromkeys(word.clause for word in reading.content)
    return [tuple(word for word in reading.content if word.clause == number) for number in numbers]
