"""The pairs that the support check learns from: those that people wrote, and what is made of them and of the guide."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from support_corruptions import Corrupter, Pair, sentences_of, supported_variants
from support_rewordings import reworded

from bot.answer.verify.reading import read
from bot.corpus.loader import load_corpus

ROOT = Path(__file__).resolve().parents[1]
ALIKE = 0.6
"""Of the words of two sentences, from which share in common on one was made from the other."""
FRESH = 700
"""Supported sentences that are reworded and corrupted anew in every round."""

Made = tuple[Pair, str | None]


def read_pairs(paths: Sequence[Path]) -> list[Pair]:
    """Read pairs from JSON Lines."""
    items = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Pair(item["passage"], item["sentence"], item["label"] == "supported", item["passage"], item["kind"])
        for item in items
    ]


def section_texts(held: Sequence[Pair]) -> list[str]:
    """Return the guide's sections; no passage that is held out is among them."""
    openings = {pair.passage[:60].lower() for pair in held}
    sections = [section.text for section in load_corpus(ROOT / "corpus").sections]
    return [text for text in sections if text[:60].lower() not in openings]


def guide_pairs(sections: Sequence[str], corrupter: Corrupter, generator: random.Random) -> list[Made]:
    """Return pairs made of the guide's sections alone, each with the sentence it was corrupted from."""
    made: list[Made] = []
    for text in sections:
        for way, sentence in supported_variants(text, generator, most=3):
            said = reworded(sentence, generator) or sentence
            made.append((Pair(text, said, True, text, way), None))
            for other, wrong in corrupter.corruptions(said, text, most=2):
                made.append((Pair(text, wrong, False, text, other), said))
        foreign = generator.choice(sentences_of(generator.choice(sections)))
        if foreign not in text:
            made.append((Pair(text, foreign, False, text, "other_topic"), None))
    generator.shuffle(made)
    return made


def written_pairs(kept: Sequence[Pair]) -> list[Made]:
    """Return the pairs that people wrote, unsupported ones with the supported one of the passage that is most alike."""
    right: dict[str, list[str]] = defaultdict(list)
    for pair in kept:
        if pair.is_supported:
            right[pair.passage].append(pair.sentence)
    return [(pair, None if pair.is_supported else original_of(pair.sentence, right[pair.passage])) for pair in kept]


def original_of(sentence: str, supported: Sequence[str]) -> str | None:
    """Return the supported sentence that differs from this one least, None where all differ much."""
    words = sentence.split()
    alike = [(SequenceMatcher(None, words, one.split(), autojunk=False).ratio(), one) for one in supported]
    best = max(alike, default=(0.0, ""))
    return best[1] if best[0] >= ALIKE else None


def fresh_pairs(kept: Sequence[Pair], corrupter: Corrupter, generator: random.Random) -> list[Made]:
    """Return reworded and corrupted versions of supported sentences that people wrote, others in every round."""
    made: list[Made] = []
    right = [pair for pair in kept if pair.is_supported]
    for pair in generator.sample(right, min(FRESH, len(right))):
        said = reworded(pair.sentence, generator) or pair.sentence
        made.append((replace(pair, sentence=said), None))
        for way, wrong in corrupter.corruptions(said, pair.passage, most=1):
            made.append((Pair(pair.passage, wrong, False, pair.group, way), said))
    return made


def foreign_pairs(held: Sequence[Pair], *, count: int, seed: int) -> list[Pair]:
    """Return sections with sentences of other ones, half of these of the section most alike."""
    sections = section_texts(held)
    generator = random.Random(seed)  # noqa: S311  # nothing here is secret
    stems = [read(text).stems for text in sections]
    made: list[Pair] = []
    while len(made) < count:
        place, other = generator.sample(range(len(sections)), 2)
        if len(made) % 2:
            some = generator.sample([number for number in range(len(sections)) if number != place], 60)
            other = max(some, key=lambda number: len(stems[number] & stems[place]))
        sentence = generator.choice(sentences_of(sections[other]))
        made.append(Pair(sections[place], sentence, False, sections[place], "other_topic"))
    return made
