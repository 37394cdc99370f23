"""Makes sentences that a passage does not support out of such that it does, and more that it does.

One word or clause is changed at a time, in the ways in which a language model slips: a number, a unit of time, a name,
a "not", a hedge, the reach of a statement, a cause or clause from elsewhere. Everything is drawn from one seeded
generator. ``scripts/train_support_model.py`` trains on the result before it trains on what people wrote.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import yaml

from bot.answer.verify.lexicon import LEXICON_FILE
from bot.answer.verify.names import names
from bot.answer.verify.reading import read


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence, its passage, whether it is supported, the passage's group (pairs of a group stay in one fold)."""

    passage: str
    sentence: str
    is_supported: bool
    group: str
    kind: str


_NUMBER = re.compile(r"(?<![\w.,-])\d{1,3}(?:,\d{3})+|(?<![\w.,:-])\d+(?:\.\d+)?(?![\w:]|\.\d)")
_WORDS = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "fifteen",
    "twenty",
    "thirty",
]
_WORDED = re.compile(r"\b(?:" + "|".join(_WORDS) + r")\b", re.IGNORECASE)
_UNITS = ["minute", "hour", "day", "week", "month", "year"]
_UNIT = re.compile(r"(?<=[\da-z] )(" + "|".join(_UNITS) + r")(s?)\b")
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|may|should|must|will|has|have|does|do|could)\b(?! not)(?!n't)")
_NEGATED = re.compile(r"\b(is|are|was|were|can|may|should|must|will|has|have|does|do|could) not\b|\b(can)not\b")
_PLAIN_WORD = re.compile(r"\b[A-Za-z][A-Za-z0-9-]+\b")
_VERB = re.compile(r"\b(need|cause|help|show|protect|mean|give|lower|raise|affect|work|last|return|stop|change)(s?)\b")
_HEDGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bmay\b", ("will", "always", "is certain to")),
    (r"\bmight\b", ("will",)),
    (r"\bcan\b(?! not)", ("will", "always", "will always")),
    (r"\bcould\b(?! not)", ("will", "did")),
    (
        r"\b(?:usually|often|sometimes|commonly|mostly|mainly|typically|generally|normally)\b",
        ("always", "in every case"),
    ),
    (r"\b(?:seems?|seemed|appears?|appeared) to\b", ("is proven to", "is known to")),
    (r"\b(?:suggests?|suggested)\b", ("proves", "proved")),
    (r"\babout (?=\d)", ("exactly ",)),
    (r"\blikely\b", ("certain",)),
    (r"\brare(?:ly)?\b", ("common",)),
    (r"\bis being tested\b|\bis experimental\b", ("is proven", "is established")),
    (r"\bunknown\b|\bnot known\b", ("known", "well known")),
    (r"\bup to\b", ("", "at least")),
    (r"\bat least\b", ("at most", "exactly")),
)
_SCOPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"\b[Ss]ome people\b|\b[Mm]any people\b|\b[Mm]ost people\b|\b[Aa] few people\b",
        ("everyone", "all people", "everybody"),
    ),
    (r"\b(?:some|many|most|several|certain|a few|few)\b(?= [a-z])", ("all", "nearly all", "all")),
    (r"\b\d+ of (?:the )?\d+\b", ("all", "most", "none")),
    (
        r"\b(?:people|adults|women|children) with (?:SLE|lupus|lupus nephritis)\b",
        ("all people", "healthy people", "everyone"),
    ),
    (
        r"\bin (?:a|one|this|that|the) (?:small |large |German |Chinese |US )*(?:study|trial|review|report|series)\b",
        ("in general", "in all studies", "everywhere"),
    ),
    (r"\bin the US\b|\bin Europe\b|\bin the UK\b|\bIn the US\b", ("worldwide", "in every country")),
    (r"\b(?:adults|women|men|children)\b", ("people of all ages", "everyone")),
    (r"\bwith severe\b", ("with any",)),
    (r"\bone of the\b", ("the only one of the", "the main one of the")),
)
_CAUSAL = (
    " because ",
    ", because ",
    " and this is caused by the fact that ",
    ", which is why ",
    " as a result of ",
    ", so ",
)
_JOINS = (", and ", "; ", ", while ", ", but ")


