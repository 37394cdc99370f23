"""Why a patient wants a person: what the request says, read from what came before it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.db.desk_values import RequestReason
from bot.domain import Author, Message, Outcome, Reply

# After so many replies in a row that did not help, a person may do better.
_FAILURES = 3
_OF_OUTCOME = {Outcome.EMERGENCY: RequestReason.RED_FLAG, Outcome.CRISIS: RequestReason.CRISIS}


def replies_in(messages: Sequence[Message]) -> list[Reply]:
    """Return the bot's replies of a conversation, the oldest first."""
    return [message.reply for message in messages if message.author is Author.BOT and message.reply]


def failed_lately(replies: Sequence[Reply]) -> bool:
    """Tell whether the last replies in a row did not help: nothing in the guide, or something broke."""
    last = replies[-_FAILURES:]
    return len(last) == _FAILURES and all(reply.outcome is Outcome.ABSTAINED for reply in last)


def request_reason(replies: Sequence[Reply], *, was_disliked: bool) -> RequestReason:
    """Return the fixed code for a request that comes right after these replies.

    Args:
        was_disliked: The patient put their thumb down for the last one.
    """
    if not replies:
        return RequestReason.ASKED
    last = replies[-1]
    if last.outcome in _OF_OUTCOME:
        return _OF_OUTCOME[last.outcome]
    if failed_lately(replies):
        return RequestReason.REPEATED_FAILURE
    if was_disliked:
        return RequestReason.FEEDBACK
    if last.outcome is not Outcome.ABSTAINED:
        return RequestReason.ASKED
    return RequestReason.LOW_SUPPORT if last.reason == RequestReason.LOW_SUPPORT else RequestReason.ABSTAINED
