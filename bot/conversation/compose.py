"""Verdicts and drafts become replies: which fixed sentences, in which order, with which notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.conversation.hours import Hours
from bot.conversation.partners import hours_of
from bot.conversation.reasons import failed_lately, replies_in
from bot.conversation.texts import Texts
from bot.conversation.tone import feeling_in, in_short, may_warm
from bot.db.partner_values import Partner
from bot.domain import Author, Citation, Draft, HandoffView, Message, Outcome, Reply, Speaker, Verdict

_URGENT = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})
# After an emergency the safety line stays under this many replies.
_SAFETY_REPLIES = 3
_MOST_TOPICS = 3
_NO_HOURS = Hours()
# The fixed text for each feeling.
_WARM = {"fear": "warm_fear", "weariness": "warm_weariness"}
# An amount to take, as any guide may write it; beside a personal question it would read as a prescription.
_DOSE = re.compile(
    r"\d[\d.,]*\W{0,2}(?:mg|milligrams?|mcg|µg|ug|micrograms?|grams?|ml|millilit(?:er|re)s?|iu|units?|tablets?|pills?)\b",
    re.IGNORECASE,
)


class Composer:
    """Words every reply; knows the fixed texts and what an operator set.

    Args:
        texts: The fixed sentences.
        region: Country code for emergency numbers; None: several are shown.
        car_t_line: 24-hour telephone number of the treating centre.
        hours: When people answer.
        max_chars: Longest message, for the text that says so.
        emergency_numbers: To dial where the patient is not known to be in another region; empty: the region's.
    """

    def __init__(
        self,
        *,
        texts: Texts,
        region: str | None = None,
        car_t_line: str | None = None,
        hours: Hours = _NO_HOURS,
        max_chars: int = 2000,
        emergency_numbers: tuple[str, ...] = (),
    ) -> None:
        self._texts = texts
        self._region = region
        self._car_t_line = car_t_line
        self._hours = hours
        self._max_chars = max_chars
        self._emergency_numbers = emergency_numbers

    def of(self, partner: Partner | None) -> Composer:
        """Return what words the replies to a partner's visitors: its own numbers and hours before the settings'."""
        if partner is None:
            return self
        return Composer(
            texts=self._texts,
            region=partner.region or self._region,
            car_t_line=partner.car_t_line or self._car_t_line,
            hours=hours_of(partner) or self._hours,
            max_chars=self._max_chars,
            emergency_numbers=partner.emergency_numbers,
        )

    def urgent(self, blank: Reply, verdict: Verdict, *, region: str | None) -> Reply:
        """Word an emergency or crisis: the action first, the right number, a way to a person."""
        where = verdict.region or region or self._region
        # Whoever says that they are in another country needs that country's number.
        numbers = self._emergency_numbers if where == self._region else ()
        if verdict.outcome is Outcome.CRISIS:
            text = self._texts.crisis(verdict, region=where, numbers=numbers)
        else:
            text = self._texts.emergency(
                verdict,
                region=where,
                car_t_line=self._car_t_line,
                has_question=verdict.has_question,
                numbers=numbers,
            )
        return _decided(blank, verdict, text=text, offered=True)

    def fixed(self, blank: Reply, verdict: Verdict) -> Reply:
        """Word small talk, identity, abuse, what is out of scope, and attacks."""
        text = self._texts.talk(verdict, region=self._region)
        return _decided(blank, verdict, text=text, offered=verdict.outcome is Outcome.OUT_OF_SCOPE)

    def personal(self, blank: Reply, verdict: Verdict, *, draft: Draft | None) -> Reply:
        """Refuse personal advice, kindly; then general information where it names no dose; a person in any case."""
        if draft is None or not draft.text or _DOSE.search(draft.text):
            return _decided(blank, verdict, text=self._texts.personal(verdict, has_general=False), offered=True)
        refusal = self._texts.personal(verdict, has_general=True)
        reply = replace(_with_draft(blank, draft), text=f"{refusal}\n\n{draft.text}\n\n{self._texts.offer()}")
        reply = _decided(reply, verdict, text=reply.text, offered=True)
        return self._with_expiry_note(replace(reply, answerer=draft.answerer))

    def answer(self, blank: Reply, draft: Draft) -> Reply:
        """Word an answer, or an abstention that names the nearest topics and offers a person."""
        reply = _with_draft(replace(blank, outcome=draft.outcome, reason=draft.reason), draft)
        if draft.outcome is Outcome.ANSWERED:
            return self._with_part_note(self._with_expiry_note(reply), draft)
        return replace(reply, text=self._abstained(draft.follow_ups), handoff=HandoffView(offered=True))

    def in_short(self, blank: Reply, last: Reply) -> Reply:
        """Say the last answer again in its leading sentences."""
        return self._with_expiry_note(in_short(last, blank))

    def warmed(self, reply: Reply, *, said: str, earlier: Sequence[Message]) -> Reply:
        """Put a warm sentence in front where the patient's words show fear, once in a while.

        Args:
            said: The patient's masked message.
            earlier: The conversation before the reply.
        """
        feeling = feeling_in(said)
        if feeling is None or not may_warm(
            reply, earlier, warm_texts=[self._texts.fixed(key) for key in _WARM.values()]
        ):
            return reply
        return replace(reply, text=f"{self._texts.fixed(_WARM[feeling])}\n\n{reply.text}")

    def handoff(self, blank: Reply, verdict: Verdict, *, already: bool) -> Reply:
        """Acknowledge at once that a person was asked for, and say what happens next."""
        text = self._texts.fixed("handoff_waiting") if already else self._handed_over(blank.created_at)
        reply = _decided(blank, verdict, text=text, offered=True)
        return replace(reply, handoff=HandoffView(Speaker.WAITING, offered=True))

    def person_is_here(self, blank: Reply, *, name: str | None) -> Reply:
        """Say to who asks for a person that one is here already."""
        text = self._texts.fixed("handoff_with_person", name=name or self._texts.desk("somebody"))
        return replace(self.silent(blank), reason="person_is_here", text=text)

    def limited(self, blank: Reply, *, code: str) -> Reply:
        """Say kindly that a message was too long, came too fast, or while another was being answered."""
        values = {"max_chars": self._max_chars} if code == "too_long" else {}
        return replace(blank, reason=f"limit.{code}", text=self._texts.fixed(code, **values), answerer="fixed")

    def silent(self, blank: Reply) -> Reply:
        """Say nothing: a person owns the conversation."""
        return replace(
            blank,
            outcome=Outcome.HANDOFF,
            reason="person_speaks",
            answerer="fixed",
            handoff=HandoffView(Speaker.HUMAN, offered=True),
        )

    def trouble(self, blank: Reply) -> Reply:
        """Say that something broke, and offer a person."""
        return replace(
            blank,
            outcome=Outcome.ABSTAINED,
            reason="trouble",
            text=self._texts.fixed("trouble"),
            answerer="fixed",
            handoff=HandoffView(offered=True),
        )

    def with_notes(
        self, reply: Reply, *, was_masked: bool, earlier: Sequence[Message], state: Speaker = Speaker.BOT
    ) -> Reply:
        """Add what a reply needs beside itself.

        The safety line after an emergency, the privacy note once a conversation, while a person is on the way once
        that this is the guide, and after several replies that did not help the offer of a person. An urgent reply
        stays as it is: nothing may stand between the reader and the call.

        Args:
            state: Who owns the conversation.
            was_masked: The patient's message held an identifier.
            earlier: The conversation before the reply; all of it where `was_masked`.
        """
        if not reply.text or reply.outcome in _URGENT:
            return reply
        notes = [self._texts.fixed("safety_line")] if _urgent_lately(earlier) else []
        if (
            state is Speaker.WAITING
            and reply.outcome is not Outcome.HANDOFF
            and _asked_and_not_told(earlier, note=self._texts.desk("still_the_guide"))
        ):
            notes.append(self._texts.desk("still_the_guide"))
        if state is Speaker.BOT and self._offers_again(reply, earlier):
            notes.append(self._texts.desk("offer_again"))
        privacy_note = self._texts.fixed("privacy_note")
        bot_texts = (message.text for message in earlier if message.author is Author.BOT)
        if was_masked and not any(privacy_note in text for text in bot_texts):
            notes.append(privacy_note)
        return replace(reply, text="\n\n".join((reply.text, *notes)))

    def _offers_again(self, reply: Reply, earlier: Sequence[Message]) -> bool:
        """Tell whether this reply fails as well as those before it, and the last of them did not say so."""
        replies = [*replies_in(earlier), reply]
        note = self._texts.desk("offer_again")
        return failed_lately(replies) and not any(note in before.text for before in replies[-2:])

    def _abstained(self, questions: Sequence[str]) -> str:
        if not questions:
            return self._texts.fixed("abstained_plain")
        quoted = [f"“{question}”" for question in questions[:_MOST_TOPICS]]
        topics = " or ".join((", ".join(quoted[:-1]), quoted[-1])) if len(quoted) > 1 else quoted[0]
        return self._texts.fixed("abstained", topics=topics)

    def _handed_over(self, now: datetime) -> str:
        next_time, hours = self._hours.next_in_words(now), self._hours.in_words
        if next_time is not None:
            return self._texts.fixed("handoff_out_of_hours", next=next_time)
        if hours is None:
            return self._texts.fixed("handoff_no_hours")
        return self._texts.fixed("handoff_in_hours", hours=hours)

    def _with_part_note(self, reply: Reply, draft: Draft) -> Reply:
        if not draft.is_partial:
            return reply
        note = self._texts.fixed("part_unanswered")
        return replace(reply, text=f"{reply.text}\n\n{note}", handoff=HandoffView(offered=True))

    def _with_expiry_note(self, reply: Reply) -> Reply:
        today = reply.created_at.date()
        expired = [citation for citation in reply.citations if _is_expired(citation, today)]
        if not expired:
            return reply
        due = min(citation.expires_on for citation in expired if citation.expires_on)
        note = self._texts.fixed("expired_source", date=f"{due:%d %B %Y}".lstrip("0"))
        return replace(reply, text=f"{reply.text}\n\n{note}")


def _decided(blank: Reply, verdict: Verdict, *, text: str, offered: bool) -> Reply:
    return replace(
        blank,
        outcome=verdict.outcome or blank.outcome,
        reason=verdict.reason,
        text=text,
        rule_id=verdict.rule_id,
        triggers=verdict.triggers,
        handoff=HandoffView(offered=offered),
        answerer="fixed",
    )


def _with_draft(reply: Reply, draft: Draft) -> Reply:
    return replace(
        reply,
        text=draft.text,
        sentences=draft.sentences,
        citations=draft.citations,
        consulted=draft.consulted,
        follow_ups=draft.follow_ups,
        answerer=draft.answerer,
        timings_ms=draft.timings_ms,
        dropped=draft.dropped,
        model=draft.model,
        prompt_digest=draft.prompt_digest,
        fallback=draft.fallback,
    )


def _is_expired(citation: Citation, today: date) -> bool:
    return citation.expires_on is not None and citation.expires_on < today


def _urgent_lately(earlier: Sequence[Message]) -> bool:
    return any(reply.outcome in _URGENT for reply in replies_in(earlier)[-_SAFETY_REPLIES:])


def _asked_and_not_told(earlier: Sequence[Message], *, note: str) -> bool:
    """Tell whether a person was asked for a moment ago, and no reply since has said who goes on speaking."""
    for reply in reversed(replies_in(earlier)):
        if reply.outcome is Outcome.HANDOFF:
            return True
        if note in reply.text:
            return False
    return False
