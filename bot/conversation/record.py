"""What is known of a conversation when a message comes, and the writing down of what is said in it.

Reading never stands in the way of an emergency: what cannot be read is taken for empty. Writing fails loudly.
"""

from __future__ import annotations

import logging
import threading
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.conversation.floor import URGENT, after_message, may_speak, states_for
from bot.conversation.privacy.mask import Masked
from bot.conversation.reasons import replies_in, request_reason
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Conversation, Message, Reply, Shown, Speaker
from bot.errors import BotError, NotFoundError, StoreError

logger = logging.getLogger(__name__)

# How far back a follow-up may lean, in messages of both sides.
_CONTEXT_MESSAGES = 12
# Read at once of a long transcript.
_PAGE_MESSAGES = 500
# Conversations in memory: those that could not be stored, and those seen last; each is some hundred bytes.
_MOST_IN_MEMORY = 10_000


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known of the message being answered.

    Attributes:
        started: `time.perf_counter()` when the message came.
        earlier: The last messages of patient and bot before it, oldest first.
    """

    conversation_id: str
    visitor_id: str
    masked: Masked
    started: float
    state: Speaker = Speaker.BOT
    region: str | None = None
    partner_id: str | None = None
    earlier: tuple[Message, ...] = ()

    @property
    def said_before(self) -> tuple[str, ...]:
        """Return what the patient said before, oldest first."""
        return tuple(message.text for message in self.earlier if message.author is Author.PATIENT)

    @property
    def last_shown(self) -> Shown | None:
        """Return what the bot's last reply showed of the guide; None where it showed nothing."""
        replies = [message.reply for message in self.earlier if message.author is Author.BOT and message.reply]
        if not replies or not replies[-1].citations:
            return None
        titles = {citation.section_id: citation.title for citation in replies[-1].citations}
        return Shown(tuple(titles), tuple(titles.values()))

    def before(self, message: Message) -> Turn:
        """Return the turn without the message itself and what came after it: it may be sent a second time."""
        return replace(self, earlier=tuple(other for other in self.earlier if other.seq < message.seq))


