"""One talk on one screen: what happens when a patient writes, presses a button, stops or comes back.

Knows the service and the texts, and a `Screen` to draw on; knows nothing of Chainlit. Nothing here is a record:
every word a patient may rely on is in the transcript before it is drawn, and drawing again starts from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from starlette.concurrency import run_in_threadpool

from bot.domain import Conversation, Message, Reply
from bot.errors import BotError, LimitError, NotFoundError, StoreError
from bot.web import chat_steps
from bot.web.chat_growth import Ask, Growth, OnProgress
from bot.web.chat_steps import Wire
from bot.web.chat_texts import ChatTexts

if TYPE_CHECKING:
    from bot.conversation.service import Service

logger = logging.getLogger(__name__)
Value = TypeVar("Value")
CHANNEL = "chat"
# How many messages may be on their way beside a running turn: an emergency and a second one, never a flood.
MAX_INTERRUPTIONS = 3


@dataclass(slots=True, eq=False)
class Screen:
    """One open chat page.

    Attributes:
        send: Sends one event to the page.
        conversation_id: None until the first message: looking at the page leaves no trace.
        address: Where the page's connection comes from; the service limits by it and does not keep it.
        offered: Follow-up buttons on show, which the next message takes away.
        wants_all: The patient asked to see the whole answer now.
    """

    session_id: str
    visitor_id: str
    send: Callable[[str, Any], Awaitable[Any]]
    on_open: Callable[[str], None]
    conversation_id: str | None = None
    address: str | None = None
    offered: list[Wire] = field(default_factory=list)
    wants_all: bool = False
    interruptions: int = 0


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed; everything in it comes from the page and is only a claim."""

    name: str
    reply_id: str
    index: int | None = None
    reason: str | None = None


