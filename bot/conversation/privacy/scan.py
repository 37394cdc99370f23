"""How a message is read by the detectors: one plain spelling of it, and the way back to the original."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-"}
)
_HIDDEN = frozenset({"Cf", "Cc"})


@dataclass(frozen=True, slots=True)
class Found:
    """A range of the scanned text that identifies someone; `kind` names the mark that replaces it."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A message as the detectors read it.

    Attributes:
        text: The message without invisible characters, with full-width forms, dashes and quotes made plain.
        origins: For each character of `text` and for its end, the 0-based offset in the message.
    """

    text: str
    origins: Sequence[int]


def scan(message: str) -> Scan:
    """Spell a message plainly, so that a zero-width space or a full-width digit hides nothing."""
    if message.isascii() and message.isprintable():
        return Scan(text=message, origins=range(len(message) + 1))
    characters: list[str] = []
    origins: list[int] = []
    for offset, character in enumerate(message):
        plain = _plain(character)
        if plain is not None:
            characters.append(plain)
            origins.append(offset)
    return Scan(text="".join(characters), origins=(*origins, len(message)))


def _plain(character: str) -> str | None:
    if character.isascii() and (character.isprintable() or character in "\n\r\t"):
        return character
    if unicodedata.category(character) in _HIDDEN:
        return None
    folded = unicodedata.normalize("NFKC", character)
    return (folded if len(folded) == 1 else character).translate(_PLAIN)