class Record:
    """The transcripts as the service needs them.

    Args:
        store: The transcripts.
        clock: The time, UTC.
    """

    def __init__(self, *, store: TranscriptStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._unsaved: OrderedDict[str, Conversation] = OrderedDict()
        self._seen: OrderedDict[str, Conversation] = OrderedDict()

    def open(
        self,
        *,
        visitor_id: str,
        channel: str,
        language: str,
        conversation_id: str | None = None,
        partner_id: str | None = None,
        region: str | None = None,
    ) -> Conversation:
        """Open a conversation; one that cannot be stored now is held here and stored with its next message.

        Raises:
            LimitError: The id is malformed.
            NotFoundError: It is another visitor's.
        """
        now = self._clock()
        try:
            return self._store.open_conversation(
                visitor_id=visitor_id,
                channel=channel,
                language=language,
                conversation_id=conversation_id,
                partner_id=partner_id,
                region=region,
                now=now,
            )
        except StoreError as error:
            logger.error("conversation not stored", extra={"code": error.code})
        return self.hold(
            visitor_id=visitor_id,
            channel=channel,
            language=language,
            conversation_id=conversation_id or str(uuid.uuid4()),
            partner_id=partner_id,
            region=region,
        )

    def hold(
        self,
        *,
        visitor_id: str,
        channel: str,
        language: str,
        conversation_id: str,
        partner_id: str | None = None,
        region: str | None = None,
    ) -> Conversation:
        """Begin a conversation in memory; it is stored with its next message. The id must be new."""
        now = self._clock()
        held = Conversation(
            id=conversation_id,
            visitor_id=visitor_id,
            state=Speaker.BOT,
            channel=channel,
            language=language,
            created_at=now,
            updated_at=now,
            partner_id=partner_id,
            region=region,
        )
        _keep_newest(self._unsaved, held, lock=self._lock)
        return held

    def turn(self, *, conversation_id: str, visitor_id: str, masked: Masked, started: float) -> Turn:
        """Gather what is known; what cannot be read is empty.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        blank = Turn(conversation_id, visitor_id, masked, started)
        try:
            return self._read(blank)
        except NotFoundError:
            raise
        except Exception as error:  # noqa: BLE001  # an unreadable transcript must not keep an emergency from its reply
            logger.error("transcript unreadable", extra={"conversation_id": conversation_id, "code": code_of(error)})
            return self.remembered(blank)

    def remembered(self, turn: Turn) -> Turn:
        """Return the turn with what this process remembers of the conversation: the right number to call."""
        held = self._unsaved.get(turn.conversation_id) or self._seen.get(turn.conversation_id)
        if held is None or held.visitor_id != turn.visitor_id:
            return turn
        return replace(turn, region=held.region, partner_id=held.partner_id)

    def again(self, turn: Turn) -> Turn:
        """Gather anew what is known, as `turn` does."""
        return self.turn(
            conversation_id=turn.conversation_id,
            visitor_id=turn.visitor_id,
            masked=turn.masked,
            started=turn.started,
        )

    def reply_before(self, turn: Turn, client_message_id: str | None) -> Reply | None:
        """Return the reply that the same message got before; None too where that cannot be read."""
        if client_message_id is None:
            return None
        try:
            return self._store.reply_before(conversation_id=turn.conversation_id, client_message_id=client_message_id)
        except StoreError as error:
            logger.error("transcript unreadable", extra={"conversation_id": turn.conversation_id, "code": error.code})
            return None

    def keep_message(self, turn: Turn, client_message_id: str | None) -> tuple[Message, Reply | None]:
        """Write down what the patient said, and return it with the reply it got when it came before.

        Raises:
            StoreError: It could not be written.
        """
        message = self._store.add_patient_message(
            conversation_id=turn.conversation_id,
            text=turn.masked.text,
            client_message_id=client_message_id,
            now=self._clock(),
        )
        return message, self._store.reply_to(message_id=message.id)

    def keep_reply(self, reply: Reply, *, answers: str | None, confidence: float | None = None) -> Reply | None:
        """Write down what the bot says, and one line in the log.

        Returns:
            What is written there now: this reply, or the one that another process gave to the same message first.
            None: a person has come meanwhile, the bot may not speak, and nothing was written.

        Raises:
            StoreError: It could not be written.
        """
        allowed = states_for(Author.BOT, is_urgent=reply.outcome in URGENT)
        kept = self._store.add_reply(reply=reply, answers=answers, confidence=confidence, allowed_in=allowed)
        if kept is None:
            return None
        if kept.id != reply.reply_id and kept.reply is not None:
            return kept.reply
        logger.info(
            "reply",
            extra={
                "conversation_id": reply.conversation_id,
                "outcome": reply.outcome.value,
                "reason": reply.reason,
                "answerer": reply.answerer,
                "model": reply.model,
                "prompt_digest": reply.prompt_digest,
                "fallback": reply.fallback,
                "dropped": len(reply.dropped),
                "hits": len(reply.consulted),
                "index_version": reply.index_version,
                "timings_ms": dict(reply.timings_ms),
            },
        )
        return reply

    def keep_gap(self, turn: Turn, *, reason: str, section_ids: tuple[str, ...]) -> None:
        """Write down a question that the guide did not answer.

        Raises:
            StoreError: It could not be written.
        """
        self._store.add_gap(
            conversation_id=turn.conversation_id,
            question=turn.masked.text,
            reason=reason,
            section_ids=section_ids,
            now=self._clock(),
        )

    def request_person(self, turn: Turn) -> None:
        """Write down that a person was asked for, and why: what the reply before it was like.

        Raises:
            StoreError: It could not be written.
        """
        replies = replies_in(turn.earlier)
        reason = request_reason(replies, was_disliked=bool(replies) and self._is_disliked(turn, replies[-1]))
        self._store.request_handoff(conversation_id=turn.conversation_id, reason=reason, now=self._clock())

    def bot_may_speak(self, turn: Turn) -> bool:
        """Tell whether the bot may speak in the conversation now.

        Raises:
            StoreError: It cannot be read.
        """
        state = self._store.conversation(conversation_id=turn.conversation_id).state
        return may_speak(after_message(state), Author.BOT)

    def person_in(self, turn: Turn) -> str | None:
        """Return the name of the person who owns the conversation; None where there is none, or it cannot be read."""
        try:
            return self._store.person_in(conversation_id=turn.conversation_id)
        except StoreError:
            return None

    def history(self, *, conversation_id: str, visitor_id: str, after_seq: int = 0) -> list[Message]:
        """Return a transcript after a position, 0 for all of it.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
            StoreError: The database cannot be read.
        """
        messages: list[Message] = []
        while True:
            after = messages[-1].seq if messages else after_seq
            page = self._store.messages(
                conversation_id=conversation_id, visitor_id=visitor_id, after_seq=after, limit=_PAGE_MESSAGES
            )
            messages += page
            if len(page) < _PAGE_MESSAGES:
                return messages

    def _is_disliked(self, turn: Turn, reply: Reply) -> bool:
        try:
            feedback = self._store.feedback(reply_id=reply.reply_id, visitor_id=turn.visitor_id)
        except NotFoundError:
            return False
        return feedback is not None and feedback.value < 0

    def _read(self, turn: Turn) -> Turn:
        conversation = self._conversation(turn.conversation_id, turn.visitor_id)
        _keep_newest(self._seen, conversation, lock=self._lock)
        recent = self._store.recent_turns(conversation_id=turn.conversation_id, limit=_CONTEXT_MESSAGES)
        return replace(
            turn,
            state=after_message(conversation.state),
            region=conversation.region,
            partner_id=conversation.partner_id,
            earlier=tuple(recent),
        )

    def _conversation(self, conversation_id: str, visitor_id: str) -> Conversation:
        held = self._unsaved.get(conversation_id)
        if held is None or held.visitor_id != visitor_id:
            return self._store.conversation(conversation_id=conversation_id, visitor_id=visitor_id)
        try:
            kept = self._store.open_conversation(
                visitor_id=visitor_id,
                channel=held.channel,
                language=held.language,
                conversation_id=held.id,
                partner_id=held.partner_id,
                region=held.region,
                now=self._clock(),
            )
        except NotFoundError:  # while the database was away somebody named another visitor's conversation
            self._forget(conversation_id)
            raise
        self._forget(conversation_id)
        return kept

    def _forget(self, conversation_id: str) -> None:
        with self._lock:
            self._unsaved.pop(conversation_id, None)


def _keep_newest(kept: OrderedDict[str, Conversation], one: Conversation, *, lock: threading.Lock) -> None:
    with lock:
        kept[one.id] = one
        kept.move_to_end(one.id)
        while len(kept) > _MOST_IN_MEMORY:
            kept.popitem(last=False)


def code_of(error: Exception) -> str:
    """Return what the log may say of an error: our code, or its class and place; never its text."""
    if isinstance(error, BotError):
        return error.code
    frames = list(traceback.walk_tb(error.__traceback__))
    place = f" at {Path(frames[-1][0].f_code.co_filename).name}:{frames[-1][1]}" if frames else ""
    return f"{type(error).__name__}{place}"