_PAIRS = """
usually seldom, usually rarely, often rarely, often seldom, sometimes never, always never, mostly rarely, common rare,
frequent rare, frequent uncommon, usual unusual, likely unlikely, possible impossible, known unknown, clear unclear,
proven unproven, approved unapproved, safe dangerous, safe unsafe, harmless harmful, mild severe, better worse,
best worst, higher lower, high low, more fewer, more less, most few, many few, most least, many no, some no, all no,
increase decrease, increases decreases, increased decreased, rise fall, rises falls, rose fell, rising falling,
raise lower, raises lowers, raised lowered, improve worsen, improves worsens, improved worsened, before after,
earlier later, early late, start stop, starts stops, started stopped, begin end, begins ends, with without,
agree disagree, same different, alike different, long short, longer shorter, quickly slowly, fast slow, active inactive,
active quiet, positive negative, effective ineffective, live inactivated, allowed forbidden, permitted banned,
recommended discouraged, advised discouraged, required optional, compulsory voluntary, reversible permanent,
temporary permanent, large small, larger smaller, big small, strong weak, stronger weaker, easy hard, easier harder,
young old, younger older, inside outside, include exclude, includes excludes, included excluded, gain lose, gains loses,
survive die, survived died, full empty, above below, over under, useful useless, helpful useless, helps harms,
help harm, protects damages, protect damage, spares attacks, keep lose, keeps loses, kept lost, remain vanish,
continue stop, continues stops, warm cold, hot cold, morning evening, day night, dry wet, succeeded failed,
succeed fail, reached missed, met missed, alone together, full partial, complete partial, both neither, everyone nobody,
everybody nobody, someone nobody, anyone nobody, everything nothing, first last, own donor, enough little, good bad,
thicker thinner, wide narrow, awake asleep, healthy ill, enough insufficient, fatal harmless, reason excuse,
must cannot, can cannot, could cannot, may cannot, might cannot, should shouldn't, need needn't, up down,
faster slower, deeper shallower, soon late, near far, single several, few all, little much, unless if
"""


def _flips() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for pair in _PAIRS.replace("\n", " ").split(","):
        one, other = pair.split()
        found[one].append(other)
        found[other].append(one)
    return found


_FLIPS = _flips()
# What people and language models get wrong without anyone noticing; the others are easier to see.
_HARD = (
    "negation_flipped",
    "opposite",
    "entity_swapped",
    "roles_swapped",
    "other_of_its_sort",
    "hedge_removed",
    "scope_widened",
)
_HARD_FIRST = 0.7


