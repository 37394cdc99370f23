"""The one door: every channel asks `ConversationService.reply()`.

Whatever breaks behind it, the patient gets a safe sentence and a way to a person.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from bot.answer.source import AnswerSource, Edition
from bot.conversation.compose import Composer
from bot.conversation.limits import Limits
from bot.conversation.privacy.mask import Masked, mask
from bot.conversation.triage.triage import Triage
from bot.db.transcripts import TranscriptStore
from bot.domain import (
    Author,
    Conversation,
    Draft,
    Feedback,
    Message,
    Outcome,
    Question,
    Reply,
    Speaker,
    Verdict,
)
from bot.errors import BadIndexError, BotError, LimitError, ModelError, StoreError

logger = logging.getLogger(__name__)

# How far back a follow-up may lean, in messages of both sides.
_CONTEXT_MESSAGES = 12
_URGENT = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})


class Service(Protocol):
    """What a channel may ask for. All calls are synchronous: channels run them off the event loop."""

    def open(
        self, *, visitor_id: str, channel: str, language: str = "en", conversation_id: str | None = None
    ) -> Conversation:
        """Open a conversation, or return the visitor's own one with this id."""
        ...

    def reply(
        self,
        *,
        conversation_id: str,
        visitor_id: str,
        text: str,
        client_message_id: str | None = None,
        address: str | None = None,
    ) -> Reply:
        """Answer one message."""
        ...

    def request_person(self, *, conversation_id: str, visitor_id: str) -> Reply:
        """Ask for a person, as the button does."""
        ...

    def history(self, *, conversation_id: str, visitor_id: str) -> list[Message]:
        """Return the transcript as the patient saw it."""
        ...

    def give_feedback(
        self, *, reply_id: str, visitor_id: str, value: int, reason: str | None = None, comment: str | None = None
    ) -> Feedback:
        """Keep a patient's thumb on a reply."""
        ...


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is known of the message being answered."""

    conversation_id: str
    visitor_id: str
    masked: Masked
    earlier: tuple[Message, ...]
    state: Speaker
    region: str | None
    started: float

    @property
    def said_before(self) -> tuple[str, ...]:
        return tuple(message.text for message in self.earlier if message.author is Author.PATIENT)


class ConversationService:
    """One message in, one reply out, both kept.

    Args:
        store: The transcripts.
        source: The answer chain of the index in use.
        triage: The fixed rules that come before everything.
        composer: Words the replies.
        limits: Length and rates; red flags pass before they are looked at.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        store: TranscriptStore,
        source: AnswerSource,
        triage: Triage,
        composer: Composer,
        limits: Limits,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._source = source
        self._triage = triage
        self._composer = composer
        self._limits = limits
        self._clock = clock

    def open(
        self, *, visitor_id: str, channel: str, language: str = "en", conversation_id: str | None = None
    ) -> Conversation:
        """Open a conversation, or return the visitor's own one with this id.

        Raises:
            NotFoundError: The id is malformed or another visitor's.
            StoreError: The database cannot be used.
        """
        return self._store.open_conversation(
            visitor_id=visitor_id,
            channel=channel,
            language=language,
            conversation_id=conversation_id,
            now=self._clock(),
        )

    def reply(
        self,
        *,
        conversation_id: str,
        visitor_id: str,
        text: str,
        client_message_id: str | None = None,
        address: str | None = None,
    ) -> Reply:
        """Answer one message; never raises for what a patient typed or for what is broken here.

        Args:
            client_message_id: The channel's own id of the message; a repeated one gets the same reply.
            address: The visitor's network address, for the rate limit only.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        turn = self._turn(conversation_id, visitor_id, text)
        verdict = self._check(turn)
        if verdict.outcome in _URGENT:
            return self._urgent(turn, verdict, client_message_id)
        try:
            self._limits.check(text=text, visitor_id=visitor_id, address=address)
            with self._limits.one_at_a_time(conversation_id):
                return self._answer(turn, verdict, client_message_id)
        except LimitError as error:
            return self._composer.limited(self._blank(turn), code=error.code)

    def request_person(self, *, conversation_id: str, visitor_id: str) -> Reply:
        """Ask for a person, as the button does; stored as a request and acknowledged at once.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        turn = self._turn(conversation_id, visitor_id, "")
        reply = self._hand_over(turn, Verdict(Outcome.HANDOFF, reason="asked_for_person"))
        self._keep(reply, answers=None)
        return reply

    def history(self, *, conversation_id: str, visitor_id: str) -> list[Message]:
        """Return the transcript as the patient saw it.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
            StoreError: The database cannot be read.
        """
        return self._store.messages(conversation_id=conversation_id, visitor_id=visitor_id)

    def give_feedback(
        self, *, reply_id: str, visitor_id: str, value: int, reason: str | None = None, comment: str | None = None
    ) -> Feedback:
        """Keep a patient's thumb on one of their own replies; the comment is masked first.

        Raises:
            NotFoundError: The reply does not exist, or not for this visitor.
            StoreError: The database cannot be written.
        """
        kept = mask(comment).text if comment else None
        return self._store.set_feedback(
            reply_id=reply_id, visitor_id=visitor_id, value=value, reason=reason, comment=kept, now=self._clock()
        )

    def is_storing(self) -> bool:
        """Tell whether transcripts can be reached.

        Raises:
            StoreError: They cannot.
        """
        self._store.ping()
        return True

    def _turn(self, conversation_id: str, visitor_id: str, text: str) -> _Turn:
        """Gather what is known; a dead database must not keep an emergency from its reply."""
        started = time.perf_counter()
        state, earlier, region = Speaker.BOT, (), None
        try:
            conversation = self._store.conversation(conversation_id=conversation_id, visitor_id=visitor_id)
            recent = self._store.recent_turns(conversation_id=conversation_id, limit=_CONTEXT_MESSAGES)
            state, earlier, region = conversation.state, tuple(recent), conversation.region
        except StoreError as error:
            logger.error("transcript unreadable", extra={"conversation_id": conversation_id, "code": error.code})
        return _Turn(conversation_id, visitor_id, mask(text), earlier, state, region, started)

    def _check(self, turn: _Turn) -> Verdict:
        """Triage with its meaning check; by rules alone when the model or index is down."""
        text = turn.masked.text
        try:
            return self._triage.check(text, vector=lambda: self._source.encode(text), earlier=turn.said_before)
        except (BadIndexError, ModelError) as error:
            logger.error("triage without meaning check", extra={"code": error.code})
            return self._triage.check(text, vector=None, earlier=turn.said_before)

    def _urgent(self, turn: _Turn, verdict: Verdict, client_message_id: str | None) -> Reply:
        reply = self._finished(self._composer.urgent(self._blank(turn), verdict, region=turn.region), turn)
        try:
            message = self._keep_message(turn, client_message_id)
            if (before := self._store.reply_to(message_id=message.id)) is not None:
                return before
            self._store.add_reply(reply=reply, answers=message.id)
        except BotError as error:
            logger.error("urgent reply not stored", extra={"reply_id": reply.reply_id, "code": error.code})
        return reply

    def _answer(self, turn: _Turn, verdict: Verdict, client_message_id: str | None) -> Reply:
        try:
            message = self._keep_message(turn, client_message_id)
            if (before := self._store.reply_to(message_id=message.id)) is not None:
                return before
            reply = self._finished(self._by_verdict(turn, verdict), turn)
            self._keep(reply, answers=message.id)
        except Exception as error:  # the last net: whatever it is, the patient gets a sentence and a person
            code = error.code if isinstance(error, BotError) else type(error).__name__
            logger.error("reply failed", extra={"conversation_id": turn.conversation_id, "code": code})
            return self._finished(self._composer.trouble(self._blank(turn)), turn)
        return reply

    def _by_verdict(self, turn: _Turn, verdict: Verdict) -> Reply:
        blank = self._blank(turn)
        if turn.state is Speaker.HUMAN:
            return self._composer.silent(blank)
        if verdict.outcome is Outcome.HANDOFF:
            return self._hand_over(turn, verdict)
        if verdict.outcome is Outcome.PERSONAL:
            return self._personal(turn, verdict)
        if verdict.outcome is not None:
            return self._composer.fixed(blank, verdict)
        edition = self._source.edition()
        draft = edition.chain.invoke(Question(text=turn.masked.text, earlier=turn.said_before))
        reply = self._composer.answer(self._stamped(blank, edition), draft)
        if draft.outcome is Outcome.ABSTAINED:
            self._add_gap(turn, draft)
        return reply

    def _personal(self, turn: _Turn, verdict: Verdict) -> Reply:
        """Refuse kindly; put general, cited information beside it where the guide surely has some."""
        blank = self._blank(turn)
        if not verdict.general_question:
            return self._composer.personal(blank, verdict, draft=None)
        try:
            edition = self._source.edition()
            draft = edition.chain.invoke(Question(text=turn.masked.text, earlier=turn.said_before))
        except (BadIndexError, ModelError):
            return self._composer.personal(blank, verdict, draft=None)
        return self._composer.personal(self._stamped(blank, edition), verdict, draft=draft)

    def _hand_over(self, turn: _Turn, verdict: Verdict) -> Reply:
        already = turn.state is Speaker.WAITING
        self._store.request_handoff(conversation_id=turn.conversation_id, reason=verdict.reason, now=self._clock())
        return self._finished(self._composer.handoff(self._blank(turn), verdict, already=already), turn)

    def _keep_message(self, turn: _Turn, client_message_id: str | None) -> Message:
        return self._store.add_patient_message(
            conversation_id=turn.conversation_id,
            text=turn.masked.text,
            client_message_id=client_message_id,
            now=self._clock(),
        )

    def _keep(self, reply: Reply, *, answers: str | None) -> None:
        self._store.add_reply(reply=reply, answers=answers)
        logger.info(
            "reply",
            extra={
                "conversation_id": reply.conversation_id,
                "outcome": reply.outcome.value,
                "reason": reply.reason,
                "hits": len(reply.consulted),
                "index_version": reply.index_version,
                "timings_ms": dict(reply.timings_ms),
            },
        )

    def _add_gap(self, turn: _Turn, draft: Draft) -> None:
        self._store.add_gap(
            conversation_id=turn.conversation_id,
            question=turn.masked.text,
            reason=draft.reason,
            section_ids=draft.related,
            now=self._clock(),
        )

    def _blank(self, turn: _Turn) -> Reply:
        return Reply(
            reply_id=str(uuid.uuid4()),
            conversation_id=turn.conversation_id,
            outcome=Outcome.CONVERSATION,
            reason="none",
            text="",
            created_at=self._clock(),
        )

    def _stamped(self, reply: Reply, edition: Edition) -> Reply:
        return replace(reply, guide_version=edition.guide_version, index_version=edition.index_version)

    def _finished(self, reply: Reply, turn: _Turn) -> Reply:
        """Add what any reply may need: the privacy note once, the safety line after an emergency, the time taken."""
        reply = self._composer.with_notes(reply, masked=turn.masked, earlier=turn.earlier)
        total = round((time.perf_counter() - turn.started) * 1000, 2)
        return replace(reply, timings_ms=(*reply.timings_ms, ("total", total)))


