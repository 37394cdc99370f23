from __future__ import annotations

import asyncio
from typing import cast

from bot.conversation.desk import Desk
from bot.domain import Speaker
from bot.web.chat_live import Bell
from bot.web.chat_presence import Presence
from tests.fakes.chat_service import ANSWER, FakeService
from tests.fakes.people import FakeDesk, FakeLive
from tests.unit.web.test_chat_talk import TEXTS, Page


class Site:
    """Open pages, a desk, and what rings between them."""

    def __init__(self) -> None:
        self.service = FakeService()
        self.live = FakeLive()
        self.desk = FakeDesk(self.service, self.live)
        self.pages: list[Page] = []
        first = Page(self.service)
        self.talk = first.talk
        self.bell = Bell(
            live=self.live,
            screens=lambda: [page.screen for page in self.pages],
            delivery=self.talk.delivery,
            presence=Presence(desk=cast("Desk", self.desk), texts=TEXTS),
        )
        self.bell.start()

    def page(self, *, visitor_id: str = "visitor") -> Page:
        page = Page(self.service, visitor_id=visitor_id)
        page.talk = self.talk
        self.pages.append(page)
        return page

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0.004)


async def _asked(site: Site, *, visitor_id: str = "visitor") -> tuple[Page, str]:
    page = site.page(visitor_id=visitor_id)
    await page.write("the moon")
    await site.settle()
    return page, str(page.screen.conversation_id)


async def test_a_persons_words_come_to_the_pages_of_their_conversation_once_and_in_order() -> None:
    site = Site()
    page, conversation_id = await _asked(site)
    other, _ = await _asked(site, visitor_id="other")
    site.desk.take(conversation_id)
    for number in range(20):
        await asyncio.to_thread(site.desk.say, conversation_id, f"line {number}")
    await site.settle()
    said = [data["output"] for event, data in page.events if event == "new_message" and data["name"] == "staff"]
    assert said == [f"**Anna · Support team**\n\nline {number}" for number in range(20)]
    assert [data for event, data in other.events if event == "new_message" and data["name"] == "staff"] == []


async def test_a_burst_of_events_is_few_rounds_of_drawing() -> None:
    site = Site()
    page, conversation_id = await _asked(site)
    reads: list[int] = []
    history = site.service.history

    def counted(*, conversation_id: str, visitor_id: str, after_seq: int = 0) -> object:
        reads.append(after_seq)
        return history(conversation_id=conversation_id, visitor_id=visitor_id, after_seq=after_seq)

    site.service.history = counted  # type: ignore[method-assign,assignment]
    for number in range(50):
        site.desk.say(conversation_id, f"line {number}")
    await site.settle()
    assert page.everything()[-1].endswith("line 49")
    assert len(reads) <= 3


async def test_a_second_page_shows_the_patients_words_and_the_guides() -> None:
    site = Site()
    first, conversation_id = await _asked(site)
    second = site.page()
    second.screen.conversation_id = conversation_id
    await site.talk.resume(second.screen)
    await first.write("What is CAR-T?")
    await site.settle()
    assert second.everything()[-2:] == ["What is CAR-T?", ANSWER]
    assert second.names().count("ask") == 2
    assert len(second.everything()) == len(first.everything()) == 4


async def test_whoever_waits_hears_that_somebody_left_the_line() -> None:
    site = Site()
    first, first_id = await _asked(site)
    second, second_id = await _asked(site, visitor_id="other")
    site.service.request_person(conversation_id=first_id, visitor_id="visitor")
    site.service.request_person(conversation_id=second_id, visitor_id="other")
    await site.settle()
    assert second.screen.told is not None
    assert second.screen.told["text"].startswith("You are number 2 in line")
    site.service.move(first_id, Speaker.BOT)
    await site.settle()
    assert second.screen.told["text"].startswith("You are next in line")
    assert first.screen.state is Speaker.BOT


async def test_a_page_that_breaks_costs_no_other_page_anything() -> None:
    site = Site()
    broken, conversation_id = await _asked(site)
    whole = site.page()
    whole.screen.conversation_id = conversation_id
    await site.talk.resume(whole.screen)

    async def fail(event: str, data: object) -> None:
        raise RuntimeError("the socket is gone")

    broken.screen.send = fail
    site.desk.say(conversation_id, "I am here.")
    await site.settle()
    assert whole.everything()[-1] == "**Anna · Support team**\n\nI am here."


async def test_the_patients_own_typing_is_not_shown_to_the_patient() -> None:
    site = Site()
    page, conversation_id = await _asked(site)
    site.live.tell(conversation_id, "typing", who="patient")
    site.live.tell(conversation_id, "typing", who="staff", name="Anna")
    await site.settle()
    assert [data for event, data in page.events if event == "guide_typing"] == [{"text": "Anna is writing…"}]


async def test_a_deleted_conversation_leaves_the_page() -> None:
    site = Site()
    page, conversation_id = await _asked(site)
    site.service.erase(conversation_id=conversation_id, visitor_id="visitor")
    await site.settle()
    assert page.events[-1] == ("guide_gone", {"conversation": conversation_id})


async def test_after_the_stop_nothing_rings() -> None:
    site = Site()
    page, conversation_id = await _asked(site)
    await site.bell.stop()
    before = len(page.events)
    site.desk.say(conversation_id, "Too late.")
    await site.settle()
    assert (len(page.events), site.live.callbacks) == (before, [])


async def test_an_answer_flows_in_on_its_own_page_however_soon_it_is_heard_of() -> None:
    site = Site()
    page = site.page()
    await page.write("What is CAR-T?")
    await site.settle()
    assert "".join(data["token"] for event, data in page.events if event == "stream_token") == ANSWER
    assert page.everything() == ["What is CAR-T?", ANSWER]
    assert page.names() == ["ask", "ask", "helpful", "unhelpful", "person"]
