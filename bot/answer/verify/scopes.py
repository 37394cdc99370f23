"""How far a denial reaches: "not used in pregnancy or while breastfeeding" denies both, a "but" ends it.

Beside `clauses`, which cuts at every comma and "and", this cuts a text where one statement ends and the next begins, so
that a "no" is never lent to a neighbour, and what is joined by "or" stays together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.clauses import denied, turned
from bot.answer.verify.reading import Reading, Word

_HARD_STOP = re.compile(r"[;:()–]")
_CONTRASTS = frozenset(
    [
        "but",
        "however",
        "although",
        "though",
        "yet",
        "whereas",
        "unless",
        "because",
        "if",
        "when",
        "which",
        "who",
        "so",
        "until",
        "except",
    ]
)
_PRONOUNS = frozenset(["it", "they", "that", "this", "these", "those", "he", "she", "we", "you", "there"])
_VERBS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "has",
        "have",
        "had",
        "can",
        "could",
        "may",
        "might",
        "will",
        "would",
        "should",
        "must",
        "do",
        "does",
        "did",
        "need",
        "needs",
    ]
)
_JOINTS = frozenset(["in", "at", "on", "during", "while", "for", "by", "with", "from", "to", "of"])
# So many words after a comma or "and" show whether a new statement begins.
_OPENING = 4
# What stands elsewhere in the sentence, or is meant by a pronoun, speaks for a statement half as much.
_BORROWED = 0.5
# What stands anywhere else in the passage, as its topic may, speaks for a statement less still.
_TOPIC = 0.25
_SHARED = 0.4
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class _Fit:
    """A statement of the passage as it answers one of the sentence: places there, numbers of words answered, weight."""

    near: frozenset[int]
    answered: frozenset[int]
    weight: float


def scope_findings(alignment: Alignment) -> dict[str, float]:
    """Tell whether a statement of the sentence is turned round against the statement of the passage it restates."""
    found = {"scope_denied": 0.0, "scope_affirmed": 0.0}
    words = alignment.sentence.words
    starts = {word.start: number for number, word in enumerate(alignment.sentence.content)}
    for said in statements(alignment.sentence):
        plain = set(said) - set(denied(alignment.sentence, frozenset(said)))
        fit = _best(alignment, [starts[words[place].start] for place in sorted(plain) if words[place].is_content])
        if fit is None or fit.weight < _SHARED:
            continue
        for name, value in _compared(alignment, said, fit).items():
            found[name] = max(found[name], value)
    return found


def statements(reading: Reading) -> list[tuple[int, ...]]:
    """Return the places of the words of each statement."""
    found: list[list[int]] = []
    for place in range(len(reading.words)):
        if not place or _ends_before(reading, place):
            found.append([])
        found[-1].append(place)
    return [tuple(places) for places in found]


def _ends_before(reading: Reading, place: int) -> bool:
    words = reading.words
    before, word = words[place - 1], words[place]
    gap = reading.text[before.end : word.start]
    if before.sentence != word.sentence or _HARD_STOP.search(gap):
        return True
    if word.text in _CONTRASTS:
        return before.text != "even" and not (word.text == "yet" and "," not in gap)
    if word.text == "even":
        return place + 1 < len(words) and words[place + 1].text in {"if", "though"}
    rest = [other for other in words[place : place + _OPENING + 1] if other.sentence == word.sentence]
    if word.text == "while":
        return not any(other.text.endswith("ing") for other in rest[1:3])
    if word.text == "and":
        return not (len(rest) > 1 and rest[1].text in _JOINTS)
    return "," in gap and not _is_listed(words[place:])


def _is_listed(rest: Sequence[Word]) -> bool:
    """Tell whether what follows a comma is joined to what stands before by a later "or"."""
    for word in rest:
        if word.sentence != rest[0].sentence or word.text in _PRONOUNS | _VERBS | _CONTRASTS:
            return False
        if word.text in {"or", "nor"}:
            return True
    return False


def _best(alignment: Alignment, numbers: Sequence[int]) -> _Fit | None:
    """Return the statement of the passage that answers most of these content words of the sentence."""
    words = alignment.passage.words
    anywhere = {number for number in numbers if alignment.answers[number]}
    here = {place: number for number, places in enumerate(statements(alignment.passage)) for place in places}
    own: dict[int, set[int]] = defaultdict(set)
    by_sentence: dict[int, set[int]] = defaultdict(set)
    for number in numbers:
        for place in alignment.answers[number]:
            own[here[place]].add(number)
            by_sentence[words[place].sentence].add(number)
    best, most = None, 0.0
    for segment, places in enumerate(statements(alignment.passage)):
        answered = own[segment]
        first = words[places[0]].sentence
        around = set(by_sentence[first])
        if any(words[place].text in _PRONOUNS for place in places[:_OPENING]):
            around |= by_sentence[first - 1]
        around -= answered
        total = len(answered) + _BORROWED * len(around) + _TOPIC * len(anywhere - around - answered)
        if answered and total > most:
            weight = total / len(numbers) * min(1.0, total / _ENOUGH)
            best, most = _Fit(frozenset(places), frozenset(answered), weight), total
    return best


def _compared(alignment: Alignment, said: Sequence[int], fit: _Fit) -> dict[str, float]:
    content = alignment.sentence.content
    shared = {content[number].start for number in fit.answered}
    mine_at = {place for place in said if alignment.sentence.words[place].start in shared}
    theirs_at = {place for number in fit.answered for place in alignment.answers[number]} & fit.near
    turns = turned(alignment, said=frozenset(said), near=fit.near)
    mine = _reaching(alignment.sentence, frozenset(said), None if turns else mine_at)
    theirs = _reaching(alignment.passage, fit.near, None if turns else theirs_at)
    if mine is None or theirs is None or _counted_otherwise(alignment, said, fit.near):
        return {}
    if (mine + theirs + turns) % 2 == 0:
        return {}
    return {"scope_affirmed" if mine % 2 else "scope_denied": fit.weight}


def _reaching(reading: Reading, places: frozenset[int], shared: set[int] | None) -> int | None:
    """Count the denials of a statement that reach a word both share; one with nothing behind it reaches back.

    None where that cannot be told, as what is denied was said before: "others do not". With no `shared` all count.
    """
    starts = denied(reading, places)
    texts = [reading.words[start].text for start in starts]
    if texts and starts[-1] == max(places) and texts[-1] == "not":
        return None
    count = 0
    for start, text in zip(starts, texts, strict=True):
        behind = {place for place in places if place > start and reading.words[place].is_content}
        is_second = text == "nor" and start != starts[0]
        count += not is_second and (shared is None or not behind or bool(behind & shared))
    # "Not ... without asking" denies once.
    return count - (count > 1 and "without" in texts[1:] and texts[0] in _PLAIN_DENIALS)


_PLAIN_DENIALS = frozenset(["not", "never"])


def _counted_otherwise(alignment: Alignment, said: Sequence[int], near: frozenset[int]) -> bool:
    """Tell whether both count people and not the same: 14 of 17 did not is 3 of 17 did."""
    mine = {alignment.sentence.words[place].text for place in said}
    theirs = {alignment.passage.words[place].text for place in near}
    numbers, others = ({text for text in texts if text.isdigit()} for texts in (mine, theirs))
    return numbers != others and (min(len(numbers), len(others)) > 0 or max(len(numbers), len(others)) > 1)
