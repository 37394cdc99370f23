"""Finds a model's quote in the passage it cites: word for word, white space and the print of quotation marks aside."""

from __future__ import annotations

import re

from bot.domain import Span

# One character for one, so that places in the passage stay what they are.
_PRINT = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-"})
# A quote of three words could stand anywhere; a whole short sentence of the passage may be as short as it is.
_FEWEST_WORDS = 4
# A sentence begins at the start, after one that ended, or after a list mark.
_OPENS = re.compile(r"(?:^|[.!?:]|(?:^|\s)[-*•+])\s*\Z")


def find_quote(quote: str, passage: str) -> Span | None:
    """Return where a quote stands in a passage, or None.

    It must begin and end at a word, and be four words long or a whole sentence: "approved" stands in "not approved".
    """
    wanted, _ = _folded(quote.strip())
    held, places = _folded(passage)
    start = held.find(wanted) if wanted else -1
    while start >= 0:
        end = start + len(wanted)
        if _is_whole(held, start, end) and _says_enough(wanted, held, start, end):
            return Span(places[start], places[end - 1] + 1)
        start = held.find(wanted, start + 1)
    return None


def _folded(text: str) -> tuple[str, list[int]]:
    """Return a text with each run of white space as one space, and where each of its characters stands."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text.translate(_PRINT)):
        if not letter.isspace():
            letters.append(letter)
        elif letters and letters[-1] == " ":
            continue
        else:
            letters.append(" ")
        places.append(place)
    return "".join(letters), places


def _is_whole(held: str, start: int, end: int) -> bool:
    """Tell whether no word or number is cut at either end."""
    before, after = held[start - 1 : start], held[end : end + 1]
    return not (before.isalnum() and held[start].isalnum()) and not (after.isalnum() and held[end - 1].isalnum())


def _says_enough(wanted: str, held: str, start: int, end: int) -> bool:
    if len(wanted.split()) >= _FEWEST_WORDS:
        return True
    opens = _OPENS.search(held, 0, start) is not None
    return opens and wanted[-1:] in {".", "!", "?"} and (end == len(held) or held[end] == " ")
