"""The conversation page: the transcript as the patient saw it, the grounds of each reply, live additions."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain import Author, DroppedSentence, Outcome, Role
from tests.fakes.console import Console
from tests.fakes.desk import ask_for_person, make_talking_console
from tests.fakes.replies import make_reply


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return make_talking_console(tmp_path)


def test_a_reply_stands_beside_its_passages_scores_and_dropped_sentences(console: Console) -> None:
    talk = ask_for_person(console)
    reply = make_reply(talk.id, dropped=(DroppedSentence("It cures everyone.", ("no_support",), 0.07),))
    console.stores.transcripts.add_reply(reply=reply)
    page = console.client(Role.REVIEWER).get(f"/staff/conversations/{talk.id}").text
    for shown in ("Answered", "<s>It cures everyone.</s>", "No support", "0.61", "crs~2", "What is CRS?"):
        assert shown in page
    assert "CRS is a <strong>strong</strong> reaction. [1]" in page


@pytest.mark.parametrize("author", [Author.PATIENT, Author.STAFF])
def test_what_people_write_is_text_and_never_markup(console: Console, author: Author) -> None:
    talk = ask_for_person(console, said="<img src=x onerror=alert(1)> [a](javascript:alert(1)) **b**")
    if author is Author.STAFF:
        console.stores.transcripts.add_message(
            conversation_id=talk.id, author=author, text="<script>alert(2)</script>", now=console.clock()
        )
    page = console.client(Role.REVIEWER).get(f"/staff/conversations/{talk.id}").text
    assert "<img" not in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "&lt;img src=x onerror=alert(1)&gt; [a](javascript:alert(1)) **b**" in page


def test_a_model_that_writes_markup_shows_none(console: Console) -> None:
    talk = ask_for_person(console)
    console.stores.transcripts.add_reply(
        reply=make_reply(talk.id, text="<b onclick=x>hi</b> ![p](https://evil.example/p.png) [l](javascript:x)")
    )
    page = console.client(Role.REVIEWER).get(f"/staff/conversations/{talk.id}").text
    assert "<b onclick" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_an_open_page_gets_only_what_is_new(console: Console) -> None:
    talk = ask_for_person(console, said="first words")
    client = console.client(Role.AGENT)
    console.stores.transcripts.add_patient_message(conversation_id=talk.id, text="second words", now=console.clock())
    last = client.get(f"/staff/conversations/{talk.id}/lines?after=0").text
    assert "first words" in last
    assert "second words" in last
    seq = max(message.seq for message in console.stores.transcripts.messages(conversation_id=talk.id))
    only = client.get(f"/staff/conversations/{talk.id}/lines?after={seq - 1}").text
    assert "first words" not in only
    assert "second words" in only


def test_reading_is_recorded_and_shown_to_colleagues(console: Console) -> None:
    talk = ask_for_person(console)
    console.client(Role.AGENT, "maria").get(f"/staff/conversations/{talk.id}")
    assert "Maria" in console.client(Role.LEAD, "lee").get(f"/staff/conversations/{talk.id}/readers").text
    assert console.audited().count("conversation.read") == 1


@pytest.mark.parametrize("part", ["", "/lines", "/state", "/readers"])
def test_strangers_and_wrong_ids_find_nothing(console: Console, part: str) -> None:
    talk = ask_for_person(console)
    assert console.stranger().get(f"/staff/conversations/{talk.id}{part}").status_code == 303
    assert console.client(Role.ADMIN).get(f"/staff/conversations/no-such-talk{part}").status_code == 404


@pytest.mark.parametrize("outcome", [Outcome.EMERGENCY, Outcome.CRISIS])
def test_an_alarm_looks_like_one(console: Console, outcome: Outcome) -> None:
    talk = ask_for_person(console)
    console.stores.transcripts.add_reply(reply=make_reply(talk.id, outcome=outcome, reason="red_flag.stroke"))
    assert 'class="line bot alarm"' in console.client(Role.REVIEWER).get(f"/staff/conversations/{talk.id}").text
