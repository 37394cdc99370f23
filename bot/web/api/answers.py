"""Messages that are being answered: each in a thread of its own, which its caller's going away does not end.

A message that comes twice while it is answered is answered once, and both calls get that reply.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from bot.conversation.privacy.mask import mask
from bot.domain import Reply
from bot.errors import BotError, StoreError
from bot.web.api.access import Whose
from bot.web.api.problems import Problem, problem_of, retry_after

if TYPE_CHECKING:
    from bot.conversation.service import Service

_LIMIT = "limit."
# An answer of a language model may take a minute, and an emergency must not wait for one.
_MOST_AT_ONCE = 200
# The rates of a visitor count in a window of a minute that moves on; a message is mostly answered within a second.
_RETRY_S = {"too_fast": 60, "busy": 1}
_UNTIL_TOMORROW = frozenset({"too_many", "partner_full"})
# Which of the patient's sentences goes with what stands in the way; see `Service.reply`.
_SENTENCES = {
    "rate_limited": "too_fast",
    "idempotency_mismatch": "busy",
    "invalid": "trouble",
    "unavailable": "trouble",
}


class SentBefore(Protocol):
    """Knows the messages that were sent; see `bot.db.transcripts.TranscriptStore`."""

    def was_sent_as(self, *, conversation_id: str, client_message_id: str, text: str) -> bool | None:
        """Tell whether the message of this id has this masked text; None: there is none of this id."""


class Growth:
    """An answer on its way: what is there of it, and a bell for those who follow it.

    Attributes:
        text: What is there now.
    """

    def __init__(self) -> None:
        self.text = ""
        self._loop = asyncio.get_running_loop()
        self._bell = asyncio.Event()

    def grow(self, text: str) -> None:
        """Take more of the answer, from any thread."""
        self._loop.call_soon_threadsafe(self._set, text)

    def ring(self) -> None:
        """Wake all who wait."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def wait(self, timeout_s: float) -> bool:
        """Wait until something has changed; False: nothing did in this time."""
        try:
            await asyncio.wait_for(self._bell.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def _set(self, text: str) -> None:
        self.text = text
        self.ring()


@dataclass(frozen=True, slots=True, eq=False)
class Underway:
    """A message that is being answered."""

    text: str
    task: asyncio.Future[Reply]
    growth: Growth


class Answers:
    """Begins answers, and knows those underway.

    Args:
        service: Answers.
        sent: Knows what was sent before.
        clock: The time, UTC.
    """

    def __init__(self, *, service: Service, sent: SentBefore, clock: Callable[[], datetime]) -> None:
        self._service = service
        self._sent = sent
        self._clock = clock
        self._by_key: dict[tuple[str, str], Underway] = {}
        self._all: set[Underway] = set()
        # Their own, so that slow answers keep nobody from being let in; a thread is made when it is needed.
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="answer")

    def begin(self, whose: Whose, text: str, *, key: str | None, hindrance: Problem | None = None) -> Underway:
        """Have a message answered; one that is underway under the same key is not answered twice.

        Args:
            key: The caller's own id of the message.
            hindrance: Why only an emergency may be answered; None: nothing stands in the way.
        """
        slot = None if key is None or hindrance is not None else (whose.conversation_id, key)
        other = None if slot is None else self._by_key.get(slot)
        if other is not None and other.text == text:
            return other
        if other is not None:
            slot, hindrance = None, Problem("idempotency_mismatch")
        growth = Growth()

        def answer() -> Reply:
            return self._reply(whose, text, None if slot is None else slot[1], hindrance, growth)

        underway = Underway(text, self._in_a_thread(answer), growth)
        self._all.add(underway)
        if slot is not None:
            self._by_key[slot] = underway
        underway.task.add_done_callback(lambda _: self._end(underway, slot))
        return underway

    def _in_a_thread(self, answer: Callable[[], Reply]) -> asyncio.Future[Reply]:
        return asyncio.get_running_loop().run_in_executor(self._threads, answer)

    def _end(self, underway: Underway, slot: tuple[str, str] | None) -> None:
        self._all.discard(underway)
        if slot is not None:
            self._by_key.pop(slot, None)
        if not underway.task.cancelled():
            underway.task.exception()  # nobody may be left to ask for it
        underway.growth.ring()

    def _reply(self, whose: Whose, text: str, key: str | None, hindrance: Problem | None, growth: Growth) -> Reply:
        """Answer, off the event loop.

        Raises:
            Problem: It is not answered.
            NotFoundError: The conversation is gone.
        """
        if key is not None and self._was_another(whose, key, text):
            key, hindrance = None, Problem("idempotency_mismatch")
        reply = self._service.reply(
            conversation_id=whose.conversation_id,
            visitor_id=whose.visitor_id,
            text=text,
            client_message_id=key,
            refusal=None if hindrance is None else _SENTENCES.get(hindrance.code, "signed_out"),
            on_progress=growth.grow,
        )
        if reply.reason.startswith(_LIMIT):
            raise self._refused(reply, hindrance)
        return reply

    def _was_another(self, whose: Whose, key: str, text: str) -> bool:
        try:
            was_same = self._sent.was_sent_as(
                conversation_id=whose.conversation_id, client_message_id=key, text=mask(text).text
            )
        except StoreError:  # the service says what it says when the record is away
            return False
        return was_same is False

    def _refused(self, reply: Reply, hindrance: Problem | None) -> Problem:
        """Return the problem that a reply is which only says why there is none."""
        said = {"text": reply.text}
        if hindrance is not None:
            told = {**hindrance.extra, **said}
            return Problem(hindrance.code, hindrance.detail, headers=hindrance.headers, extra=told)
        code = reply.reason.removeprefix(_LIMIT)
        headers = {}
        if code in _RETRY_S:
            headers = retry_after(_RETRY_S[code])
        elif code in _UNTIL_TOMORROW:
            headers = retry_after(_until_midnight(self._clock()).total_seconds())
        try:
            return Problem(reply.reason, reply.text, headers=headers, extra=said)
        except KeyError:  # a limit that this API does not know of
            return problem_of(BotError("A message was refused for a reason without a problem.", code=code))


def _until_midnight(now: datetime) -> timedelta:
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) - now
