"""One rule says who may speak; this is the whole table."""

from __future__ import annotations

import pytest

from bot.conversation.floor import after_message, may_speak, states_for
from bot.domain import Author, Speaker

TABLE = {
    Author.PATIENT: (True, True, True, True),
    Author.BOT: (True, True, False, False),
    Author.STAFF: (False, False, True, False),
    Author.SYSTEM: (True, True, True, True),
}
STATES = (Speaker.BOT, Speaker.WAITING, Speaker.HUMAN, Speaker.CLOSED)


@pytest.mark.parametrize("author", Author)
def test_each_author_speaks_in_these_states_and_no_others(author: Author) -> None:
    assert tuple(may_speak(state, author) for state in STATES) == TABLE[author]
    assert states_for(author) == {state for state, may in zip(STATES, TABLE[author], strict=True) if may}


def test_an_emergency_text_is_kept_from_nobody() -> None:
    assert all(may_speak(state, Author.BOT, is_urgent=True) for state in Speaker)
    assert states_for(Author.BOT, is_urgent=True) == set(Speaker)


def test_a_message_opens_a_closed_talk_with_the_bot_and_leaves_the_others() -> None:
    assert [after_message(state) for state in STATES] == [Speaker.BOT, Speaker.WAITING, Speaker.HUMAN, Speaker.BOT]
