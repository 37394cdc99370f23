"""The queue page: who waits, and who may see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import Role
from tests.fakes.console import Console
from tests.fakes.desk import ask_for_person, make_talking_console


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_talking_console(tmp_path)


def test_the_queue_shows_who_waits_and_why_but_nothing_that_was_said(console: Console) -> None:
    talk = ask_for_person(console, said="Zanzibar is where I was treated")
    console.clock.forward(minutes=7)
    page = console.client(Role.AGENT).get("/staff/queue").text
    assert f"/staff/conversations/{talk.id}/take" in page
    assert "7 min" in page
    assert "Asked for a person" in page
    assert "Zanzibar" not in page


def test_an_open_page_gets_the_lists_and_the_count_alone(console: Console) -> None:
    ask_for_person(console)
    client = console.client(Role.AGENT)
    table = client.get("/staff/queue/table", headers={"x-background": "1"})
    assert "<html" not in table.text
    assert "Nobody is talking to a person." in table.text
    assert client.get("/staff/queue/count").json() == {"waiting": 1}


@pytest.mark.parametrize("path", ["/staff/queue", "/staff/queue/table", "/staff/queue/count"])
def test_reviewers_and_strangers_see_no_queue(console: Console, path: str) -> None:
    assert console.client(Role.REVIEWER).get(path).status_code == 404
    assert console.stranger().get(path).status_code == 303
    assert console.stranger().get(path, headers={"accept": "application/json"}).status_code == 401
