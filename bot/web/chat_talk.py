"""One talk on one screen: what happens when a patient writes, presses a button, stops or comes back.

Knows the service and the texts, and a `Screen` to draw on; knows nothing of Chainlit. Nothing here is a record:
every word a patient may rely on is in the transcript before it is drawn, and drawing again starts from there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.concurrency import run_in_threadpool

from bot.domain import Conversation, Reply, Speaker
from bot.errors import BotError, LimitError, NotFoundError, StoreError
from bot.web import chat_steps
from bot.web.chat_delivery import Delivery
from bot.web.chat_growth import Ask, Growth, OnProgress
from bot.web.chat_pen import Pen
from bot.web.chat_screen import Press, Screen
from bot.web.chat_texts import ChatTexts
from bot.web.embed.gate import CHANNEL as WIDGET_CHANNEL

if TYPE_CHECKING:
    from bot.conversation.service import Service

logger = logging.getLogger(__name__)
CHANNEL = "chat"
# How many messages may be on their way beside a running turn: an emergency and a second one, never a flood.
MAX_INTERRUPTIONS = 3
# How many may wait for a person's line besides; a flood ends here, before it costs anything.
MAX_UNDER_WAY = 20
# A message to a person that comes while another of the conversation is written down is offered again so often.
_TELL_TIMES = 20
_TELL_AGAIN_S = 0.25


class Talk:
    """Carries out turns, one at a time per conversation and per page."""

    def __init__(
        self,
        *,
        service: Service,
        texts: ChatTexts,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Keep the parts; `pause` is the clock between two batches of streamed text.

        Attributes:
            delivery: Brings pages up to their transcript.
        """
        self._service = service
        self._texts = texts
        self._pause = pause
        self._pen = Pen(texts=texts, pause=pause)
        self.delivery = Delivery(service=service, pen=self._pen, texts=texts)
        self._busy: set[str] = set()

    async def write(self, screen: Screen, *, text: str, message_id: str) -> None:
        """Answer what the patient wrote.

        A message that comes while another is being answered goes to the service too: an emergency is heard in the
        middle of anything, and what else the service says to it is shown at once, beside the turn that runs.

        A page that lost its connection sends again what it knows no end of; what runs already is not begun twice.
        One whose partner has to say anew who writes keeps the message, and sends it again after that.
        """
        if not text.strip() or message_id in screen.under_way:
            return
        if len(screen.under_way) >= MAX_UNDER_WAY:
            await self._pen.note(screen, self._texts.status.busy)
            return

        reasons = []

        def ask(conversation_id: str, on_progress: OnProgress | None) -> Reply:
            reply = self._service.reply(
                conversation_id=conversation_id,
                visitor_id=screen.visitor_id,
                text=text,
                client_message_id=message_id,
                address=screen.address,
                refusal=screen.refusal(),
                on_progress=on_progress,
            )
            reasons.append(reply.reason)
            return reply

        screen.under_way.add(message_id)
        try:
            if screen.state is Speaker.HUMAN:
                async with screen.telling:
                    await self._tell(screen, ask)
            else:
                await self._run(screen, ask)
        finally:
            screen.under_way.discard(message_id)
            # The page hears that its message has been dealt with, or that somebody has to say first who wrote it.
            is_unsigned = reasons[-1:] == ["limit.signed_out"]
            await screen.send("guide_identity" if is_unsigned else "guide_done", {"id": message_id})

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
        await self.delivery.resume(screen)

    async def stop(self, screen: Screen) -> None:
        """Show the rest of the answer at once: half a medical sentence is worse than a whole one."""
        screen.wants_all = True
        if self._is_busy(screen):
            await self._pen.toast(screen, self._texts.status.stop_wait, kind="info")

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
        await self._pen.remove(
            screen, chat_steps.reply_actions(reply, texts=self._texts, with_follow_ups=False), keep="person"
        )
        if value > 0:
            await self._pen.toast(screen, self._texts.feedback.thanks)
            return
        await self._pen.add(screen, chat_steps.reason_actions(reply, texts=self._texts))

    async def _explain(self, screen: Screen, press: Press, reply: Reply) -> None:
        if press.reason not in {reason.code for reason in self._texts.feedback.reasons}:
            return
        await self._give_feedback(screen, reply, value=-1, reason=press.reason)
        await self._pen.remove(screen, chat_steps.reason_actions(reply, texts=self._texts))
        await self._pen.toast(screen, self._texts.feedback.thanks)

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
                screen.turns += 1
                try:
                    await self._turn(screen, ask)
                finally:
                    screen.turns -= 1
                    await screen.send("task_end", {})
            await self.delivery.catch_up(screen)
        except Exception as error:  # noqa: BLE001  # the patient reads a sentence of ours, whatever it was
            await self._say_failed(screen, error)

    async def _interrupt(self, screen: Screen, ask: Ask) -> None:
        """Answer a second message beside the running turn, whose text is then shown to its end."""
        screen.wants_all = True
        if screen.conversation_id is None or screen.interruptions >= MAX_INTERRUPTIONS:
            await self._pen.note(screen, self._texts.status.busy)
            return
        screen.interruptions += 1
        try:
            reply = await run_in_threadpool(ask, screen.conversation_id, None)
            await self._place(screen, reply)
        except Exception as error:  # noqa: BLE001  # the patient reads a sentence of ours, whatever it was
            await self._say_failed(screen, error)
        finally:
            screen.interruptions -= 1

    async def _turn(self, screen: Screen, ask: Ask) -> None:
        screen.wants_all = False
        conversation_id = await self._open(screen)
        await self._pen.remove(screen, screen.offered)
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
        await self._place_grown(screen, reply, growth)

    async def _tell(self, screen: Screen, ask: Ask) -> None:
        """Hand a message to the person who owns the talk: nothing of the bot's is shown, unless it must be said."""
        try:
            conversation_id = await self._open(screen)
            reply = await run_in_threadpool(ask, conversation_id, None)
            for _ in range(_TELL_TIMES):
                if reply.reason != "limit.busy":
                    break
                await self._pause(_TELL_AGAIN_S)
                reply = await run_in_threadpool(ask, conversation_id, None)
            await self._place(screen, reply)
        except Exception as error:  # noqa: BLE001  # the patient reads a sentence of ours, whatever it was
            await self._say_failed(screen, error)

    async def _place(self, screen: Screen, reply: Reply) -> None:
        """Draw a reply below what was said before it, if it says anything and does not stand there yet."""
        step = await self.delivery.make_room(screen, reply)
        if step is not None and reply.text.strip():
            await self._pen.draw_reply(screen, reply, step, with_follow_ups=False)

    async def _place_grown(self, screen: Screen, reply: Reply, growth: Growth) -> None:
        """Draw a reply in the place of what has grown there."""
        step = await self.delivery.make_room(screen, reply)
        # While a person owns the talk the bot has nothing to say, and the page shows nothing.
        if step is None or not reply.text.strip():
            await growth.take_away()
        elif growth.has_text:
            # It was read as it came: what counts now, chips and all, takes its place at once.
            await self._pen.draw_reply(screen, reply, step, with_follow_ups=True, instead=growth)
        else:
            await growth.take_away()
            if reply.outcome not in chat_steps.AT_ONCE:
                await self._pen.stream(screen, step)
            await self._pen.draw_reply(screen, reply, step, with_follow_ups=True)

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
            self._service.open,
            visitor_id=screen.visitor_id,
            channel=CHANNEL if screen.partner_id is None else WIDGET_CHANNEL,
            language=self._texts.language,
            partner_id=screen.partner_id,
            region=screen.region,
        )

    async def _find_reply(self, screen: Screen, reply_id: str) -> Reply | None:
        replies = (message.reply for message in await self.delivery.read(screen) if message.reply is not None)
        return next((reply for reply in replies if reply.reply_id == reply_id), None)

    async def _say_failed(self, screen: Screen, error: Exception) -> None:
        """Tell the patient in our words; the log gets the kind of failure and no text."""
        code = error.code if isinstance(error, BotError) else "unexpected"
        logger.error("chat turn failed", extra={"code": code, "kind": type(error).__name__})
        await self._pen.note(screen, self._sentence(error))

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
