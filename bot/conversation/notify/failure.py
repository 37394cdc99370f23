"""Why a try to send failed, as a fixed code: a receiver's own sentence may quote what it got."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import BotError


class SendError(BotError):
    """A notice did not arrive, as far as we know.

    Args:
        code: Fixed code, such as ``http_503``.
        wait: How long the receiver asked us to wait; None: it did not say.
        is_final: The receiver wants no more of these; trying again is of no use.
    """

    retryable = True

    def __init__(self, code: str, *, wait: timedelta | None = None, is_final: bool = False) -> None:
        super().__init__(f"The notice was not sent ({code}).", code=code)
        self.wait = wait
        self.is_final = is_final
