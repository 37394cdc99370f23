"""What stands in a clause of the passage where the sentence says something else, or nothing.

"Products for lupus" in the place of "products for cancer"; "people with lupus have" in the place of "all 15 had". The
clause and its counterpart are laid word by word beside each other, words of one meaning counting as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.clauses import Counterpart, counterparts
from bot.answer.verify.lexicon import groups, lexicon
from bot.answer.verify.names import names
from bot.answer.verify.reading import Reading, Word

# Clauses that share less are not laid beside each other.
_SHARED = 0.4
# More words in the place of others are another statement, not another word.
_MOST_WORDS = 3
_Kinds = tuple[Mapping[int, str], Mapping[int, str]]
_PAST = frozenset({"was", "were", "had", "did", "reached", "got", "took", "showed", "found", "saw", "stopped", "fell"})
_PRESENT = frozenset({"is", "are", "has", "have", "do", "does", "can", "will", "get", "gets", "reach", "reaches"})


def replacement_findings(alignment: Alignment) -> dict[str, float]:
    """Return how surely a clause has another word where its passage has one of its kind, and what it leaves out."""
    pairs = [pair for pair in counterparts(alignment) if pair.weight >= _SHARED]
    marks = _marks(alignment.sentence), _marks(alignment.passage)
    kinds = {
        "replaced_kind": (_kinds(alignment.sentence), _kinds(alignment.passage)),
        "replaced_sort": (_sorts(alignment.sentence), _sorts(alignment.passage)),
    }
    found = dict.fromkeys([*kinds, "replaced", "replaced_known", "left_out", "present_for_past", "count_lost"], 0.0)
    for pair in pairs:
        said, near = sorted(pair.said), sorted(pair.near)
        matcher = SequenceMatcher(None, [marks[1][n] for n in near], [marks[0][n] for n in said], autojunk=False)
        for how, i1, i2, j1, j2 in matcher.get_opcodes():
            if how == "replace":
                for name in _replaced(alignment, kinds, near[i1:i2], said[j1:j2]):
                    found[name] = max(found[name], pair.weight)
        found["left_out"] = max(found["left_out"], pair.weight * _left_out(alignment, pair))
        found["present_for_past"] = max(found["present_for_past"], pair.weight * _is_timeless(alignment, pair))
        found["count_lost"] = max(found["count_lost"], pair.weight * _is_count_lost(alignment, pair))
    return found


def _marks(reading: Reading) -> list[str]:
    """Return for each word its smallest group of one meaning, or its stem."""
    labels = groups(reading)
    return [min(own) if own else word.stem for word, own in zip(reading.words, labels, strict=True)]


def _kinds(reading: Reading) -> dict[int, str]:
    return {name.place: name.kind for name in names(reading)}


def _sorts(reading: Reading) -> dict[int, str]:
    return {place: sort for place, _, sort in lexicon().sorts.find(reading)}


def _is_other_of_kind(alignment: Alignment, kinds: _Kinds, said: Sequence[int], near: Sequence[int]) -> bool:
    """Tell whether a word stands where another one of its kind stands, and they do not mean the same."""
    own, other = groups(alignment.sentence), groups(alignment.passage)
    words, theirs = alignment.sentence.words, alignment.passage.words
    return any(
        mine in kinds[0]
        and kinds[0][mine] == kinds[1].get(place)
        and words[mine].stem != theirs[place].stem
        and not own[mine] & other[place]
        for mine in said
        for place in near
    )


def _replaced(alignment: Alignment, kinds: Mapping[str, _Kinds], near: Sequence[int], said: Sequence[int]) -> list[str]:
    """Name what was replaced: any word, a word that the lists know, a name by one of its kind."""
    mine = [n for n in said if alignment.sentence.words[n].is_content and not _is_answered(alignment, n)]
    theirs = [n for n in near if alignment.passage.words[n].is_content]
    found = [name for name, of in kinds.items() if _is_other_of_kind(alignment, of, said, near)]
    if mine and theirs and len(mine) <= _MOST_WORDS and len(theirs) <= _MOST_WORDS:
        own, other = groups(alignment.sentence), groups(alignment.passage)
        is_known = any(own[n] for n in mine) and any(other[n] for n in theirs)
        found += ["replaced", "replaced_known"] if is_known else ["replaced"]
    return found


def _is_answered(alignment: Alignment, place: int) -> bool:
    word = alignment.sentence.words[place]
    return any(
        word is other and bool(a) for other, a in zip(alignment.sentence.content, alignment.answers, strict=True)
    )


def _left_out(alignment: Alignment, pair: Counterpart) -> float:
    """Return the share of the counterpart's content words that the sentence says nowhere."""
    said = {place for places in alignment.answers for place in places}
    theirs = [n for n in pair.near if alignment.passage.words[n].is_content]
    return sum(n not in said for n in theirs) / len(theirs) if theirs else 0.0


def _is_timeless(alignment: Alignment, pair: Counterpart) -> bool:
    """Tell whether the clause says of now what its counterpart says of then."""
    mine = _texts(alignment.sentence.words, pair.said)
    theirs = _texts(alignment.passage.words, pair.near)
    return bool(theirs & _PAST) and not theirs & _PRESENT and bool(mine & _PRESENT) and not mine & _PAST


def _is_count_lost(alignment: Alignment, pair: Counterpart) -> bool:
    """Tell whether the counterpart counts and the sentence has no figure at all."""
    theirs = _texts(alignment.passage.words, pair.near)
    return any(text.isdigit() for text in theirs) and not any(word.text.isdigit() for word in alignment.sentence.words)


def _texts(words: tuple[Word, ...], places: frozenset[int]) -> set[str]:
    return {words[place].text for place in places}
