"""From a verdict to a reply: who may speak, which words, and what is written down on the way."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from bot.answer.plainly import is_wish_alone, wishes_brevity
from bot.answer.source import AnswerSource, Edition
from bot.conversation.compose import Composer
from bot.conversation.partners import Partners
from bot.conversation.privacy.question import question_of
from bot.conversation.record import Record, Turn, code_of
from bot.conversation.tone import last_answer
from bot.domain import GENERATIVE, Draft, Message, Outcome, Question, Reply, Speaker, Verdict
from bot.errors import BotError, LanguageModelError

logger = logging.getLogger(__name__)


class Responder:
    """Makes one reply for each verdict.

    Args:
        record: The transcripts.
        source: The answer chain of the index in use.
        composer: Words the replies.
        partners: Whose numbers and hours they name.
        may_suggest: Tells whether a heading of the guide, asked as a question, is answered from the guide.
        clock: The time, UTC.
    """

    def __init__(
        self,
        *,
        record: Record,
        source: AnswerSource,
        composer: Composer,
        partners: Partners,
        may_suggest: Callable[[str], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._record = record
        self._source = source
        self._composer = composer
        self._partners = partners
        self._may_suggest = may_suggest
        self._clock = clock

    def urgent(self, turn: Turn, verdict: Verdict) -> Reply:
        """Word an emergency or a crisis; needs neither index, model nor database."""
        return self._finished(self._words(turn).urgent(self._blank(turn), verdict, region=turn.region), turn)

    def reply(
        self, turn: Turn, verdict: Verdict | None, *, on_progress: Callable[[str], None] | None = None
    ) -> tuple[Reply, float | None]:
        """Reply to a message that is no emergency.

        Args:
            verdict: None: triage is broken, and what it has not read is not answered.
            on_progress: Gets a model's answer as it grows, as long as no person owns the conversation.

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
            reply = self._words(turn).fixed(self._blank(turn), verdict)
        elif is_wish_alone(turn.masked.text):
            reply = self._again(turn)
        else:
            reply, draft = self._answered(turn, on_progress)
        return self._finished(reply, turn), draft.confidence if draft else None

    def hand_over(self, turn: Turn, verdict: Verdict) -> Reply:
        """Write down that a person was asked for, then acknowledge it.

        Raises:
            StoreError: The request could not be written down.
        """
        self._record.request_person(turn)
        already = turn.state is Speaker.WAITING
        return self._finished(self._words(turn).handoff(self._blank(turn), verdict, already=already), turn)

    def silent(self, turn: Turn) -> Reply:
        """Say nothing, because a person owns the conversation."""
        return self._timed(self._words(turn).silent(self._blank(turn)), turn)

    def person_is_here(self, turn: Turn) -> Reply:
        """Say to who asks for a person that one is here already."""
        return self._timed(self._words(turn).person_is_here(self._blank(turn), name=self._record.person_in(turn)), turn)

    def limited(self, turn: Turn, *, code: str) -> Reply:
        """Say that a message was too long, too fast, or came while another was being answered."""
        return self._timed(self._in_state(self._words(turn).limited(self._blank(turn), code=code), turn), turn)

    def trouble(self, turn: Turn) -> Reply:
        """Say that something broke, and offer a person."""
        return self._finished(self._words(turn).trouble(self._blank(turn)), turn)

    def _answered(self, turn: Turn, on_progress: Callable[[str], None] | None) -> tuple[Reply, Draft]:
        edition = self._source.edition()
        if on_progress is None:
            draft = edition.answerer.invoke(_question(turn))
        else:
            draft = self._followed(edition.answerer.stream(_question(turn)), turn, on_progress)
        stamped, draft = self._stamped(turn, edition, draft)
        if draft.outcome is Outcome.ABSTAINED:
            self._record.keep_gap(turn, reason=draft.reason, section_ids=draft.related)
        reply = self._words(turn).answer(stamped, draft)
        if draft.outcome is Outcome.ANSWERED and wishes_brevity(turn.masked.text):
            reply = self._words(turn).in_short(reply, reply)
        return self._words(turn).warmed(reply, said=turn.masked.text, earlier=turn.earlier), draft

    def _again(self, turn: Turn) -> Reply:
        """Give the last answer in fewer words; where there was none, ask for the question in other words."""
        last = last_answer(turn.earlier)
        if last is None:
            return self._words(turn).fixed(self._blank(turn), Verdict(Outcome.CONVERSATION, reason="talk.complaint"))
        return self._words(turn).in_short(self._blank(turn), last)

    def _personal(self, turn: Turn, verdict: Verdict) -> tuple[Reply, Draft | None]:
        """Refuse kindly; put general, cited information beside it where the guide surely has some.

        It is in the guide's own words: a model that reads a personal question words a personal answer.
        """
        blank = self._blank(turn)
        if not verdict.general_question:
            return self._words(turn).personal(blank, verdict, draft=None), None
        try:
            edition = self._source.edition()
            blank, draft = self._stamped(turn, edition, edition.chain.invoke(_question(turn)))
        except Exception as error:  # noqa: BLE001  # the refusal stands by itself, whatever the chain does
            logger.error("personal reply without the guide", extra={"code": code_of(error)})
            return self._words(turn).personal(blank, verdict, draft=None), None
        return self._words(turn).personal(blank, verdict, draft=draft), draft

    def _followed(self, drafts: Iterator[Draft], turn: Turn, on_progress: Callable[[str], None]) -> Draft:
        """Pass a model's answer on as it grows; the last draft counts, whoever listens or speaks by then."""
        draft, is_followed = None, True
        for draft in drafts:
            if is_followed and draft.answerer == GENERATIVE:
                is_followed = self._may_speak(turn) and _passed_on(draft, on_progress)
        if draft is None:  # no answerer is silent
            raise LanguageModelError("The answer chain gave no draft.")
        return draft

    def _may_speak(self, turn: Turn) -> bool:
        """Tell whether no person owns the conversation; where that cannot be read, one may."""
        try:
            return self._record.bot_may_speak(turn)
        except BotError:
            return False

    def _stamped(self, turn: Turn, edition: Edition, draft: Draft) -> tuple[Reply, Draft]:
        """Return a blank reply that names the edition, and the draft with the follow-ups that may be suggested."""
        draft = replace(draft, follow_ups=tuple(filter(self._may_suggest, draft.follow_ups)))
        blank = replace(
            self._blank(turn),
            guide_version=edition.guide_version,
            index_version=edition.index_version,
            calibration_version=edition.calibration_version,
        )
        return blank, draft

    def _words(self, turn: Turn) -> Composer:
        """Return what words the replies of a conversation: with its partner's numbers and hours, where it has one."""
        return self._composer.of(self._partners.find(turn.partner_id))

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
        noted = self._words(turn).with_notes(reply, state=turn.state, was_masked=was_masked, earlier=earlier)
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


def _question(turn: Turn) -> Question:
    """Return what the answer chain may know: masked words, marks and what they marked left out."""
    return Question(text=question_of(turn.masked.text), earlier=turn.said_before, last=turn.last_shown)


def _passed_on(draft: Draft, on_progress: Callable[[str], None]) -> bool:
    """Pass the text on; a listener that fails is not told more, and the reply goes on without it."""
    try:
        on_progress(draft.text)
    except Exception as error:  # noqa: BLE001  # the page may be gone; the answer is for the transcript all the same
        logger.warning("progress not shown", extra={"code": code_of(error)})
        return False
    return True
