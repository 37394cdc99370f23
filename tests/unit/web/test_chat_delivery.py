from __future__ import annotations

import asyncio
from typing import Any

from bot.domain import Author, Speaker
from bot.errors import StoreError
from tests.fakes.chat_service import ANSWER, FakeService
from tests.unit.web.test_chat_talk import Page


def _own_lines(page: Page) -> list[dict[str, Any]]:
    return [data for event, data in page.events if event == "new_message" and data.get("type") == "user_message"]


async def test_what_was_said_before_a_reply_stands_above_it() -> None:
    class Slow(FakeService):
        def reply(self, **more: Any) -> Any:
            reply = super().reply(**more)
            messages = self.messages[str(more["conversation_id"])]
            # A person wrote between the question and its answer.
            answer = messages.pop()
            self.add_staff_message(conversation_id=more["conversation_id"], text="I am here.", name="Anna")
            self._add(more["conversation_id"], Author.BOT, answer.text, reply=reply)
            return reply

    page = Page(Slow())
    await page.write("What is CAR-T?")
    assert page.everything() == ["What is CAR-T?", "**Anna · Support team**\n\nI am here.", ANSWER]


async def test_catching_up_twice_draws_nothing_twice() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    before = len(page.events)
    await asyncio.gather(*(page.talk.delivery.catch_up(page.screen) for _ in range(5)))
    assert len(page.events) == before


async def test_the_page_learns_where_its_own_line_stands() -> None:
    page = Page(FakeService())
    await page.write("What is CAR-T?", "0b9f3c1e-6c1b-4f0e-9d57-0e6a1f2b3c4d")
    assert [(line["id"], line["metadata"]) for line in _own_lines(page)] == [
        ("0b9f3c1e-6c1b-4f0e-9d57-0e6a1f2b3c4d", {"seq": 1})
    ]


async def test_a_transcript_that_cannot_be_read_keeps_no_reply_from_the_page() -> None:
    class Unreadable(FakeService):
        def history(self, **more: Any) -> Any:
            raise StoreError("gone")

    page = Page(Unreadable())
    await page.write("What is CAR-T?")
    assert page.texts() == [ANSWER]


async def test_a_message_sent_again_is_answered_once_on_the_page() -> None:
    service = FakeService()
    page = Page(service)
    sent = [page.write("What is CAR-T?", "0b9f3c1e-6c1b-4f0e-9d57-0e6a1f2b3c4d") for _ in range(3)]
    await asyncio.gather(*sent)
    stored = service.messages[str(page.screen.conversation_id)]
    assert [message.author for message in stored] == [Author.PATIENT, Author.BOT]
    assert page.everything() == ["What is CAR-T?", ANSWER]


async def test_every_message_is_dealt_with_in_the_end() -> None:
    service = FakeService()
    page = Page(service)
    service.failure = RuntimeError("broken")
    await page.write("What is CAR-T?", "m1")
    await page.write("Again?", "m2")
    assert [data["id"] for event, data in page.events if event == "guide_done"] == ["m1", "m2"]


async def test_a_message_of_somebody_who_is_signed_out_stays_with_the_page_until_it_is_known_who_wrote_it() -> None:
    service = FakeService()
    page = Page(service)
    page.screen.refusal = lambda: "signed_out"
    await page.write("What is CAR-T?", "m1")
    assert [event for event, _ in page.events][-1] == "guide_identity"
    assert page.events[-1][1] == {"id": "m1"}
    assert not service.messages[str(page.screen.conversation_id)]
    page.screen.refusal = lambda: None
    await page.write("What is CAR-T?", "m1")
    assert page.events[-1] == ("guide_done", {"id": "m1"})
    assert len(service.messages[str(page.screen.conversation_id)]) == 2


async def test_to_a_person_messages_go_one_after_the_other_and_nothing_of_the_guides_is_shown() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("the moon")
    service.move(str(page.screen.conversation_id), Speaker.HUMAN)
    page.screen.state = Speaker.HUMAN
    page.events.clear()
    await asyncio.gather(*(page.write(f"line {number}") for number in range(5)))
    assert {event for event, _ in page.events} == {"new_message", "guide_done"}
    stored = [message.text for message in service.messages[str(page.screen.conversation_id)]][2:]
    assert stored == [f"line {number}" for number in range(5)]
