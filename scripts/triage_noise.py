"""Makes messages look typed in a hurry, so that the triage reader learns the meaning and not the spelling."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Without these words a message says something else.
_KEPT = re.compile(
    r"^(no|not|never|nor|without|none|nobody|nothing|cannot|if|when|was|had|but|\w+n'?t)$", re.IGNORECASE
)
_SHORT_FORMS = {"you": "u", "are": "r", "please": "pls", "because": "cos", "and": "n", "to": "2", "for": "4"}
_LONGEST = 400
_BESIDE = 0.2
_MOST_BESIDE = 4
_LONGEST_WITH_OTHERS = 480
"""About what the network reads while training: a danger pushed beyond it would be a lesson in alarming at nothing."""


class Noise:
    """Spoils a message now and then.

    Args:
        harmless: Messages that may be put beside another one.
        seed: The same noise for the same seed and the same order of calls.
    """

    def __init__(self, harmless: Sequence[str], *, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # nothing here is secret
        self._harmless = [text for text in harmless if len(text) < _LONGEST / 2]

    def on(self, text: str, *, is_mixed: bool) -> str:
        """Return the message, mostly changed a little; never what it means.

        Args:
            is_mixed: Another thought may be put beside it.
        """
        chance = self._random.random
        if is_mixed and len(text) < _LONGEST and chance() < _BESIDE:
            text = self._beside(text)
        changes: tuple[tuple[float, Callable[[str], str]], ...] = (
            (0.15, self._fewer_words),
            (0.2, self._typos),
            (0.2, lambda said: re.sub(r"[^\w\s'’-]", "", said)),
            (0.15, lambda said: re.sub("['’]", "", said)),
            (0.07, self._short_forms),
        )
        changed = text
        for share, change in changes:
            if chance() < share:
                changed = change(changed)
        return changed if changed.strip() else text

    def _beside(self, text: str) -> str:
        """Other thoughts before and after, as people write them."""
        for _ in range(self._random.randint(1, _MOST_BESIDE)):
            other = self._random.choice(self._harmless)
            if len(text) + len(other) > _LONGEST_WITH_OTHERS:
                break
            first, second = (text, other) if self._random.random() < 0.5 else (other, text)
            joint = "" if first[-1:] in ".!?" else self._random.choice((".", ",", " and", " -"))
            text = f"{first}{joint} {second}"
        return text

    def _fewer_words(self, text: str) -> str:
        words = text.split(" ")
        if len(words) < 6:
            return text
        return " ".join(word for word in words if _KEPT.match(word) or self._random.random() > 0.08)

    def _typos(self, text: str) -> str:
        letters = list(text)
        for _ in range(1 + len(letters) // 60):
            place = self._random.randrange(len(letters))
            if letters[place].isalpha():
                letters[place] = self._slip(letters, place)
        return "".join(letters)

    def _slip(self, letters: list[str], place: int) -> str:
        letter = letters[place]
        way = self._random.randrange(4)
        if way == 0:
            return ""
        if way == 1:
            return letter * 2
        if way == 2:
            return self._random.choice(_LETTERS)
        return letters[place - 1] + letter if place else letter

    def _short_forms(self, text: str) -> str:
        return " ".join(_SHORT_FORMS.get(word.lower(), word) for word in text.split(" "))
