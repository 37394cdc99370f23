from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

import pytest

from bot.conversation.desk import Desk, WaitingView
from bot.domain import Speaker
from bot.errors import StoreError
from bot.settings import ROOT
from bot.web.chat_presence import Presence, presence_of
from bot.web.chat_screen import Screen
from bot.web.chat_texts import load_chat_texts
from tests.fakes.chat_service import FakeService
from tests.fakes.people import FakeDesk, FakeLive

TEXTS = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")


class Page:
    """A page of a conversation, and what it was sent."""

    def __init__(self) -> None:
        self.service = FakeService()
        self.desk = FakeDesk(self.service, FakeLive())
        self.presence = Presence(desk=cast("Desk", self.desk), texts=TEXTS)
        self.conversation_id = self.service.open(visitor_id="visitor", channel="chat").id
        self.events: list[tuple[str, Any]] = []
        self.screen = Screen(
            session_id=str(uuid4()),
            visitor_id="visitor",
            send=self._receive,
            on_open=lambda conversation_id: None,
            conversation_id=self.conversation_id,
        )

    async def _receive(self, event: str, data: Any) -> None:
        self.events.append((event, data))


@pytest.mark.parametrize(
    ("view", "text"),
    [
        pytest.param(
            WaitingView(Speaker.WAITING, "", position=1, hours="9 to 17"),
            "You are next in line for a person. I can go on helping meanwhile.",
            id="next",
        ),
        pytest.param(
            WaitingView(Speaker.WAITING, "", position=2, hours="9 to 17", is_open=False),
            "You are number 2 in line for a person. People answer 9 to 17. I can go on helping meanwhile.",
            id="closed_hours",
        ),
        pytest.param(
            WaitingView(Speaker.WAITING, "", position=2, is_overdue=True),
            "You are number 2 in line for a person. It takes longer than we hoped, and I am sorry for that. "
            "I can go on helping meanwhile.",
            id="overdue",
        ),
        pytest.param(WaitingView(Speaker.HUMAN, "", person="Anna"), TEXTS.presence.joined, id="here"),
        pytest.param(WaitingView(Speaker.BOT, "", may_rate=True), TEXTS.presence.ended, id="over"),
        pytest.param(WaitingView(Speaker.BOT, ""), "", id="guide_alone"),
    ],
)
def test_says_in_few_words_where_the_patient_stands(view: WaitingView, text: str) -> None:
    assert presence_of(view, texts=TEXTS)["text"] == text


def test_a_person_without_a_name_is_the_support_team() -> None:
    assert presence_of(WaitingView(Speaker.HUMAN, ""), texts=TEXTS)["person"] == "Support team"


def test_of_the_contacts_only_the_kinds_come_to_the_page() -> None:
    view = WaitingView(Speaker.WAITING, "", position=1, contacts=("email",))
    assert presence_of(view, texts=TEXTS)["contacts"] == ["email"]


async def test_the_page_is_told_only_what_has_changed() -> None:
    page = Page()
    await page.presence.tell(page.screen)
    await page.presence.tell(page.screen)
    page.desk.take(page.conversation_id)
    await page.presence.tell(page.screen)
    assert [data["state"] for _, data in page.events] == ["bot", "human"]
    assert page.screen.state is Speaker.HUMAN


async def test_a_desk_that_cannot_be_read_costs_the_page_nothing() -> None:
    page = Page()
    page.desk.failure = StoreError("gone")
    await page.presence.tell(page.screen)
    assert page.events == []
    await page.presence.tell(page.screen)
    assert len(page.events) == 1


@pytest.mark.parametrize("state", list(Speaker))
async def test_that_the_patient_writes_is_told_to_a_person_who_is_there(state: Speaker) -> None:
    page = Page()
    page.screen.state = state
    await page.presence.hear_typing(page.screen)
    await page.presence.hear_typing(page.screen)
    assert page.desk.typed == ([page.conversation_id] if state is Speaker.HUMAN else [])


async def test_a_page_without_a_conversation_has_no_presence() -> None:
    page = Page()
    page.screen.conversation_id = None
    page.screen.state = Speaker.HUMAN
    await page.presence.tell(page.screen)
    await page.presence.hear_typing(page.screen)
    assert (page.events, page.desk.typed) == ([], [])
