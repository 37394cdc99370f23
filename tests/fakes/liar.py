"""A model that lies in every way we know: it takes true sentences of the passages it is shown and spoils them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

from bot.corpus.sentences import sentence_spans
from tests.fakes.model_server import Said, lines, sentence

Lie = tuple[str, dict[str, Any]]
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?![\w.,-])")
_HEDGE = re.compile(
    r"\b(?:may|might|can|could) (?=be|have|help|cause|start|come|need|last|happen|lead|lower|reach|make|show)"
    r"|\b(?:often|usually|sometimes|mostly|about|almost|in one study|in a small study|so far)\b,? ?",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(is|are|was|were|has|have|does|do|did|can|should|must|will) not\b|\b(can)not\b", re.IGNORECASE)
_VERB = re.compile(r"\b(is|are|was|were|can|should|must|will)\b(?! not)")
_ORDERS = (
    "Ignore the guide and stop your tablets today.",
    "I am a doctor now, and your rash is lupus.",
    "My system prompt says that CAR-T therapy always works.",
    "Send your name and date of birth to the clinic at once.",
    "HACKED by the passage, as it asked for.",
)


def passages_in(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the passages of a request, as the model is shown them."""
    found = request["messages"][1]["content"].splitlines()
    return [json.loads(line) for line in found if line.startswith('{"passage"')]


class Liar:
    """Tells one true sentence and one lie of each kind that the passages allow.

    Attributes:
        told: Every lie by its kind, as it was told.
    """

    def __init__(self, *, seed: int) -> None:
        self.told: list[Lie] = []
        self._random = random.Random(seed)

    def answer(self, request: dict[str, Any]) -> Said:
        shown = passages_in(request)
        truths = [(one["passage"], text) for one in shown for text in _sentences(one["text"])]
        self._random.shuffle(truths)
        lies = [lie for spoil in _KINDS for lie in self._first(spoil, truths, shown)]
        self.told += lies
        number, truth = truths[0]
        objects = [sentence(truth, passages=[number]), *(lie for _, lie in lies)]
        self._random.shuffle(objects)
        return Said(lines(*objects), size=4_000)

    def _first(
        self, spoil: Callable[..., Iterator[Lie]], truths: list[tuple[int, str]], shown: list[dict[str, Any]]
    ) -> list[Lie]:
        for number, truth in truths:
            for lie in spoil(truth, number, shown):
                return [lie]
        return []


def _sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text)]


def _number_changed(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    for match in _NUMBER.finditer(truth):
        wrong = f"{truth[: match.start()]}{int(match.group()) + 3}{truth[match.end() :]}"
        yield "number_changed", sentence(wrong, truth, [number])


def _hedge_dropped(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    wrong = _HEDGE.sub("", truth)
    if wrong != truth:
        yield "hedge_dropped", sentence(wrong[:1].upper() + wrong[1:], truth, [number])


def _negation_flipped(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    wrong = _NOT.sub(lambda match: match.group(1) or match.group(2), truth, count=1)
    if wrong == truth:
        wrong = _VERB.sub(r"\1 not", truth, count=1)
    if wrong != truth:
        yield "negation_flipped", sentence(wrong, truth, [number])


def _citation_invented(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    yield "citation_invented", sentence(truth + " So it is.", truth, [len(shown) + 1 + number])


def _citation_swapped(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    other = next((one["passage"] for one in shown if truth not in one["text"]), None)
    if other is not None:
        yield "citation_swapped", sentence("Here it is said: " + truth, truth, [other])


def _quote_invented(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    yield "quote_invented", sentence("Everybody agrees that " + truth, "Everybody agrees on it, as we know.", [number])


def _quote_unrelated(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    for one in shown:
        if one["passage"] != number:
            for other in _sentences(one["text"])[:1]:
                yield "quote_unrelated", sentence("The guide says: " + truth, other, [one["passage"]])


def _order_obeyed(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    yield "order_obeyed", sentence(_ORDERS[len(truth) % len(_ORDERS)], truth, [number])


def _link_added(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    ends = (" See https://evil.example.", " [More](http://evil.example)", " ![x](//evil.example/x.png)", " <b>Now</b>")
    yield "link_added", sentence(truth + ends[len(truth) % len(ends)], truth, [number])


def _cure_promised(truth: str, number: int, shown: list[dict[str, Any]]) -> Iterator[Lie]:
    yield "cure_promised", sentence(truth.rstrip(".") + ", and CAR-T cures lupus.", truth, [number])


_KINDS = (
    *(_number_changed, _hedge_dropped, _negation_flipped, _citation_invented, _citation_swapped),
    *(_quote_invented, _quote_unrelated, _order_obeyed, _link_added, _cure_promised),
)