class Corrupter:
    """Corrupts sentences with material of the passage itself and of other passages.

    Args:
        pool: Sentences of other passages, to take clauses from.
        seed: Of the generator.
    """

    def __init__(self, *, pool: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # nothing here is secret
        self._pool = list(pool)
        self._names = _names_by_kind(pool)
        self._ways: dict[str, Callable[[str, str], str | None]] = {
            "number_changed": self._number,
            "time_changed": self._unit,
            "entity_swapped": self._name,
            "negation_flipped": self._negation,
            "hedge_removed": lambda sentence, _: self._one_of(sentence, _HEDGES),
            "scope_widened": lambda sentence, _: self._one_of(sentence, _SCOPES),
            "cause_added": self._cause,
            "unsupported_addition": self._addition,
            "opposite": self._opposite,
            "other_of_its_sort": self._sort,
            "roles_swapped": self._roles,
        }

    def corruptions(self, sentence: str, passage: str, *, most: int) -> list[tuple[str, str]]:
        """Return up to ``most`` corrupted sentences with the way each was made."""
        ways = list(self._ways)
        self._random.shuffle(ways)
        if self._random.random() < _HARD_FIRST:
            ways.sort(key=lambda way: way not in _HARD)
        found = []
        for way in ways:
            made = self._ways[way](sentence, passage)
            if made is not None and made != sentence and made not in passage:
                found.append((way, made))
            if len(found) == most:
                break
        return found

    def _number(self, sentence: str, passage: str) -> str | None:
        found = [*_NUMBER.finditer(sentence), *_WORDED.finditer(sentence)]
        if not found:
            return None
        match = self._random.choice(found)
        written = match.group()
        if written[0].isdigit():
            others = [m.group() for m in _NUMBER.finditer(passage) if m.group() != written]
            new = self._random.choice(others) if others and self._random.random() < 0.5 else self._other_figure(written)
        else:
            new = self._random.choice([word for word in _WORDS if word != written.lower()])
        return sentence[: match.start()] + new + sentence[match.end() :]

    def _other_figure(self, written: str) -> str:
        value = float(written.replace(",", ""))
        if 1900 < value < 2100:
            return str(int(value) + self._random.choice([-4, -2, -1, 1, 2, 4]))
        changed = value * self._random.choice([0.3, 0.5, 0.7, 1.4, 2.0, 3.0, 10.0])
        if "." in written:
            return f"{changed:.1f}"
        new = round(changed) if round(changed) != value else int(value) + 1
        return f"{new:,}" if "," in written else str(new)

    def _unit(self, sentence: str, _: str) -> str | None:
        found = list(_UNIT.finditer(sentence))
        if not found:
            return None
        match = self._random.choice(found)
        new = self._random.choice([unit for unit in _UNITS if unit != match[1]])
        return sentence[: match.start()] + new + match[2] + sentence[match.end() :]

    def _name(self, sentence: str, passage: str) -> str | None:
        reading = read(sentence)
        if reading.text != sentence:
            return None
        found = [name for name in names(reading) if self._names.get(name.kind)]
        if not found:
            return None
        name = self._random.choice(found)
        last = reading.words[name.place + len(name.stems.split()) - 1]
        old = sentence[reading.words[name.place].start : last.end]
        near = [
            other for other in _names_by_kind([passage]).get(name.kind, []) if other.lower() not in sentence.lower()
        ]
        far = [other for other in self._names[name.kind] if other.lower() not in sentence.lower()]
        options = near if near and self._random.random() < 0.6 else far
        if not options:
            return None
        new = self._random.choice(options)
        new = new[0].upper() + new[1:] if old[0].isupper() else new
        return sentence[: reading.words[name.place].start] + new + sentence[last.end :]

    def _negation(self, sentence: str, _: str) -> str | None:
        negated = _NEGATED.search(sentence)
        if negated:
            return sentence[: negated.start()] + (negated[1] or negated[2]) + sentence[negated.end() :]
        plain = re.search(r"\b(?:not|never) |\bno (?=[a-z])", sentence)
        if plain and self._random.random() < 0.7:
            return sentence[: plain.start()] + sentence[plain.end() :]
        auxiliary = _AUXILIARY.search(sentence)
        if auxiliary:
            new = self._random.choice(["not", "not", "never", "no longer"])
            return f"{sentence[: auxiliary.end()]} {new}{sentence[auxiliary.end() :]}"
        verb = _VERB.search(sentence)
        if verb:
            return f"{sentence[: verb.start()]}{'does' if verb[2] else 'do'} not {verb[1]}{sentence[verb.end() :]}"
        return None

    def _one_of(self, sentence: str, table: Sequence[tuple[str, tuple[str, ...]]]) -> str | None:
        found = [(match, news) for pattern, news in table if (match := re.search(pattern, sentence))]
        if not found:
            return None
        match, news = self._random.choice(found)
        new = self._random.choice(news)
        new = new[:1].upper() + new[1:] if match.start() == 0 else new
        return re.sub(r"  +", " ", sentence[: match.start()] + new + sentence[match.end() :])

    def _opposite(self, sentence: str, _: str) -> str | None:
        """Turn one word into its opposite; pairs of one form, so that the grammar holds."""
        found = [match for match in _PLAIN_WORD.finditer(sentence) if match.group().lower() in _FLIPS]
        if not found:
            return None
        match = self._random.choice(found)
        return _put(sentence, match, self._random.choice(_FLIPS[match.group().lower()]))

    def _sort(self, sentence: str, passage: str) -> str | None:
        """Name another thing of the same sort, one of the passage where there is one."""
        found = [
            (match, label)
            for match in _PLAIN_WORD.finditer(sentence)
            for label in _labels_by_word("sorts").get(match.group().lower(), ())
        ]
        if not found:
            return None
        match, label = self._random.choice(found)
        others = [word for word in _words_by_label("sorts")[label] if word not in sentence.lower()]
        near = [word for word in others if re.search(rf"\b{re.escape(word)}\b", passage, re.IGNORECASE)]
        options = near if near and self._random.random() < 0.6 else others
        return _put(sentence, match, self._random.choice(options)) if options else None

    def _roles(self, sentence: str, _: str) -> str | None:
        """Swap two names of one kind: who had what."""
        reading = read(sentence)
        if reading.text != sentence:
            return None
        found = [
            (name.kind, name, reading.words[name.place + len(name.stems.split()) - 1].end) for name in names(reading)
        ]
        pairs = [
            (one, other)
            for place, one in enumerate(found)
            for other in found[place + 1 :]
            if one[0] == other[0] and one[1].stems != other[1].stems
        ]
        if not pairs:
            return None
        (_, one, end), (_, other, last) = self._random.choice(pairs)
        start, second = reading.words[one.place].start, reading.words[other.place].start
        if second < end:
            return None
        return sentence[:start] + sentence[second:last] + sentence[end:second] + sentence[start:end] + sentence[last:]

    def _cause(self, sentence: str, passage: str) -> str | None:
        own = [other for other in sentences_of(passage) if other not in sentence]
        source = own if own and self._random.random() < 0.4 else self._pool
        clause = _lowered(_clause(self._random.choice(source), self._random))
        return sentence.rstrip(".") + self._random.choice(_CAUSAL) + clause.rstrip(".") + "."

    def _addition(self, sentence: str, _: str) -> str | None:
        clause = _lowered(_clause(self._random.choice(self._pool), self._random)).rstrip(".")
        if self._random.random() < 0.5:
            return sentence.rstrip(".") + self._random.choice(_JOINS) + clause + "."
        words = clause.split()
        tail = " ".join(words[-self._random.randint(2, 5) :])
        return sentence.rstrip(".") + self._random.choice([", ", " and ", " with ", " by ", ", mostly "]) + tail + "."


@cache
def _words_by_label(name: str) -> dict[str, list[str]]:
    """Return the words of a list of the lexicon by the place of their line."""
    raw = yaml.safe_load(LEXICON_FILE.read_text(encoding="utf-8"))[name]
    return {str(number): [str(word) for word in line] for number, line in enumerate(raw)}


@cache
def _labels_by_word(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for label, words in _words_by_label(name).items():
        for word in words:
            found[word].append(label)
    return found


def _put(sentence: str, match: re.Match[str], word: str) -> str:
    word = word[:1].upper() + word[1:] if match.group()[0].isupper() else word
    return sentence[: match.start()] + word + sentence[match.end() :]


def _names_by_kind(texts: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for text in texts:
        reading = read(text)
        for name in names(reading):
            last = reading.words[name.place + len(name.stems.split()) - 1]
            found[name.kind].add(reading.text[reading.words[name.place].start : last.end].replace("CART", "CAR-T"))
    return {kind: sorted(words) for kind, words in found.items()}


def sentences_of(passage: str) -> list[str]:
    """Return the sentences of a passage."""
    from bot.corpus.sentences import sentence_spans

    return [passage[span.start : span.end] for span in sentence_spans(passage)]


def _clause(sentence: str, generator: random.Random) -> str:
    parts = [part for part in re.split(r"[,;:] |, and |, but | because ", sentence) if len(part.split()) >= 4]
    return generator.choice(parts) if parts else sentence


def _lowered(clause: str) -> str:
    first = clause.split(" ", 1)[0]
    return clause[:1].lower() + clause[1:] if first[1:].islower() else clause


def supported_variants(passage: str, generator: random.Random, *, most: int) -> list[tuple[str, str]]:
    """Return sentences that a passage supports word for word: one of it, two joined, or one clause less."""
    own = [sentence for sentence in sentences_of(passage) if 4 <= len(sentence.split()) <= 40]
    if not own:
        return []
    found = [("verbatim", generator.choice(own))]
    if len(own) > 1:
        one, other = generator.sample(own, 2)
        found.append(("two_facts", one.rstrip(".") + generator.choice([", and ", "; ", ", while "]) + _lowered(other)))
    long = [sentence for sentence in own if ", " in sentence]
    if long:
        head = generator.choice(long).split(", ")
        if len(head[0].split()) >= 5:
            found.append(("condensation", head[0].rstrip(".") + "."))
    generator.shuffle(found)
    return found[:most]
