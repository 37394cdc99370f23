"""Triage as the service needs it: it never raises, and it knows which questions may be suggested."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.conversation.record import code_of
from bot.conversation.triage.triage import Triage
from bot.domain import Verdict

logger = logging.getLogger(__name__)

# More headings than any guide has.
_REMEMBERED = 4096


class FirstLook:
    """The first look at a message.

    Args:
        triage: The fixed rules and their meaning check.
        encode: Embeds a text: float32 (dim,), a unit vector; may raise whatever a model raises.
    """

    def __init__(self, *, triage: Triage, encode: Callable[[str], NDArray[np.float32]]) -> None:
        self._triage = triage
        self._encode = encode
        self.may_suggest = lru_cache(maxsize=_REMEMBERED)(self._leads_to_the_guide)

    def check(self, text: str, *, earlier: Sequence[str] = ()) -> Verdict | None:
        """Say what a message needs; by rules alone where the model is down, None where the rules are too.

        Args:
            text: The masked message.
            earlier: The patient's messages before it, oldest first.
        """
        for vector in (lambda: self._encode(text), None):
            try:
                return self._triage.check(text, vector=vector, earlier=earlier)
            except Exception as error:  # noqa: BLE001  # a vendor's own errors come through here; rules need no vendor
                logger.error("triage failed", extra={"code": code_of(error), "with_meaning": vector is not None})
        return None

    def _leads_to_the_guide(self, question: str) -> bool:
        """Tell whether a question, asked by a press on it, is answered from the guide and raises no alarm.

        By rules alone: embedding three headings would double the time of an answer.
        """
        try:
            verdict = self._triage.check(question)
        except Exception as error:  # noqa: BLE001  # a suggestion less, and the answer stands
            logger.error("triage failed", extra={"code": code_of(error), "with_meaning": False})
            return False
        return verdict.outcome is None or verdict.general_question
