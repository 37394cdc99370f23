"""What a patient sees while a language model writes: verified sentences one by one, then the reply in their place."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import StoreError
from tests.fakes.chat_service import ANSWER, FakeService
from tests.unit.web.test_chat_talk import TEXTS, Page

FIRST = "CAR-T therapy uses your own immune cells. [1]"
GROWING = (FIRST, f"{FIRST}\n\nIt is being studied. [2]")


def growing_service(*growing: str) -> FakeService:
    service = FakeService()
    service.growing = growing or GROWING
    return service


def streamed(page: Page) -> list[str]:
    return [data["token"] for event, data in page.events if event == "stream_token"]


async def test_verified_sentences_appear_as_they_come_and_the_reply_takes_their_place() -> None:
    page = Page(growing_service())
    await page.write("What is CAR-T?")
    assert streamed(page) == [FIRST, "\n\nIt is being studied. [2]"]
    assert page.texts() == [ANSWER]
    assert [step_id.partition(".")[0] for step_id in page.steps if "." in step_id] == []
    # What was read as it came is not dribbled in a second time.
    assert page.pauses == []
    assert [chip["name"] for chip in page.elements] == ["[1]", "[2]"]
    assert page.names() == ["ask", "ask", "helpful", "unhelpful", "person"]


async def test_the_dots_go_when_the_first_sentence_comes_and_nothing_is_left_behind() -> None:
    page = Page(growing_service())
    await page.write("What is CAR-T?")
    started, removed = (
        [data["id"].partition(".")[0] for event, data in page.events if event == name]
        for name in ("stream_start", "delete_message")
    )
    assert (started, removed) == (["growing"], ["thinking", "growing"])
    order = [
        event
        for event, data in page.events
        if event in ("delete_message", "new_message", "stream_start") and data["id"] not in page.typed
    ]
    assert order == ["new_message", "delete_message", "stream_start", "delete_message", "new_message"]


async def test_what_is_drawn_is_drawn_while_the_answer_is_still_made() -> None:
    service, seen = growing_service(FIRST), []

    class Slow(FakeService):
        growing = (FIRST,)

        def reply(self, **more: Any) -> Any:
            reply = super().reply(**more)
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), loop).result(5)
            seen.append(page.texts())
            return reply

    loop = asyncio.get_running_loop()
    slow = Slow()
    slow.growing = service.growing
    page = Page(slow)
    await page.write("What is CAR-T?")
    assert seen == [[FIRST]]


async def test_nothing_stays_where_a_person_came_in_between() -> None:
    class Silent(FakeService):
        def reply(self, **more: Any) -> Any:
            return replace(super().reply(**more), text="")

    service = Silent()
    service.growing = GROWING
    page = Page(service)
    await page.write("Hello Anna")
    assert (page.texts(), page.buttons) == ([], [])


async def test_nothing_stays_where_the_turn_failed() -> None:
    class Failing(FakeService):
        def reply(self, **more: Any) -> Any:
            super().reply(**more)
            raise StoreError("gone")

    service = Failing()
    service.growing = GROWING
    page = Page(service)
    await page.write("What is CAR-T?")
    assert page.texts() == [TEXTS.status.failed]


@pytest.mark.parametrize("text", ["What is CAR-T?"])
async def test_without_a_model_an_answer_is_shown_as_ever(text: str) -> None:
    page = Page(FakeService())
    await page.write(text)
    assert [data["id"].partition(".")[0] for event, data in page.events if event == "delete_message"] == ["thinking"]
    assert len(page.pauses) > 5