class Talk:
    """Carries out turns, one at a time per conversation and per page."""

    def __init__(
        self,
        *,
        service: Service,
        texts: ChatTexts,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Keep the parts; `pause` is the clock between two batches of streamed text."""
        self._service = service
        self._texts = texts
        self._pause = pause
        self._busy: set[str] = set()

    async def write(self, screen: Screen, *, text: str, message_id: str) -> None:
        """Answer what the patient wrote.

        A message that comes while another is being answered goes to the service too: an emergency is heard in the
        middle of anything, and what else the service says to it is shown at once, beside the turn that runs.
        """
        if not text.strip():
            return

        def ask(conversation_id: str, on_progress: OnProgress | None) -> Reply:
            return self._service.reply(
                conversation_id=conversation_id,
                visitor_id=screen.visitor_id,
                text=text,
                client_message_id=message_id,
                address=screen.address,
                on_progress=on_progress,
            )

        await self._run(screen, ask)

    async def press(self, screen: Screen, press: Press) -> None:
        """Carry out a pressed button; a press that fits no reply of this conversation does nothing."""
        if screen.conversation_id is None:
            return
        if press.name == "person":
            await self._run(screen, self._person_asker(screen))
            return
        try:
            reply = await self._find_reply(screen, press.reply_id)
            if reply is not None:
                await self._press_on(screen, press, reply)
        except Exception as error:  # noqa: BLE001  # the patient reads a sentence of ours, whatever it was
            await self._say_failed(screen, error)

    async def resume(self, screen: Screen) -> None:
        """Draw the conversation from its transcript, buttons and sources included.

        Raises:
            NotFoundError: It is not this visitor's.
        """
        conversation_id = screen.conversation_id
        if conversation_id is None:
            return
        messages = await self._history(screen)
        drawn = chat_steps.thread(
            messages, conversation_id=conversation_id, visitor_id=screen.visitor_id, texts=self._texts
        )
        await screen.send("first_interaction", {"interaction": "resume", "thread_id": conversation_id})
        await screen.send("resume_thread", drawn)
        actions = chat_steps.thread_actions(messages, texts=self._texts)
        screen.offered = [action for action in actions if action["name"] == "ask"]
        for action in actions:
            # The page appends without looking; after a reconnect each button would stand there twice.
            await screen.send("remove_action", action)
            await screen.send("action", action)

    async def stop(self, screen: Screen) -> None:
        """Show the rest of the answer at once: half a medical sentence is worse than a whole one."""
        screen.wants_all = True
        if self._is_busy(screen):
            await screen.send("toast", {"message": self._texts.status.stop_wait, "type": "info"})

    async def _press_on(self, screen: Screen, press: Press, reply: Reply) -> None:
        if press.name == "ask":
            await self._ask_follow_up(screen, press, reply)
        elif press.name == "helpful":
            await self._rate(screen, reply, value=1)
        elif press.name == "unhelpful":
            await self._rate(screen, reply, value=-1)
        elif press.name == "reason":
            await self._explain(screen, press, reply)

    async def _ask_follow_up(self, screen: Screen, press: Press, reply: Reply) -> None:
        if press.index is None or not 0 <= press.index < len(reply.follow_ups):
            return
        question, message_id = reply.follow_ups[press.index], str(uuid4())
        if not self._is_busy(screen):
            step = chat_steps.patient_step(step_id=message_id, conversation_id=reply.conversation_id, text=question)
            await screen.send("new_message", step)
        await self.write(screen, text=question, message_id=message_id)

    async def _rate(self, screen: Screen, reply: Reply, *, value: int) -> None:
        await self._give_feedback(screen, reply, value=value, reason=None)
        await self._remove(
            screen, chat_steps.reply_actions(reply, texts=self._texts, with_follow_ups=False), keep="person"
        )
        if value > 0:
            await self._toast(screen, self._texts.feedback.thanks)
            return
        for action in chat_steps.reason_actions(reply, texts=self._texts):
            await screen.send("action", action)

    async def _explain(self, screen: Screen, press: Press, reply: Reply) -> None:
        if press.reason not in {reason.code for reason in self._texts.feedback.reasons}:
            return
        await self._give_feedback(screen, reply, value=-1, reason=press.reason)
        await self._remove(screen, chat_steps.reason_actions(reply, texts=self._texts))
        await self._toast(screen, self._texts.feedback.thanks)

    async def _give_feedback(self, screen: Screen, reply: Reply, *, value: int, reason: str | None) -> None:
        await run_in_threadpool(
            self._service.give_feedback,
            reply_id=reply.reply_id,
            visitor_id=screen.visitor_id,
            value=value,
            reason=reason,
        )

    def _person_asker(self, screen: Screen) -> Ask:
        def ask(conversation_id: str, on_progress: OnProgress | None) -> Reply:
            return self._service.request_person(conversation_id=conversation_id, visitor_id=screen.visitor_id)

        return ask

    async def _run(self, screen: Screen, ask: Ask) -> None:
        """Run one turn; whatever happens, the patient reads a sentence of ours."""
        if self._is_busy(screen):
            await self._interrupt(screen, ask)
            return
        try:
            with self._claim(screen):
                await screen.send("task_start", {})
                try:
                    await self._turn(screen, ask)
                finally:
                    await screen.send("task_end", {})
        except Exception as error:  # noqa: BLE001  # the patient reads a sentence of ours, whatever it was
            await self._say_failed(screen, error)

    async def _interrupt(self, screen: Screen, ask: Ask) -> None:
        """Answer a second message beside the running turn, whose text is then shown to its end."""
        screen.wants_all = True
        if screen.conversation_id is None or screen.interruptions >= MAX_INTERRUPTIONS:
            await self._note(screen, self._texts.status.busy)
            return
        screen.interruptions += 1
        try:
            reply = await run_in_threadpool(ask, screen.conversation_id, None)
            if reply.text.strip():
                await self._draw(screen, reply, with_follow_ups=False)
        except Exception as error:  # noqa: BLE001  # the patient reads a sentence of ours, whatever it was
            await self._say_failed(screen, error)
        finally:
            screen.interruptions -= 1

    async def _turn(self, screen: Screen, ask: Ask) -> None:
        screen.wants_all = False
        conversation_id = await self._open(screen)
        await self._remove(screen, screen.offered)
        screen.offered = []
        thinking = chat_steps.thinking_step(
            step_id=f"thinking.{uuid4()}", conversation_id=conversation_id, texts=self._texts
        )
        await screen.send("new_message", thinking)
        growth = Growth(screen.send, thinking)
        try:
            reply = await growth.follow(ask, conversation_id)
        except BaseException:
            await growth.take_away()
            raise
        # While a person owns the talk the bot has nothing to say, and the page shows nothing.
        if not reply.text.strip():
            await growth.take_away()
        elif growth.has_text:
            # It was read as it came: what counts now, chips and all, takes its place at once.
            await self._draw(screen, reply, with_follow_ups=True, instead=growth)
        else:
            await growth.take_away()
            await self._show(screen, reply)

    async def _open(self, screen: Screen) -> str:
        if screen.conversation_id is not None:
            return screen.conversation_id
        try:
            conversation = await self._open_new(screen)
        except StoreError:
            # With no database there is no conversation; an emergency must be answered all the same.
            return str(uuid4())
        screen.conversation_id = conversation.id
        screen.on_open(conversation.id)
        await screen.send("first_interaction", {"interaction": "chat", "thread_id": conversation.id})
        return conversation.id

    async def _open_new(self, screen: Screen) -> Conversation:
        return await run_in_threadpool(
            self._service.open, visitor_id=screen.visitor_id, channel=CHANNEL, language=self._texts.language
        )

    async def _show(self, screen: Screen, reply: Reply) -> None:
        if reply.outcome not in chat_steps.AT_ONCE:
            await self._stream(screen, chat_steps.reply_step(reply, texts=self._texts))
        await self._draw(screen, reply, with_follow_ups=True)

    async def _draw(
        self, screen: Screen, reply: Reply, *, with_follow_ups: bool, instead: Growth | None = None
    ) -> None:
        """Put the finished reply on the page: chips, text, buttons."""
        step = chat_steps.reply_step(reply, texts=self._texts)
        for element in chat_steps.chip_elements(reply):
            await screen.send("element", element)
        if instead is not None:
            await instead.take_away()
        await screen.send("new_message", step)
        actions = chat_steps.reply_actions(reply, texts=self._texts, with_follow_ups=with_follow_ups)
        screen.offered += [action for action in actions if action["name"] == "ask"]
        for action in actions:
            await screen.send("action", action)

    async def _stream(self, screen: Screen, step: Wire) -> None:
        await screen.send("stream_start", {**step, "output": "", "streaming": True})
        for batch in chat_steps.batches(step["output"]):
            if screen.wants_all:
                return
            await screen.send("stream_token", {"id": step["id"], "token": batch, "isSequence": False, "isInput": False})
            await self._pause(chat_steps.BATCH_S)

    async def _history(self, screen: Screen) -> list[Message]:
        if screen.conversation_id is None:
            return []
        return await run_in_threadpool(
            self._service.history, conversation_id=screen.conversation_id, visitor_id=screen.visitor_id
        )

    async def _find_reply(self, screen: Screen, reply_id: str) -> Reply | None:
        replies = (message.reply for message in await self._history(screen) if message.reply is not None)
        return next((reply for reply in replies if reply.reply_id == reply_id), None)

    async def _remove(self, screen: Screen, actions: list[Wire], *, keep: str | None = None) -> None:
        for action in actions:
            if action["name"] != keep:
                await screen.send("remove_action", action)

    async def _toast(self, screen: Screen, text: str) -> None:
        await screen.send("toast", {"message": text, "type": "success"})

    async def _note(self, screen: Screen, text: str) -> None:
        step = chat_steps.note_step(step_id=f"note.{uuid4()}", conversation_id=screen.conversation_id or "", text=text)
        await screen.send("new_message", step)

    async def _say_failed(self, screen: Screen, error: Exception) -> None:
        """Tell the patient in our words; the log gets the kind of failure and no text."""
        code = error.code if isinstance(error, BotError) else "unexpected"
        logger.error("chat turn failed", extra={"code": code, "kind": type(error).__name__})
        await self._note(screen, self._sentence(error))

    def _sentence(self, error: Exception) -> str:
        if isinstance(error, LimitError):
            return self._texts.status.too_fast
        if isinstance(error, NotFoundError):
            return self._texts.status.not_found
        return self._texts.status.failed

    def _is_busy(self, screen: Screen) -> bool:
        return not self._busy.isdisjoint(_keys(screen))

    @contextmanager
    def _claim(self, screen: Screen) -> Iterator[None]:
        """Hold the page and the conversation for one turn; both, since a conversation may be open twice."""
        keys = _keys(screen)
        self._busy |= keys
        try:
            yield
        finally:
            self._busy -= keys


def _keys(screen: Screen) -> set[str]:
    return {f"page:{screen.session_id}", f"conversation:{screen.conversation_id or screen.session_id}"}
