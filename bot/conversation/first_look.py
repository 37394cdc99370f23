"""Triage as the service needs it: it never raises, and it knows which questions may be suggested."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache

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
    """

    def __init__(self, *, triage: Triage) -> None:
        self._triage = triage
        self.may_suggest = lru_cache(maxsize=_REMEMBERED)(self._leads_to_the_guide)

    def check(self, text: str, *, earlier: Sequence[str] = ()) -> Verdict | None:
        """Say what a message needs; by rules alone where the model is down, None where the rules are too.

        Args:
            text: The masked message.
            earlier: The patient's messages before it, oldest first.
        """
        for by_rules_alone in (False, True):
            try:
                return self._triage.check(text, earlier=earlier, by_rules_alone=by_rules_alone)
            except Exception as error:  # noqa: BLE001  # a vendor's own errors come through here; rules need no vendor
                logger.error("triage failed", extra={"code": code_of(error), "with_meaning": not by_rules_alone})
        return None

    def _leads_to_the_guide(self, question: str) -> bool:
        """Tell whether a question, asked by a press on it, is answered from the guide and raises no alarm.

        By rules alone: reading three headings would cost as much time as the rest of an answer.
        """
        try:
            verdict = self._triage.check(question, by_rules_alone=True)
        except Exception as error:  # noqa: BLE001  # a suggestion less, and the answer stands
            logger.error("triage failed", extra={"code": code_of(error), "with_meaning": False})
            return False
        return verdict.outcome is None or verdict.general_question
