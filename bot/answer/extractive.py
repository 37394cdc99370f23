"""The answerer that needs no model: whole sentences of the guide, chosen and put in order.

Guide sections are written for it: the first sentence answers the heading, and each sentence stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.answer.asked_for import holds, kind_of
from bot.answer.passages import Candidate, candidates, is_question, repeats, without_verdict
from bot.domain import Hit
from bot.retrieval.search import Found

# The reply is read on a phone by somebody tired: 40 to 150 words.
_MOST_WORDS = 150
_FULL_SECTION_WORDS = 120
# A second section helps only when it was found nearly as surely as the first.
_SECOND_SHARE = 0.85
_SURE_SECOND_SHARE = 0.94
# A detail of what was just read needs few words; the rest stands above it.
_DETAIL_WORDS = 60
# So near to the first section that either may be the right one: how it begins is told as well.
_TIE_SHARE = 0.95
_TIE_SENTENCES = 2
# A first section with a lower score than this was found in other words, and is often the neighbour of the right one.
_UNSURE = 0.6
_UNSURE_TIE_SHARE = 0.9
_SECOND_SENTENCES = 3
_SECTIONS = 3
_LEAST_RELEVANCE = 0.35
_CLEAR_RELEVANCE = 0.45
# With this many words from the best section an answer is whole; more would be about something else.
_ENOUGH_WORDS = 60
# What a sentence that holds the number, time or reason asked for is ahead of one that does not.
_HOLDS_IT = 0.12
# A heading's yes or no is the patient's only when both ask the same; closer than this they mostly do.
_SAME_QUESTION = 0.75


def choose_sentences(found: Found, *, asked: str = "") -> list[Candidate]:
    """Choose what to show, in reading order: the best section first, then what others add.

    Args:
        asked: The question, of which it is read whether it asks for a number, a time or a reason.

    Returns:
        Sentences of at most `_MOST_WORDS` words; empty only when there are no hits.
    """
    if not found.hits:
        return []
    kind = kind_of(asked)
    groups = _sections(found)
    chosen = _from_best(groups[0], most_words=_FULL_SECTION_WORDS, kind=kind)
    for group in groups[1:_SECTIONS]:
        is_whole = sum(candidate.words for candidate in chosen) >= _ENOUGH_WORDS and _says(kind, chosen)
        is_unsure = groups[0][0].hit_score < _UNSURE
        share = _SURE_SECOND_SHARE if is_whole and not is_unsure else _SECOND_SHARE
        if group[0].hit_score < share * groups[0][0].hit_score:
            break
        least = _CLEAR_RELEVANCE if is_whole else _LEAST_RELEVANCE
        is_tie = group[0].hit_score >= (_UNSURE_TIE_SHARE if is_unsure else _TIE_SHARE) * groups[0][0].hit_score
        chosen += _additions(group, chosen, least=least, kind=kind, is_tie=is_tie)
    return _without_verdicts(chosen, found)


def choose_detail(found: Found, *, fit: Callable[[Candidate], float]) -> list[Candidate]:
    """Choose from a section that was just shown: the sentence that was asked for first, then a few more.

    Args:
        fit: How well a sentence answers; higher is better.
    """
    group = _sections(found)[0]
    best = max(group, key=fit)
    rest = sorted((c for c in group if c is not best), key=lambda candidate: -fit(candidate))
    more = _fill([best], rest, most_words=max(_DETAIL_WORDS, best.words))
    return _without_verdicts([best, *_in_order([c for c in more if c is not best])], found)


def choose_parts(founds: Sequence[Found], *, lead: Sequence[Candidate] = ()) -> list[Candidate]:
    """Choose for several questions: of each one's best section as much as fits beside the others, nothing twice.

    Args:
        lead: What stands before them already.
    """
    chosen = list(lead)
    for place, found in enumerate(founds):
        room = (_MOST_WORDS - sum(candidate.words for candidate in chosen)) // (len(founds) - place)
        group = [candidate for candidate in _sections(found)[0] if not repeats(candidate, chosen)]
        if group and room >= group[0].words:
            chosen += _without_verdicts(_from_best(group, most_words=room, kind=None), found)
    return chosen


def _says(kind: int | None, chosen: Sequence[Candidate]) -> bool:
    """Tell whether what is asked for, a number or a time, stands in what was chosen."""
    return kind is None or any(holds(kind, candidate.text) for candidate in chosen)


def _fit(candidate: Candidate, kind: int | None) -> float:
    """Return how well a sentence fits the question, a little more where it holds what is asked for."""
    return candidate.relevance + (_HOLDS_IT if kind is not None and holds(kind, candidate.text) else 0.0)


def _without_verdicts(chosen: Sequence[Candidate], found: Found) -> list[Candidate]:
    asks_same = {hit.chunk.section_id for hit in found.hits if hit.question >= _SAME_QUESTION}
    return [c if c.chunk.section_id in asks_same else without_verdict(c) for c in chosen]


def _sections(found: Found) -> list[list[Candidate]]:
    """Return the candidates of each section, best section first, sentences in the guide's order."""
    by_section: dict[str, list[Hit]] = {}
    for hit in found.hits:
        by_section.setdefault(hit.chunk.section_id, []).append(hit)
    groups = []
    for hits in by_section.values():
        best = max(hit.score for hit in hits)
        kept = [hit for hit in hits if hit.score >= _SECOND_SHARE * best]
        kept.sort(key=lambda hit: hit.chunk.char_start)
        groups.append([candidate for hit in kept for candidate in candidates(hit, found)])
    return [group for group in groups if group]


