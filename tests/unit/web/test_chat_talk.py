from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

import pytest

from bot.domain import Author
from bot.errors import LimitError, NotFoundError, StoreError
from bot.settings import ROOT
from bot.web.chat_screen import Press, Screen
from bot.web.chat_talk import MAX_INTERRUPTIONS, Talk
from bot.web.chat_texts import load_chat_texts
from tests.fakes.chat_service import ANSWER, EMERGENCY, PERSON, FakeService, make_reply

TEXTS = load_chat_texts(prompts_dir=ROOT / "prompts", language="en")


class Page:
    """A chat page that draws what it is sent, as Chainlit's would."""

    def __init__(self, service: FakeService, *, visitor_id: str = "visitor") -> None:
        self.events: list[tuple[str, Any]] = []
        self.steps: dict[str, dict[str, Any]] = {}
        self.buttons: list[dict[str, Any]] = []
        self.elements: list[dict[str, Any]] = []
        self.typed: set[str] = set()
        self.opened: list[str] = []
        self.pauses: list[float] = []
        self.before_pause: Any = None
        self.talk = Talk(service=service, texts=TEXTS, pause=self._pause)
        self.screen = Screen(
            session_id=str(uuid4()), visitor_id=visitor_id, send=self._receive, on_open=self.opened.append
        )

    async def write(self, text: str, message_id: str = "") -> None:
        message_id = message_id or str(uuid4())
        if text.strip():
            self.typed.add(message_id)
            self.steps.setdefault(message_id, {"id": message_id, "output": text, "type": "user_message"})
        await self.talk.write(self.screen, text=text, message_id=message_id)

    async def press(self, name: str, **more: Any) -> None:
        reply_id = more.pop("reply_id", None) or self.buttons[-1]["payload"]["reply_id"]
        await self.talk.press(self.screen, Press(name=name, reply_id=reply_id, **more))

    def texts(self) -> list[str]:
        """What stands on the page, without what was typed into it."""
        return [step["output"] for step in self.steps.values() if step["id"] not in self.typed]

    def everything(self) -> list[str]:
        return [step["output"] for step in self.steps.values()]

    def toasts(self) -> list[str]:
        return [data["message"] for event, data in self.events if event == "toast"]

    def names(self) -> list[str]:
        return [button["name"] for button in self.buttons]

    def count(self, event: str) -> int:
        return sum(1 for name, _ in self.events if name == event)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.before_pause is not None:
            await self.before_pause()
        await asyncio.sleep(0)

    async def _receive(self, event: str, data: Any) -> None:
        self.events.append((event, data))
        if event in {"new_message", "stream_start"}:
            self.steps[data["id"]] = dict(data)
        elif event == "stream_token":
            self.steps[data["id"]]["output"] += data["token"]
        elif event == "delete_message":
            self.steps.pop(data["id"], None)
        elif event == "resume_thread":
            self.steps = {step["id"]: dict(step) for step in data["steps"]}
            self.elements = list(data["elements"])
        elif event == "element":
            self.elements.append(data)
        elif event == "action":
            self.buttons.append(data)
        elif event == "remove_action":
            self.buttons = [button for button in self.buttons if button["id"] != data["id"]]


async def test_streams_an_answer_in_small_batches_then_adds_chips_and_buttons() -> None:
    page = Page(FakeService())
    await page.write("What is CAR-T?")
    assert page.texts() == [ANSWER]
    assert [chip["name"] for chip in page.elements] == ["[1]", "[2]"]
    assert page.names() == ["ask", "ask", "helpful", "unhelpful", "person"]
    assert len(page.pauses) > 5
    assert set(page.pauses) == {0.04}


async def test_opens_the_conversation_with_the_first_message_and_not_before() -> None:
    service = FakeService()
    page = Page(service)
    await page.talk.resume(page.screen)
    assert (service.conversations, page.events) == ({}, [])
    await page.write("What is CAR-T?")
    await page.write("And lupus?")
    assert page.opened == list(service.conversations)
    assert len(page.opened) == 1


