"""From a verdict to a reply: who may speak, which words, and what is written down on the way."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.answer.source import AnswerSource
from bot.conversation.compose import Composer
from bot.conversation.privacy.question import question_of
from bot.conversation.record import Record, Turn, code_of
from bot.domain import Draft, Message, Outcome, Question, Reply, Speaker, Verdict
from bot.errors import BotError

logger = logging.getLogger(__name__)


class Responder:
    """Makes one reply for each verdict.

    Args:
        record: The transcripts.
        source: The answer chain of the index in use.
        composer: Words the replies.
        may_suggest: Tells whether a heading of the guide, asked as a question, is answered from the guide.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        record: Record,
        source: AnswerSource,
        composer: Composer,
        may_suggest: Callable[[str], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._source = source
        self._composer = composer
        self._may_suggest = may_suggest
        self._clock = clock

    def urgent(self, turn: Turn, verdict: Verdict) -> Reply:
        """Word an emergency or a crisis; needs neither index, model nor database."""
        return self._finished(self._composer.urgent(self._blank(turn), verdict, region=turn.region), turn)

    def reply(self, turn: Turn, verdict: Verdict | None) -> tuple[Reply, float | None]:
        """Reply to a message that is no emergency.

        Args:
            verdict: None: triage is broken, and what it has not read is not answered.

        Returns:
            The reply, and the confidence of the answer chain where it was asked.

        Raises:
            BotError: A part that the reply needs is broken.
        """
        if verdict is None:
            return self.trouble(turn), None
        if verdict.outcome is Outcome.HANDOFF:
            return self.hand_over(turn, verdict), None
        draft = None
        if verdict.outcome is Outcome.PERSONAL:
            reply, draft = self._personal(turn, verdict)
        elif verdict.outcome is not None:
            reply = self._composer.fixed(self._blank(turn), verdict)
        else:
            reply, draft = self._answered(turn)
        return self._finished(reply, turn), draft.confidence if draft else None

    def hand_over(self, turn: Turn, verdict: Verdict) -> Reply:
        """Write down that a person was asked for, then acknowledge it.

        Raises:
            StoreError: The request could not be written down.
        """
        self._record.request_person(turn, reason=verdict.reason)
        already = turn.state is Speaker.WAITING
        return self._finished(self._composer.handoff(self._blank(turn), verdict, already=already), turn)

    def silent(self, turn: Turn) -> Reply:
        """Say nothing, because a person owns the conversation."""
        return self._timed(self._composer.silent(self._blank(turn)), turn)

    def limited(self, turn: Turn, *, code: str) -> Reply:
        """Say that a message was too long, too fast, or came while another was being answered."""
        return self._timed(self._in_state(self._composer.limited(self._blank(turn), code=code), turn), turn)

    def trouble(self, turn: Turn) -> Reply:
        """Say that something broke, and offer a person."""
        return self._finished(self._composer.trouble(self._blank(turn)), turn)

    def _answered(self, turn: Turn) -> tuple[Reply, Draft]:
        stamped, draft = self._drafted(turn)
        if draft.outcome is Outcome.ABSTAINED:
            self._record.keep_gap(turn, reason=draft.reason, section_ids=draft.related)
        return self._composer.answer(stamped, draft), draft

    def _personal(self, turn: Turn, verdict: Verdict) -> tuple[Reply, Draft | None]:
        """Refuse kindly; put general, cited information beside it where the guide surely has some."""
        blank = self._blank(turn)
        if not verdict.general_question:
            return self._composer.personal(blank, verdict, draft=None), None
        try:
            blank, draft = self._drafted(turn)
        except Exception as error:  # noqa: BLE001  # the refusal stands by itself, whatever the chain does
            logger.error("personal reply without the guide", extra={"code": code_of(error)})
            return self._composer.personal(blank, verdict, draft=None), None
        return self._composer.personal(blank, verdict, draft=draft), draft

    def _drafted(self, turn: Turn) -> tuple[Reply, Draft]:
        """Ask the answer chain; return a blank reply that names its edition, and the draft."""
        edition = self._source.edition()
        draft = edition.chain.invoke(Question(text=question_of(turn.masked.text), earlier=turn.said_before))
        draft = replace(draft, follow_ups=tuple(filter(self._may_suggest, draft.follow_ups)))
        blank = replace(self._blank(turn), guide_version=edition.guide_version, index_version=edition.index_version)
        return blank, draft

    def _blank(self, turn: Turn) -> Reply:
        return Reply(
            reply_id=str(uuid.uuid4()),
            conversation_id=turn.conversation_id,
            outcome=Outcome.CONVERSATION,
            reason="none",
            text="",
            created_at=self._clock(),
        )

    def _finished(self, reply: Reply, turn: Turn) -> Reply:
        """Add what any reply may need: notes, who owns the conversation, the time taken."""
        earlier, was_masked = turn.earlier, bool(turn.masked.kinds)
        if was_masked and reply.outcome not in (Outcome.EMERGENCY, Outcome.CRISIS):
            earlier = self._all_of(turn)
        noted = self._composer.with_notes(reply, was_masked=was_masked, earlier=earlier)
        return self._timed(self._in_state(noted, turn), turn)

    def _all_of(self, turn: Turn) -> tuple[Message, ...]:
        """Return the whole conversation, so that the privacy note is told once; what is at hand if that fails."""
        try:
            return tuple(self._record.history(conversation_id=turn.conversation_id, visitor_id=turn.visitor_id))
        except BotError:
            return turn.earlier

    def _in_state(self, reply: Reply, turn: Turn) -> Reply:
        if reply.handoff.state is not Speaker.BOT:
            return reply
        return replace(reply, handoff=replace(reply.handoff, state=turn.state))

    def _timed(self, reply: Reply, turn: Turn) -> Reply:
        total = round((time.perf_counter() - turn.started) * 1000, 2)
        return replace(reply, timings_ms=(*reply.timings_ms, ("total", total)))
