"""What a sentence changes where it otherwise keeps the words of its passage.

Where most of a sentence stands in the passage in the same order, the few words that differ are what decides: a
"not" that is gone, a "some" that became "all", one name in the place of another.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import pairwise

from bot.answer.verify.alignment import Alignment
from bot.answer.verify.lexicon import Phrases, groups, lexicon
from bot.answer.verify.reading import Reading, Word

# Words further apart in a clause say little about each other.
_NEAR = 4


def edit_findings(alignment: Alignment) -> dict[str, float]:
    """Compare the sentence word by word with the sentence of the passage that is most like it."""
    said = alignment.sentence.words
    best: dict[str, float] = {"edit_same": 0.0, "edit_put_in": 0.0, "edit_cue_in": 0.0, "edit_cue_out": 0.0}
    for number in alignment.nearest:
        found = _edits(alignment, said, alignment.passage.words_of(number))
        if found["edit_same"] > best["edit_same"]:
            best = found
    return {**best, **_pairs(alignment), **_missing(alignment)}


def _edits(alignment: Alignment, said: tuple[Word, ...], source: tuple[Word, ...]) -> dict[str, float]:
    matcher = SequenceMatcher(None, [w.stem for w in source], [w.stem for w in said], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    same = sum(block.size for block in blocks) / max(1, len(said))
    put_in: set[int] = set()
    taken_out: set[int] = set()
    for one, other in pairwise(blocks):
        taken_out.update(word.start for word in source[one.a + one.size : other.a])
        put_in.update(word.start for word in said[one.b + one.size : other.b])
    content = sum(1 for word in said if word.start in put_in and word.is_content)
    return {
        "edit_same": same,
        "edit_put_in": same * min(content, 4),
        "edit_cue_in": same * _cues(alignment.sentence, put_in),
        "edit_cue_out": same * _cues(alignment.passage, taken_out),
    }


def _cues(reading: Reading, starts: set[int]) -> float:
    """Tell whether a word that turns, weakens or widens a statement begins at one of these offsets."""
    lists: tuple[Phrases, ...] = (lexicon().negations, lexicon().frequency, lexicon().certainty)
    return float(any(reading.words[place].start in starts for one in lists for place, _, _ in one.find(reading)))


def _pairs(alignment: Alignment) -> dict[str, float]:
    """Return the shares of neighbouring content words that the passage says in one clause, and in one sentence."""
    words = alignment.passage.words
    items = list(zip(alignment.sentence.content, alignment.answers, strict=True))
    clause = sentence = count = 0
    for first, (word, places) in enumerate(items):
        for other, others in items[first + 1 : first + 1 + _NEAR]:
            if other.clause != word.clause:
                break
            count += 1
            clause += bool({words[p].clause for p in places} & {words[p].clause for p in others})
            sentence += bool({words[p].sentence for p in places} & {words[p].sentence for p in others})
    return {"pairs_clause": clause / count if count else 1.0, "pairs_sentence": sentence / count if count else 1.0}


def _missing(alignment: Alignment) -> dict[str, float]:
    """Count the words of the sentence that the word list knows, whose meaning the passage has nowhere."""
    labels = groups(alignment.sentence)
    known = 0
    answers = iter(alignment.answers)
    for word, own in zip(alignment.sentence.words, labels, strict=True):
        if word.is_content and not next(answers) and own:
            known += 1
    return {"missing_known": float(min(known, 4))}
