"""The one door: every channel asks `ConversationService.reply()`.

Whatever breaks behind it, the patient gets a safe sentence and a way to a person.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.first_look import FirstLook
from bot.conversation.floor import URGENT, may_speak
from bot.conversation.limits import Limits
from bot.conversation.partners import Nobody, Partners
from bot.conversation.privacy.mask import mask
from bot.conversation.quotas import Quotas
from bot.conversation.record import Record, Turn, code_of
from bot.conversation.responder import Responder
from bot.conversation.triage.triage import Triage
from bot.db.transcripts import TranscriptStore
from bot.domain import Author, Conversation, Feedback, Message, Outcome, Reply, Speaker, Verdict
from bot.errors import LimitError, NotFoundError, StoreError

logger = logging.getLogger(__name__)
# Whoever opens the chat again in this time finds the talk they left; later they begin anew, and nobody else who sits at
# the same machine by then reads what was said.
_COMES_BACK_WITHIN = timedelta(days=1)


# Longer than the record ever takes when it is well; a person in an emergency should not wait longer for it.
_PATIENCE_S = 1.0
_BESIDE = 48


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A conversation to begin."""

    visitor_id: str
    channel: str
    language: str
    partner_id: str | None
    region: str | None


class Service(Protocol):
    """What a channel may ask for. All calls are synchronous: channels run them off the event loop."""

    def open(
        self,
        *,
        visitor_id: str,
        channel: str,
        language: str = "en",
        conversation_id: str | None = None,
        partner_id: str | None = None,
        region: str | None = None,
    ) -> Conversation:
        """Open a conversation, or return the visitor's own one with this id."""

    def reply(
        self,
        *,
        conversation_id: str,
        visitor_id: str,
        text: str,
        client_message_id: str | None = None,
        address: str | None = None,
        refusal: str | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer one message; `on_progress` gets a model's answer as it grows."""

    def request_person(self, *, conversation_id: str, visitor_id: str) -> Reply:
        """Ask for a person, as the button does."""

    def history(self, *, conversation_id: str, visitor_id: str, after_seq: int = 0) -> list[Message]:
        """Return the transcript as the patient saw it, after a position, 0 for all of it."""

    def latest(self, *, visitor_id: str, channel: str) -> Conversation | None:
        """Return the visitor's newest conversation of a channel and of the last day, or None."""

    def give_feedback(
        self, *, reply_id: str, visitor_id: str, value: int, reason: str | None = None, comment: str | None = None
    ) -> Feedback:
        """Keep a patient's thumb on a reply."""


class ConversationService:
    """One message in, one reply out, both kept.

    Args:
        store: The transcripts.
        source: The answer chain of the index in use.
        triage: The fixed rules that come before everything.
        composer: Words the replies.
        limits: Length and rates; red flags pass before they are looked at.
        partners: Whose pages visitors may come from; None: nobody's.
        quotas: What partners' visitors may send in a day; None: as much as any.
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
        partners: Partners | None = None,
        quotas: Quotas | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._limits = limits
        self._quotas = quotas
        self._clock = clock
        # Whatever waits for the record waits here, so that the patient need not.
        self._beside = ThreadPoolExecutor(max_workers=_BESIDE, thread_name_prefix="record")
        self._record = Record(store=store, clock=clock)
        self._first_look = FirstLook(triage=triage)
        self._responder = Responder(
            record=self._record,
            source=source,
            composer=composer,
            partners=partners or Partners(Nobody()),
            may_suggest=self._first_look.may_suggest,
            clock=clock,
        )

    def open(
        self,
        *,
        visitor_id: str,
        channel: str,
        language: str = "en",
        conversation_id: str | None = None,
        partner_id: str | None = None,
        region: str | None = None,
    ) -> Conversation:
        """Open a conversation, or return the visitor's own one with this id, as it is.

        A broken database is no reason to turn anybody away: the conversation then begins unstored, so that an
        emergency told in it gets its reply.

        Args:
            partner_id: The partner whose page or server the visitor comes from; None: none.
            region: Country code that the page told; None: not told.

        Raises:
            NotFoundError: The id is malformed or another visitor's.
        """
        wanted = _Wanted(
            visitor_id=visitor_id, channel=channel, language=language, partner_id=partner_id, region=region
        )
        try:
            if conversation_id is not None:
                return self._record.open(conversation_id=conversation_id, **asdict(wanted))
            return self._begin(wanted)
        except LimitError as error:
            raise NotFoundError("There is no such conversation of this visitor.") from error

    def reply(
        self,
        *,
        conversation_id: str,
        visitor_id: str,
        text: str,
        client_message_id: str | None = None,
        address: str | None = None,
        refusal: str | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer one message; never raises for what a patient typed or for what is broken here.

        Args:
            client_message_id: The channel's own id of the message; a repeated one gets the same reply.
            address: The visitor's network address, for the rate limit only.
            refusal: Why the channel may answer nothing now but an emergency or a crisis, as the key of a fixed text:
                ``signed_out`` (the partner has not said who writes), ``partner_off``. None: it may.
            on_progress: Gets the Markdown of a language model's answer as it grows, from this thread; each state
                begins with the one before, and all of it is verified. The reply that is returned, and kept, is what
                counts: it may be the guide's own answer instead. Never called for any other kind of reply.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        asked = Turn(conversation_id, visitor_id, mask(text), time.perf_counter())
        known = self._beside.submit(self._record.again, asked)
        try:
            turn = known.result(timeout=_PATIENCE_S)
        except TimeoutError:  # the record is slow: what cannot wait for it does not
            verdict = self._first_look.check(asked.masked.text, earlier=())
            if verdict is not None and verdict.outcome in URGENT:
                return self._urgent_at_once(asked, known, verdict, client_message_id)
            turn = known.result()
        verdict = self._first_look.check(turn.masked.text, earlier=turn.said_before)
        if verdict is not None and verdict.outcome in URGENT:
            return self._urgent(turn, verdict, client_message_id)
        before = self._record.reply_before(turn, client_message_id)
        if before is not None:  # sent again because the first reply was lost: not another message
            return before
        if refusal is not None:
            return self._responder.limited(turn, code=refusal)
        return self._in_turn(turn, verdict, text=text, sent_as=client_message_id, address=address, follow=on_progress)

    def request_person(self, *, conversation_id: str, visitor_id: str) -> Reply:
        """Ask for a person, as the button does; stored as a request and acknowledged at once.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
        """
        turn = self._record.again(Turn(conversation_id, visitor_id, mask(""), time.perf_counter()))
        if not may_speak(turn.state, Author.BOT):
            return self._responder.person_is_here(turn)
        try:
            reply = self._responder.hand_over(turn, Verdict(Outcome.HANDOFF, reason="asked_for_person"))
            kept = self._record.keep_reply(reply, answers=None)
        except Exception as error:  # noqa: BLE001  # what could not be kept is not acknowledged
            return self._trouble(turn, error)
        return kept or self._responder.person_is_here(turn)

    def history(self, *, conversation_id: str, visitor_id: str, after_seq: int = 0) -> list[Message]:
        """Return the transcript as the patient saw it, after a position, 0 for all of it.

        Raises:
            NotFoundError: The conversation does not exist, or not for this visitor.
            StoreError: The database cannot be read.
        """
        return self._record.history(conversation_id=conversation_id, visitor_id=visitor_id, after_seq=after_seq)

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

    def latest(self, *, visitor_id: str, channel: str) -> Conversation | None:
        """Return the visitor's newest conversation of a channel where something was said in the last day.

        None: there is none, or it cannot be read now; the visitor then begins a new one.
        """
        try:
            found = self._store.conversations(visitor_id=visitor_id, limit=1)
        except StoreError as error:
            logger.error("conversations unreadable", extra={"code": error.code})
            return None
        recent = [
            one for one in found if one.channel == channel and self._clock() - one.updated_at < _COMES_BACK_WITHIN
        ]
        return recent[0] if recent else None

    def is_storing(self) -> bool:
        """Tell whether transcripts can be reached.

        Raises:
            StoreError: They cannot.
        """
        self._store.ping()
        return True

    def _check_limits(self, turn: Turn, *, text: str, address: str | None) -> None:
        also = () if self._quotas is None else self._quotas.of_visitor(turn.partner_id)
        self._limits.check(text=text, visitor_id=turn.visitor_id, address=address, also=also)
        if self._quotas is not None:
            self._quotas.count(turn.partner_id)

    def _in_turn(
        self,
        turn: Turn,
        verdict: Verdict | None,
        *,
        text: str,
        sent_as: str | None,
        address: str | None,
        follow: Callable[[str], None] | None,
    ) -> Reply:
        """Answer within the limits, one message of a conversation at a time."""
        try:
            if not may_speak(turn.state, Author.BOT):  # what is said to a person waits for no answer of the bot's
                self._limits.check(text=text, visitor_id=turn.visitor_id, is_to_person=True)
                return self._answer(turn, verdict, sent_as, follow)
            if not _asks_first(turn, verdict):
                self._check_limits(turn, text=text, address=address)
            with self._limits.one_at_a_time(turn.conversation_id):
                return self._answer(turn, verdict, sent_as, follow)
        except LimitError as error:
            return self._responder.limited(turn, code=error.code)

    def _urgent(self, turn: Turn, verdict: Verdict, client_message_id: str | None) -> Reply:
        """Reply in any case; keep what can be kept, and wait for that no longer than anybody should."""
        reply = self._responder.urgent(turn, verdict)
        keeping = self._beside.submit(self._keep_urgent, turn, reply, client_message_id)
        try:
            return keeping.result(timeout=_PATIENCE_S) or reply
        except TimeoutError:
            logger.error("urgent reply given before it was stored", extra={"reply_id": reply.reply_id})
            return reply

    def _urgent_at_once(
        self, asked: Turn, known: Future[Turn], verdict: Verdict, client_message_id: str | None
    ) -> Reply:
        """Reply before the record has said whose conversation it is; keep it afterwards, if it is this visitor's."""
        reply = self._responder.urgent(self._record.remembered(asked), verdict)
        logger.error("urgent reply given before it was stored", extra={"reply_id": reply.reply_id})
        self._beside.submit(lambda: self._keep_urgent(known.result(), reply, client_message_id))
        return reply

    def _keep_urgent(self, turn: Turn, reply: Reply, client_message_id: str | None) -> Reply | None:
        """Keep an emergency and its reply; return the reply that the same message got before, where it did."""
        try:
            message, before = self._record.keep_message(turn, client_message_id)
            if before is not None:
                return before
            return self._record.keep_reply(reply, answers=message.id)
        except Exception as error:  # noqa: BLE001  # nothing may keep an emergency from its reply
            logger.error("urgent reply not stored", extra={"reply_id": reply.reply_id, "code": code_of(error)})
            return None

    def _begin(self, wanted: _Wanted) -> Conversation:
        """Begin a conversation; one that the record is slow to take begins all the same, and is stored meanwhile."""
        conversation_id = str(uuid.uuid4())
        opening = self._beside.submit(self._record.open, conversation_id=conversation_id, **asdict(wanted))
        try:
            return opening.result(timeout=_PATIENCE_S)
        except TimeoutError:
            return self._record.hold(conversation_id=conversation_id, **asdict(wanted))

    def _answer(
        self,
        turn: Turn,
        verdict: Verdict | None,
        client_message_id: str | None,
        on_progress: Callable[[str], None] | None,
    ) -> Reply:
        """Keep the message, answer it, keep the answer; the conversation is held by the caller."""
        try:
            # Read again: another message may have been answered, or a person come, until it was this one's turn.
            turn = self._record.again(turn)
            message, before = self._record.keep_message(turn, client_message_id)
            if not may_speak(turn.state, Author.BOT):  # the person may have left just before it was kept
                turn = self._record.again(turn)
            return before or self._respond(turn.before(message), verdict, message, on_progress)
        except Exception as error:  # noqa: BLE001  # the last net: the patient gets a sentence and a person
            return self._trouble(turn, error)

    def _respond(
        self, turn: Turn, verdict: Verdict | None, message: Message, on_progress: Callable[[str], None] | None
    ) -> Reply:
        if not may_speak(turn.state, Author.BOT):
            return self._responder.silent(turn)
        confidence = None
        try:
            reply, confidence = self._responder.reply(turn, verdict, on_progress=on_progress)
        except Exception as error:  # noqa: BLE001  # kept like any reply, so that a reload shows it
            reply = self._trouble(turn, error)
        kept = self._record.keep_reply(reply, answers=message.id, confidence=confidence)
        return kept or self._responder.silent(turn)  # a person came while the answer was made

    def _trouble(self, turn: Turn, error: Exception) -> Reply:
        logger.error("reply failed", extra={"conversation_id": turn.conversation_id, "code": code_of(error)})
        return self._responder.trouble(turn)


def _asks_first(turn: Turn, verdict: Verdict | None) -> bool:
    """Tell whether a person is asked for and none is on the way: no rate may stand before that."""
    return verdict is not None and verdict.outcome is Outcome.HANDOFF and turn.state is Speaker.BOT