async def test_shows_that_it_works_and_takes_that_away_again() -> None:
    page = Page(FakeService())
    await page.write("What is CAR-T?")
    thinking = next(data for event, data in page.events if event == "new_message")
    assert (thinking["id"].startswith("thinking."), thinking["output"]) == (True, "")
    assert thinking["id"] not in page.steps
    assert (page.count("task_start"), page.count("task_end")) == (1, 1)


async def test_an_emergency_is_never_dribbled_in() -> None:
    page = Page(FakeService())
    await page.write("I have chest pain")
    assert page.texts() == [EMERGENCY.replace("(tel:", "(#tel:")]
    assert (page.pauses, page.names()) == ([], ["person"])


async def test_says_nothing_while_a_person_owns_the_talk() -> None:
    class Silent(FakeService):
        def reply(self, **more: Any) -> Any:
            from dataclasses import replace

            return replace(super().reply(**more), text="")

    page = Page(Silent())
    await page.write("Hello Anna")
    assert (page.texts(), page.buttons) == ([], [])


async def test_an_emergency_is_answered_without_a_database() -> None:
    class Homeless(FakeService):
        def open(self, **more: Any) -> Any:
            raise StoreError("no disk")

        def reply(self, *, conversation_id: str, text: str, **more: Any) -> Any:
            return make_reply(conversation_id, text)

    page = Page(Homeless())
    await page.write("I have chest pain")
    assert page.texts() == [EMERGENCY.replace("(tel:", "(#tel:")]
    assert (page.screen.conversation_id, page.opened) == (None, [])