def _from_best(group: Sequence[Candidate], *, most_words: int, kind: int | None) -> list[Candidate]:
    """Take the best section whole if it is short, else its lead and what fits the question most."""
    if sum(candidate.words for candidate in group) <= most_words:
        return _without_repeats(group)
    lead = [group[0]] if is_question(group[0].chunk) else []
    rest = [candidate for candidate in group if candidate not in lead]
    rest.sort(key=lambda candidate: -_fit(candidate, kind))
    return _in_order(_fill(lead, rest, most_words=most_words))


def _additions(
    group: Sequence[Candidate], chosen: Sequence[Candidate], *, least: float, kind: int | None, is_tie: bool
) -> list[Candidate]:
    """Take what another section adds: its closest sentences, above all those that hold what is asked for."""
    room = _MOST_WORDS - sum(candidate.words for candidate in chosen)
    ranked = sorted(group, key=lambda candidate: -_fit(candidate, kind))
    fitting = [candidate for candidate in ranked if _fit(candidate, kind) >= least]
    if is_tie and is_question(group[0].chunk):
        fitting = list(dict.fromkeys([*group[:_TIE_SENTENCES], ranked[0], *fitting]))
    added: list[Candidate] = []
    for candidate in fitting[:_SECOND_SENTENCES]:
        if candidate.words <= room and not repeats(candidate, [*chosen, *added]):
            added.append(candidate)
            room -= candidate.words
    return _in_order(added)


def _fill(lead: list[Candidate], rest: Sequence[Candidate], *, most_words: int) -> list[Candidate]:
    chosen = list(lead)
    room = most_words - sum(candidate.words for candidate in chosen)
    for candidate in rest:
        if candidate.words <= room and not repeats(candidate, chosen):
            chosen.append(candidate)
            room -= candidate.words
    # A single endless sentence (an own document without full stops) is still better than nothing.
    return chosen or [rest[0]]


def _without_repeats(group: Sequence[Candidate]) -> list[Candidate]:
    kept: list[Candidate] = []
    for candidate in group:
        if not repeats(candidate, kept):
            kept.append(candidate)
    return kept


def _in_order(chosen: list[Candidate]) -> list[Candidate]:
    return sorted(chosen, key=lambda candidate: (candidate.chunk.char_start, candidate.sentence_no))
