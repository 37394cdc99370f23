"""A conversation service in memory, with replies as patients would get them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

from bot.domain import (
    Author,
    Citation,
    Conversation,
    Feedback,
    HandoffView,
    Message,
    Outcome,
    Reference,
    Reply,
    ReplySentence,
    Speaker,
)
from bot.errors import NotFoundError

REFERENCES = {
    "R51": Reference(
        id="R51",
        citation="Mackensen A, et al. Anti-CD19 CAR T cell therapy for refractory SLE. Nat Med 2022;28:2124-2132",
        url="https://doi.org/10.1038/s41591-022-02017-5",
    ),
    "R12": Reference(
        id="R12", citation="Fanouriakis A, et al. EULAR recommendations for lupus: 2023 update. Ann Rheum Dis. 2024."
    ),
}
PASSAGE = (
    "CAR-T therapy uses your own immune cells. A team collects T cells from your blood, changes them in a laboratory, "
    "and gives them back to you by drip. The changed cells find and remove **B cells**, the cells that make the "
    "antibodies behind lupus.\n\nIt is still being studied. In one study, 8 of 8 people with lupus had no signs of "
    "active disease after six months."
)
QUOTE = "The changed cells find and remove **B cells**, the cells that make the antibodies behind lupus."
SECOND_QUOTE = "In one study, 8 of 8 people with lupus had no signs of active disease after six months."
ANSWER = (
    "CAR-T therapy uses your own immune cells. A team collects T cells from your blood, changes them in a laboratory, "
    "and gives them back to you by drip. [1]\n\nThe changed cells find and remove B cells, the cells that make the "
    "antibodies behind lupus. [1] It is still being studied: in one study, 8 of 8 people with lupus had no signs of "
    "active disease after six months. [2]"
)
EMERGENCY = (
    "Call your local emergency number now.\n\n[Call 112](tel:112) [Call 911](tel:911)\n\n"
    "What you describe can be serious and needs help right away. Do not wait for an answer from me. "
    "If you have had CAR-T therapy, show your wallet card."
)
PERSON = (
    "I have asked a person to join this chat. Our support team answers Monday to Friday, 9 to 17. "
    "You can leave this page open or come back later: their answer will be here."
)
UNKNOWN = "I don't have that in my guide. Your care team can tell you, or I can ask a person to join us here."


class FakeService:
    """Keeps conversations in a dictionary; `failure` breaks the next reply, `delay_s` slows each one down.

    Attributes:
        growing: What a language model's answer looks like on its way, told to whoever follows.
        on_change: Hears of each change, as ``message`` or ``state`` of a conversation.
    """

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.messages: dict[str, list[Message]] = {}
        self.feedback: list[Feedback] = []
        self.person_requests: list[str] = []
        self.addresses: list[str | None] = []
        self.failure: Exception | None = None
        self.delay_s = 0.0
        self.growing: tuple[str, ...] = ()
        self.on_change: Callable[[str, str], None] = lambda conversation_id, kind: None
        self._lock = threading.Lock()

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
        if conversation_id is not None:
            return self._own(conversation_id, visitor_id)
        now = datetime.now(UTC)
        conversation = Conversation(
            id=str(uuid4()),
            visitor_id=visitor_id,
            state=Speaker.BOT,
            channel=channel,
            language=language,
            created_at=now,
            updated_at=now,
            partner_id=partner_id,
            region=region,
        )
        self.conversations[conversation.id] = conversation
        self.messages[conversation.id] = []
        return conversation

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
        self.addresses.append(address)
        if refusal is not None and make_reply(conversation_id, text).outcome is not Outcome.EMERGENCY:
            return _reply(conversation_id, Outcome.CONVERSATION, f"limit.{refusal}", f"Refused: {refusal}.")
        conversation = self._own(conversation_id, visitor_id)
        self._add(conversation_id, Author.PATIENT, text, client_message_id=client_message_id)
        if conversation.state is Speaker.HUMAN:
            return _reply(conversation_id, Outcome.HANDOFF, "person_speaks", "")
        time.sleep(self.delay_s)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        for grown in self.growing:
            assert on_progress is not None
            on_progress(grown)
        reply = make_reply(conversation_id, text)
        self._add(conversation_id, Author.BOT, reply.text, reply=reply)
        return reply

    def request_person(self, *, conversation_id: str, visitor_id: str) -> Reply:
        self._own(conversation_id, visitor_id)
        self.person_requests.append(conversation_id)
        self.move(conversation_id, Speaker.WAITING)
        reply = _reply(
            conversation_id,
            Outcome.HANDOFF,
            "asked_for_person",
            PERSON,
            handoff=HandoffView(state=Speaker.WAITING, offered=True),
        )
        self._add(conversation_id, Author.BOT, reply.text, reply=reply)
        return reply

    def history(self, *, conversation_id: str, visitor_id: str, after_seq: int = 0) -> list[Message]:
        self._own(conversation_id, visitor_id)
        return self.messages[conversation_id][after_seq:]

    def latest(self, *, visitor_id: str, channel: str) -> Conversation | None:
        own = [one for one in self.conversations.values() if (one.visitor_id, one.channel) == (visitor_id, channel)]
        return own[-1] if own else None

    def give_feedback(
        self, *, reply_id: str, visitor_id: str, value: int, reason: str | None = None, comment: str | None = None
    ) -> Feedback:
        owners = {
            message.reply.reply_id: self.conversations[message.conversation_id].visitor_id
            for messages in self.messages.values()
            for message in messages
            if message.reply is not None
        }
        if owners.get(reply_id) != visitor_id:
            raise NotFoundError("no such reply of this visitor")
        feedback = Feedback(
            reply_id=reply_id, value=value, reason=reason, comment=comment, created_at=datetime.now(UTC)
        )
        self.feedback.append(feedback)
        return feedback

    def add_staff_message(self, *, conversation_id: str, text: str, name: str) -> None:
        """Let a person write into a conversation."""
        self._add(conversation_id, Author.STAFF, text, name=name)

    def add_note(self, *, conversation_id: str, text: str) -> None:
        """Write a note of the system into a conversation."""
        self._add(conversation_id, Author.SYSTEM, text)

    def move(self, conversation_id: str, state: Speaker) -> None:
        """Let somebody else own a conversation."""
        self.conversations[conversation_id] = replace(self.conversations[conversation_id], state=state)
        self.on_change(conversation_id, "state")

    def erase(self, *, conversation_id: str, visitor_id: str) -> None:
        """Delete a conversation."""
        self._own(conversation_id, visitor_id)
        del self.conversations[conversation_id], self.messages[conversation_id]
        self.on_change(conversation_id, "erased")

    def _own(self, conversation_id: str, visitor_id: str) -> Conversation:
        conversation = self.conversations.get(conversation_id)
        if conversation is None or conversation.visitor_id != visitor_id:
            raise NotFoundError("no such conversation of this visitor")
        return conversation

    def _add(
        self,
        conversation_id: str,
        author: Author,
        text: str,
        *,
        reply: Reply | None = None,
        name: str | None = None,
        client_message_id: str | None = None,
    ) -> None:
        with self._lock:
            messages = self.messages[conversation_id]
            if client_message_id and any(message.client_message_id == client_message_id for message in messages):
                return
            messages.append(
                Message(
                    id=reply.reply_id if reply else str(uuid4()),
                    conversation_id=conversation_id,
                    seq=len(messages) + 1,
                    author=author,
                    text=text,
                    created_at=datetime.now(UTC),
                    reply=reply,
                    display_name=name,
                    client_message_id=client_message_id,
                )
            )
        self.on_change(conversation_id, "message")


def make_reply(conversation_id: str, text: str) -> Reply:
    """Answer as the real service might: an emergency, nothing found, thanks, or a cited answer."""
    question = text.lower()
    if "chest pain" in question or "breathe" in question:
        return _reply(conversation_id, Outcome.EMERGENCY, "red_flag.heart", EMERGENCY)
    if "moon" in question:
        return _reply(conversation_id, Outcome.ABSTAINED, "low_support", UNKNOWN, handoff=HandoffView(offered=True))
    return answered(conversation_id)


def answered(conversation_id: str) -> Reply:
    """A cited answer with two follow-up questions."""
    return _reply(
        conversation_id,
        Outcome.ANSWERED,
        "supported",
        ANSWER,
        sentences=(ReplySentence(text="CAR-T therapy uses your own immune cells.", citations=(1,), support=1.0),),
        citations=(_citation(1, QUOTE), _citation(2, SECOND_QUOTE)),
        follow_ups=("How long does CAR-T therapy take?", "What are the side effects of CAR-T therapy?"),
    )


def _citation(marker: int, quote: str) -> Citation:
    start = PASSAGE.index(quote)
    return Citation(
        marker=marker,
        chunk_id="what-is-car-t",
        section_id="what-is-car-t",
        title="What is CAR-T therapy?",
        url="/guide/what-car-t-is#what-is-car-t",
        quote=quote,
        char_start=start,
        char_end=start + len(quote),
        reviewed_on=date(2026, 11, 22),
        references=("R51", "R12"),
        passage=PASSAGE,
        source="06-what-car-t-is.md",
        expires_on=date(2099, 1, 1),
    )


def _reply(conversation_id: str, outcome: Outcome, reason: str, text: str, **more: object) -> Reply:
    return Reply(
        reply_id=str(uuid4()),
        conversation_id=conversation_id,
        outcome=outcome,
        reason=reason,
        text=text,
        created_at=datetime.now(UTC),
        guide_version="test",
        index_version="test",
        **more,  # type: ignore[arg-type]
    )
