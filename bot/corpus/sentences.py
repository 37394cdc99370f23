"""Where sentences begin and end, without a model: the guide is written for it.

Offsets are what matters: a quote is cut out of the passage, never rebuilt.
"""

from __future__ import annotations

import re

from bot.domain import Span

# A full stop after these does not end a sentence.
# fmt: off
_ABBREVIATIONS = frozenset({
    "dr", "mr", "mrs", "ms", "prof", "st", "vs", "e.g", "i.e", "eg", "ie", "fig", "al", "approx", "ca", "cf", "incl",
    "jr", "sr", "dept", "est", "vol", "pp", "p", "inc", "ltd", "u.s", "u.k",
})
# fmt: on
# Nor after these in front of a number: "No. 5" is one thing, "The answer is no. Call." two sentences.
_BEFORE_NUMBERS = frozenset({"no", "nos"})
# Possessive and never begun inside a run, so that a line of a million dots takes no longer than it should.
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s|$)|[。！？]++[」』”’）]*+")
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+)")
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+")


def sentence_spans(text: str) -> tuple[Span, ...]:
    r"""Return the spans of the sentences of a text; list items and paragraphs end sentences too.

    Spans hold no surrounding white space and no list mark; empty ones are left out.

    >>> [t[s.start:s.end] for t in ["Fever of 38.0 °C counts. Call.\n- Rest."] for s in sentence_spans(t)]
    ['Fever of 38.0 °C counts.', 'Call.', 'Rest.']
    """
    spans: list[Span] = []
    for block in _blocks(text):
        spans.extend(_sentences_of_block(text, block))
    return tuple(spans)


def _blocks(text: str) -> list[Span]:
    cuts = [match.end() for match in _BLOCK.finditer(text)]
    starts = [0, *cuts]
    ends = [*(match.start() for match in _BLOCK.finditer(text)), len(text)]
    blocks = []
    for start, end in zip(starts, ends, strict=True):
        mark = _LIST_MARK.match(text, start, end)
        blocks.append(Span(mark.end() if mark else start, end))
    return blocks


def _sentences_of_block(text: str, block: Span) -> list[Span]:
    found: list[Span] = []
    start = block.start
    for match in _END.finditer(text, block.start, block.end):
        if _ends_sentence(text, match, block):
            found.append(_trimmed(text, start, match.end()))
            start = match.end()
    found.append(_trimmed(text, start, block.end))
    return [span for span in found if span.end > span.start]


def _ends_sentence(text: str, end: re.Match[str], block: Span) -> bool:
    following = _first_letter(text, end.end(), block.end)
    if following.islower():
        return False
    stop = end.start()
    if text[stop] != ".":
        return True
    words = text[max(block.start, stop - 12) : stop].split()
    word = words[-1].lstrip("([\"'“").casefold() if words else ""
    if word in _ABBREVIATIONS or (word in _BEFORE_NUMBERS and following.isdigit()):
        return False
    return not (len(word) == 1 and word.isalpha() and word != "i" and following)


def _first_letter(text: str, start: int, end: int) -> str:
    """Return the first character that is no white space; empty where there is none."""
    while start < end and text[start].isspace():
        start += 1
    return text[start] if start < end else ""


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