@pytest.mark.parametrize("text", ["", "   ", "\n"])
async def test_ignores_an_empty_message(text: str) -> None:
    page = Page(FakeService())
    await page.write(text)
    assert page.events == []


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        pytest.param(StoreError("disk full at /var/secret"), TEXTS.status.failed, id="store"),
        pytest.param(LimitError("30 a minute"), TEXTS.status.too_fast, id="limit"),
        pytest.param(NotFoundError("gone"), TEXTS.status.not_found, id="not_found"),
        pytest.param(RuntimeError("my name is Jane and I have chest pain"), TEXTS.status.failed, id="unexpected"),
    ],
)
async def test_a_failure_is_told_in_our_words_and_logged_without_theirs(
    failure: Exception, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = FakeService()
    page = Page(service)
    service.failure = failure
    with caplog.at_level(logging.DEBUG):
        await page.write("What is CAR-T?")
    assert page.texts() == [sentence]
    assert "Jane" not in caplog.text
    assert "secret" not in caplog.text
    assert page.count("task_end") == 1
    await page.write("Again?")
    assert page.texts()[-1] == ANSWER


async def test_a_second_message_is_heard_in_the_middle_of_the_first() -> None:
    page = Page(FakeService())

    async def interrupt() -> None:
        page.before_pause = None
        await page.write("I have chest pain")

    page.before_pause = interrupt
    await page.write("What is CAR-T?")
    assert sorted(page.texts()) == sorted([ANSWER, EMERGENCY.replace("(tel:", "(#tel:")])
    # The answer that was running is shown to its end at once.
    assert len(page.pauses) == 1


async def test_a_flood_beside_a_running_turn_is_told_to_wait() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    service.delay_s = 0.2
    await asyncio.gather(*(page.write("And?", f"m{number}") for number in range(2, 5 + MAX_INTERRUPTIONS)))
    assert page.texts().count(TEXTS.status.busy) == 2
    assert page.texts().count(ANSWER) == 2 + MAX_INTERRUPTIONS


async def test_a_person_can_be_asked_for_while_an_answer_is_made() -> None:
    service = FakeService()
    first, second = Page(service), Page(service)
    second.talk = first.talk
    await first.write("What is CAR-T?")
    second.screen.conversation_id = first.screen.conversation_id
    service.delay_s = 0.2
    await asyncio.gather(first.write("And lupus?"), _after(0.05, second.press("person", reply_id="any")))
    assert second.everything() == ["What is CAR-T?", ANSWER, "And lupus?", PERSON]
    # Only one turn ran: the second page was answered beside it.
    assert (first.count("task_start"), second.count("task_start")) == (2, 0)


async def _after(seconds: float, turn: Any) -> None:
    await asyncio.sleep(seconds)
    await turn


async def test_stop_shows_the_whole_answer_at_once() -> None:
    page = Page(FakeService())

    async def stop() -> None:
        page.before_pause = None
        await page.talk.stop(page.screen)

    page.before_pause = stop
    await page.write("What is CAR-T?")
    assert page.texts() == [ANSWER]
    assert (len(page.pauses), page.toasts()) == (1, [TEXTS.status.stop_wait])


async def test_stop_with_nothing_running_says_nothing() -> None:
    page = Page(FakeService())
    await page.talk.stop(page.screen)
    assert page.events == []


async def test_a_person_can_be_asked_for_and_what_happens_next_is_said() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    await page.press("person")
    assert service.person_requests == [page.screen.conversation_id]
    assert page.texts() == [ANSWER, PERSON]


async def test_a_follow_up_is_asked_in_the_words_of_the_stored_reply() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    await page.press("ask", index=1)
    assert page.texts() == [ANSWER, "What are the side effects of CAR-T therapy?", ANSWER]
    messages = service.messages[str(page.screen.conversation_id)]
    assert [message.text for message in messages if message.author is Author.PATIENT] == [
        "What is CAR-T?",
        "What are the side effects of CAR-T therapy?",
    ]


async def test_old_follow_up_questions_go_when_a_new_message_comes() -> None:
    page = Page(FakeService())
    await page.write("What is CAR-T?")
    await page.write("And lupus?")
    assert page.names().count("ask") == 2
    assert page.names().count("person") == 2


@pytest.mark.parametrize(
    "press",
    [
        pytest.param({"name": "ask", "index": 7}, id="index_too_large"),
        pytest.param({"name": "ask", "index": -1}, id="index_negative"),
        pytest.param({"name": "ask"}, id="no_index"),
        pytest.param({"name": "reason", "reason": "DROP TABLE"}, id="unknown_reason"),
        pytest.param({"name": "reason"}, id="no_reason"),
        pytest.param({"name": "erase_everything"}, id="unknown_button"),
        pytest.param({"name": "helpful", "reply_id": "somebody-elses"}, id="foreign_reply"),
        pytest.param({"name": "ask", "reply_id": "somebody-elses", "index": 0}, id="foreign_question"),
    ],
)
async def test_a_forged_button_does_nothing(press: dict[str, Any]) -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    before = (page.texts(), page.names(), len(service.messages[str(page.screen.conversation_id)]))
    await page.press(**press)
    assert (page.texts(), page.names(), len(service.messages[str(page.screen.conversation_id)])) == before
    assert service.feedback == []


async def test_a_button_before_the_first_message_does_nothing() -> None:
    page = Page(FakeService())
    await page.press("person", reply_id="any")
    assert page.events == []


async def test_a_thumb_up_is_kept_and_thanked_for() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    await page.press("helpful")
    assert [(feedback.value, feedback.reason) for feedback in service.feedback] == [(1, None)]
    assert page.toasts() == [TEXTS.feedback.thanks]
    assert page.names() == ["ask", "ask", "person"]


async def test_a_thumb_down_is_kept_at_once_and_then_asks_for_the_reason() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    await page.press("unhelpful")
    assert [(feedback.value, feedback.reason) for feedback in service.feedback] == [(-1, None)]
    assert page.names() == ["ask", "ask", "person", "reason", "reason", "reason", "reason"]
    await page.press("reason", reason="seems_wrong")
    assert [(feedback.value, feedback.reason) for feedback in service.feedback] == [(-1, None), (-1, "seems_wrong")]
    assert page.names() == ["ask", "ask", "person"]


async def test_comes_back_with_words_sources_and_buttons_each_once() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    drawn = (page.names(), [element["id"] for element in page.elements])
    await page.talk.resume(page.screen)
    await page.talk.resume(page.screen)
    assert page.everything() == ["What is CAR-T?", ANSWER]
    assert (page.names(), [element["id"] for element in page.elements]) == drawn


async def test_another_visitors_conversation_does_not_come_back() -> None:
    service = FakeService()
    page = Page(service)
    await page.write("What is CAR-T?")
    stranger = Page(service, visitor_id="stranger")
    stranger.screen.conversation_id = page.screen.conversation_id
    with pytest.raises(NotFoundError):
        await stranger.talk.resume(stranger.screen)
    assert stranger.events == []
