"""A folder of plain text files, the same on every machine, each about a thing of its own."""

from __future__ import annotations

import random
from pathlib import Path

# fmt: off
_PLACES = ["harbour", "orchard", "library", "station", "bakery", "museum", "valley", "lighthouse", "market", "chapel"]
_THINGS = ["lantern", "ledger", "violin", "kettle", "compass", "barrel", "mirror", "anchor", "quilt", "telescope"]
_DEEDS = ["was mended", "was sold", "was lost", "was painted", "was hidden", "was weighed", "was borrowed", "was given"]
_TIMES = ["in early spring", "at midnight", "after the flood", "before the feast", "on a Sunday", "during the frost"]
_NAMES = ["Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple", "Poplar", "Rowan"]
# fmt: on


def write_texts(folder: Path, count: int) -> dict[str, str]:
    """Write text files of some 120 words; returns a query by file name that only this file answers."""
    chance = random.Random(7)
    folder.mkdir(parents=True)
    queries = {}
    for number in range(count):
        owner = f"{_NAMES[number % 10]} {_NAMES[number // 10 % 10]} {number}"
        thing, place = _THINGS[number // 7 % 10], _PLACES[number // 3 % 10]
        sentences = [f"The {thing} of {owner} stands in the {place}."]
        for _ in range(11):
            about, where = chance.choice(_THINGS), chance.choice(_PLACES)
            sentences.append(f"The {about} near the {where} {chance.choice(_DEEDS)} {chance.choice(_TIMES)}.")
        name = f"{number // 100:02}/note-{number:04}.txt"
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("\n\n".join([" ".join(sentences[:6]), " ".join(sentences[6:])]) + "\n")
        queries[name] = f"where does the {thing} of {owner} stand"
    return queries
