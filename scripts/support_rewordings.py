"""Says a sentence in slightly other words without changing what it claims.

The counterpart of ``support_corruptions.py``: without it a network learns that every small change is wrong. Only
changes that keep the meaning wherever they fit are made.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_SAFE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bmay\b(?= [a-z])", ("might", "could", "can")),
    (r"\bmight\b", ("may", "could")),
    (r"\bcan\b(?! not)(?= [a-z])", ("may", "is able to")),
    (r"\busually\b", ("as a rule", "mostly", "in most cases", "generally")),
    (r"\boften\b", ("frequently", "in many cases", "commonly")),
    (r"\bsometimes\b", ("at times", "now and then", "occasionally")),
    (r"\brarely\b", ("seldom", "hardly ever", "not often")),
    (r"\bseldom\b", ("rarely", "hardly ever", "not often")),
    (r"\brare\b", ("uncommon", "not common", "unusual")),
    (r"\bcommon\b", ("frequent", "not rare", "widespread")),
    (r"\bmost people\b", ("the majority of people", "most patients", "more than half of people")),
    (r"\bmany people\b", ("a lot of people", "many patients", "quite a few people")),
    (r"\bsome people\b", ("a number of people", "certain people", "some patients")),
    (r"\bat least (\d+|two|three|four|six|eight|ten)\b", (r"no less than \1", r"not under \1", r"a minimum of \1")),
    (r"\bmore than (\d+)\b", (r"over \1", r"upwards of \1", r"above \1")),
    (r"\bfewer than (\d+)\b", (r"under \1", r"less than \1")),
    (r"\bup to (\d+)\b", (r"as many as \1", r"at most \1")),
    (r"\babout (?=\d)", ("roughly ", "some ", "around ", "approximately ")),
    (r"\bpeople\b", ("patients", "persons")),
    (r"\bmedicines\b", ("drugs", "medications")),
    (r"\bmedicine\b", ("drug", "medication")),
    (r"\bdisease\b", ("illness", "condition")),
    (r"\bdoctors\b", ("physicians", "clinicians")),
    (r"\bdoctor\b", ("physician", "clinician")),
    (r"\bbecause\b(?! of)", ("since", "as")),
    (r"\bbecause of\b", ("owing to", "on account of", "due to")),
    (r"\bis not\b", ("isn't",)),
    (r"\bare not\b", ("aren't",)),
    (r"\bdoes not\b", ("doesn't",)),
    (r"\bdo not\b", ("don't",)),
    (r"\bcannot\b", ("can't", "is not able to", "is unable to")),
    (r"\bis not known\b", ("is unknown", "is an open question", "nobody knows")),
    (r"\bis unknown\b", ("is not known", "is an open question")),
    (r"\bnever\b", ("at no time", "not ever")),
    (r"\balways\b", ("at all times", "in every case", "without exception")),
    (r"\bbefore\b(?= [a-z])", ("prior to", "ahead of")),
    (r"\bis needed\b", ("is required", "is necessary", "is called for")),
    (r"\bare needed\b", ("are required", "are necessary")),
    (r"\bis not needed\b", ("is unnecessary", "is not required", "can be left out")),
    (r"\bshould be avoided\b", ("is best avoided", "should be left out", "is not advised")),
    (r"\bis allowed\b", ("is permitted", "is not forbidden", "is fine")),
    (r"\bis not allowed\b", ("is forbidden", "is banned", "is not permitted")),
    (r"\bmild\b", ("light", "not severe", "slight")),
    (r"\bsevere\b", ("serious", "grave")),
    (r"\bincreases\b", ("raises", "pushes up")),
    (r"\blowers\b", ("reduces", "brings down", "cuts")),
    (r"\braises\b", ("increases", "pushes up")),
    (r"\bhelps\b", ("is of help", "is useful")),
    (r"\bsafe\b", ("not dangerous", "without danger")),
    (r"\bhalf of\b", ("one in two of", "50 per cent of")),
    (r"\bone week\b", ("seven days", "a week")),
    (r"\btwo weeks\b", ("14 days", "a fortnight")),
    (r"\bfour weeks\b", ("28 days", "about a month")),
    (r"\bsix months\b", ("half a year", "26 weeks")),
    (r"\b12 months\b|\btwelve months\b", ("one year", "a year")),
    (r"\bone year\b", ("twelve months", "12 months")),
    (r"\btwo years\b", ("24 months",)),
    (r"\btwice a day\b", ("two times a day", "every twelve hours")),
    (r"\bone in three\b", ("a third", "about 33 per cent")),
    (r"\bper cent\b", ("%", "percent")),
    (r"\bchildren\b", ("kids",)),
    (r"\btrials\b", ("studies",)),
    (r"\btrial\b", ("study",)),
    (r"\bfever\b", ("a raised temperature",)),
)
_OPENINGS = ("According to the text, ", "As the guide puts it, ", "It is said that ", "The passage says that ")


def reworded(sentence: str, generator: random.Random, *, most: int = 3) -> str | None:
    """Return a sentence in slightly other words, or None where nothing fits."""
    found = sentence
    changed = 0
    ways = list(_SAFE)
    generator.shuffle(ways)
    for pattern, news in ways:
        if changed == most:
            break
        new = re.sub(pattern, generator.choice(news), found, count=1)
        changed += new != found
        found = new
    if generator.random() < 0.15:
        found = _turned(found, generator)
    return found if found != sentence else None


def _turned(sentence: str, generator: random.Random) -> str:
    """Swap two main clauses, or put an opening before the sentence."""
    parts = re.split(r", and |; ", sentence.rstrip("."))
    if len(parts) == 2 and all(len(part.split()) >= 5 for part in parts):
        return f"{_raised(parts[1])}, and {_lowered(parts[0])}."
    return generator.choice(_OPENINGS) + _lowered(sentence)


def _raised(clause: str) -> str:
    return clause[:1].upper() + clause[1:]


def _lowered(clause: str) -> str:
    first = clause.split(" ", 1)[0]
    return clause[:1].lower() + clause[1:] if first[1:].islower() else clause


def rewordings(sentences: Sequence[str], generator: random.Random) -> list[tuple[str, str]]:
    """Return (sentence, the same in other words) for those that can be reworded."""
    return [(one, new) for one in sentences if (new := reworded(one, generator)) is not None]
