"""Who may speak: the one rule, for every channel and for the desk."""

from __future__ import annotations

from bot.domain import Author, Outcome, Speaker

# Nothing and nobody keeps these from a patient.
URGENT = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})

_STATES: dict[Author, frozenset[Speaker]] = {
    # A closed conversation is open again with the patient's next message.
    Author.PATIENT: frozenset(Speaker),
    # While a person is on the way the guide goes on helping; beside a person it is silent.
    Author.BOT: frozenset({Speaker.BOT, Speaker.WAITING}),
    Author.STAFF: frozenset({Speaker.HUMAN}),
    # Notes tell what happened to the conversation, in any state.
    Author.SYSTEM: frozenset(Speaker),
}


def may_speak(state: Speaker, author: Author, *, is_urgent: bool = False) -> bool:
    """Tell whether somebody may speak in a conversation.

    Args:
        is_urgent: A text of the outcomes `URGENT`.
    """
    return is_urgent or state in _STATES[author]


def after_message(state: Speaker) -> Speaker:
    """Return who owns a conversation once its patient has written: a closed one is open again, with the bot."""
    return Speaker.BOT if state is Speaker.CLOSED else state


def states_for(author: Author, *, is_urgent: bool = False) -> frozenset[Speaker]:
    """Return the states in which somebody may speak, for a check that is one with the writing."""
    return frozenset(state for state in Speaker if may_speak(state, author, is_urgent=is_urgent))
