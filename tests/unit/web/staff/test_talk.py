"""What staff do in a conversation: one owner at a time, no forged request, nothing sent twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.domain import Author, Conversation, Role, Speaker
from tests.fakes.console import Console, StaffClient
from tests.fakes.desk import ask_for_person, make_talking_console

SCRIPT = {"x-background": "1", "accept": "application/json"}
MOVES = ["take", "start", "say", "typing", "hand-on", "release", "close"]


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_talking_console(tmp_path)


@pytest.fixture
def talk(console: Console) -> Conversation:
    return ask_for_person(console)


def do(client: Any, talk: Conversation, move: str, **data: str) -> Any:
    return client.post(f"/staff/conversations/{talk.id}/{move}", data=data, headers=SCRIPT)


def state_of(console: Console, talk: Conversation) -> Speaker:
    return console.stores.transcripts.conversation(conversation_id=talk.id).state


def said(console: Console, talk: Conversation) -> list[str]:
    messages = console.stores.transcripts.messages(conversation_id=talk.id)
    return [message.text for message in messages if message.author is Author.STAFF]


def taken_by(console: Console, talk: Conversation, name: str = "maria") -> StaffClient:
    client = console.client(Role.AGENT, name)
    assert do(client, talk, "take").status_code == 200
    return client


def test_of_two_who_take_the_second_hears_who_has_it(console: Console, talk: Conversation) -> None:
    taken_by(console, talk)
    refused = do(console.client(Role.AGENT), talk, "take")
    assert refused.status_code == 409
    assert refused.json() == {"error": "taken", "why": "Maria has this conversation already."}


def test_a_form_without_script_goes_back_to_the_page(console: Console, talk: Conversation) -> None:
    taken_by(console, talk)
    answer = console.client(Role.AGENT).post(f"/staff/conversations/{talk.id}/take")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/conversations/{talk.id}")


def test_only_the_owner_speaks(console: Console, talk: Conversation) -> None:
    maria = taken_by(console, talk)
    assert do(console.client(Role.AGENT), talk, "say", text="I am not Maria").status_code == 409
    assert do(maria, talk, "say", text="Hello").status_code == 200
    assert said(console, talk) == ["Hello"]


def test_the_same_message_sent_again_is_written_once(console: Console, talk: Conversation) -> None:
    maria = taken_by(console, talk)
    first = do(maria, talk, "say", text="Hello", client_message_id="one")
    again = do(maria, talk, "say", text="Hello", client_message_id="one")
    assert first.json() == again.json()
    assert said(console, talk) == ["Hello"]


@pytest.mark.parametrize(("text", "code"), [("  ", "empty"), ("x" * 4001, "too_long")])
def test_a_message_that_cannot_be_sent_says_why(console: Console, talk: Conversation, text: str, code: str) -> None:
    refused = do(taken_by(console, talk), talk, "say", text=text)
    assert (refused.status_code, refused.json()["error"]) == (409, code)
    assert said(console, talk) == []


def test_handed_on_the_colleague_owns_it_and_the_patient_is_told(console: Console, talk: Conversation) -> None:
    maria, lee = taken_by(console, talk), console.client(Role.AGENT, "lee")
    assert do(maria, talk, "hand-on", to=lee.staff.id).status_code == 200
    assert do(maria, talk, "say", text="still me").status_code == 409
    assert do(lee, talk, "say", text="now me").status_code == 200
    notes = [m.text for m in console.stores.transcripts.messages(conversation_id=talk.id) if m.author is Author.SYSTEM]
    assert "Lee" in notes[-1]


def test_a_lead_assigns_what_waits_and_agents_do_not(console: Console, talk: Conversation) -> None:
    lee = console.client(Role.AGENT, "lee")
    assert do(lee, talk, "assign", to=lee.staff.id).status_code == 404
    assert do(console.client(Role.LEAD), talk, "assign", to=lee.staff.id).status_code == 200
    assert do(lee, talk, "say", text="Hello").status_code == 200


def test_given_back_the_guide_speaks_again(console: Console, talk: Conversation) -> None:
    assert do(taken_by(console, talk), talk, "release", outcome="answered").status_code == 200
    assert state_of(console, talk) is Speaker.BOT


def test_an_outcome_that_does_not_exist_ends_nothing(console: Console, talk: Conversation) -> None:
    assert do(taken_by(console, talk), talk, "close", outcome="made-up").status_code == 409
    assert state_of(console, talk) is Speaker.HUMAN


@pytest.mark.parametrize("move", [*MOVES, "assign"])
def test_reviewers_strangers_and_forgers_do_nothing(console: Console, talk: Conversation, move: str) -> None:
    before = console.stores.transcripts.messages(conversation_id=talk.id)
    assert do(console.client(Role.REVIEWER), talk, move).status_code == 404
    stranger = console.stranger().post(f"/staff/conversations/{talk.id}/{move}", data={"csrf": "x"}, headers=SCRIPT)
    assert stranger.status_code == 401
    assert do(console.client(Role.ADMIN), talk, move, csrf="forged").status_code == 403
    assert console.stores.transcripts.messages(conversation_id=talk.id) == before
    assert state_of(console, talk) is Speaker.WAITING


@pytest.mark.parametrize("move", MOVES)
def test_a_conversation_that_is_not_there_is_not_found(console: Console, move: str) -> None:
    client = console.client(Role.ADMIN)
    answer = client.post(f"/staff/conversations/nowhere/{move}", data={"text": "x", "outcome": "other"}, headers=SCRIPT)
    assert answer.status_code == 404
