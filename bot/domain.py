"""The values that travel between the stages; no behaviour, no vendor types.

corpus makes `Section`s and `Chunk`s, retrieval makes `Hit`s, answer makes `Draft`s,
conversation makes `Reply`s. Everything is frozen: a stage adds, it never edits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

# The answerer of a draft and a reply whose sentences a language model wrote.
GENERATIVE = "generative"


@dataclass(frozen=True, slots=True)
class Reference:
    """A source that a section rests on."""

    id: str
    citation: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One question of the guide and its answer, or one page or heading of an own document.

    Attributes:
        id: Stable and unique in the corpus.
        title: The heading; in the guide a patient's question.
        text: ``source_text[char_start:char_end]`` of the file it came from.
        source: File name relative to the corpus folder, with forward slashes.
        char_start: 0-based offset into the source text.
        char_end: 0-based, exclusive.
        also_asked: Other wordings of the title; they help search, are never shown.
        page_no: 1-based page, where the source has pages.
    """

    id: str
    chapter_id: str
    chapter_title: str
    title: str
    text: str
    source: str
    char_start: int
    char_end: int
    language: str = "en"
    also_asked: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    reviewed_on: date | None = None
    expires_on: date | None = None
    page_no: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters, 0-based."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of one section, small enough for the embedding model.

    Attributes:
        id: ``<section id>`` for the first chunk of a section, ``<section id>~2`` for the next.
        text: ``source_text[char_start:char_end]``.
        sentences: Spans of the whole sentences, relative to ``text``.
    """

    id: str
    section_id: str
    chapter_id: str
    chapter_title: str
    title: str
    text: str
    source: str
    char_start: int
    char_end: int
    sentences: tuple[Span, ...]
    language: str = "en"
    also_asked: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reviewed_on: date | None = None
    expires_on: date | None = None
    page_no: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that retrieval found.

    Attributes:
        score: Fused score in 0..1, higher is better; hits are ordered by it.
        dense: Cosine of the best matching wording, title or text of the chunk, -1..1.
        lexical: BM25 share in 0..1 of the best possible score for the query.
        question: Cosine of the title or wording most like the query, -1..1; -1 where there is none.
    """

    chunk: Chunk
    score: float
    dense: float
    lexical: float
    question: float = -1.0


class Outcome(StrEnum):
    """What kind of reply the patient got."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    PERSONAL = "personal"
    OUT_OF_SCOPE = "out_of_scope"
    CONVERSATION = "conversation"
    EMERGENCY = "emergency"
    CRISIS = "crisis"
    HANDOFF = "handoff"


class Speaker(StrEnum):
    """Who owns a conversation, and so who may speak in it."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"
    CLOSED = "closed"


class Author(StrEnum):
    """Who wrote a message of a transcript."""

    PATIENT = "patient"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"


class Role(StrEnum):
    """What a member of staff may do; each may do all that the ones before may."""

    REVIEWER = "reviewer"
    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Citation:
    """One numbered source of a reply.

    Attributes:
        quote: Verbatim ``chunk.text[char_start:char_end]``: every cited sentence lies in it.
        char_start: 0-based offset into the chunk's text.
        passage: The chunk's whole text as it was when cited, so that old transcripts stay readable.
    """

    marker: int
    chunk_id: str
    section_id: str
    title: str
    url: str
    quote: str
    char_start: int
    char_end: int
    reviewed_on: date | None
    references: tuple[str, ...]
    passage: str
    source: str
    expires_on: date | None = None
    page_no: int | None = None


@dataclass(frozen=True, slots=True)
class ReplySentence:
    """One shown sentence; `support` is 0..1, 1 for a verbatim sentence of the guide."""

    text: str
    citations: tuple[int, ...]
    support: float


@dataclass(frozen=True, slots=True)
class DroppedSentence:
    """A sentence of a language model that was not shown; only staff may read it.

    Attributes:
        text: What the model wrote, shortened to a bound.
        reasons: Fixed codes, such as ``quote_not_found``, or what the verifier says.
        score: The verifier's, 0..1, where it was asked.
        quote: What the model says the sentence rests on.
    """

    text: str
    reasons: tuple[str, ...]
    score: float | None = None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Consulted:
    """A chunk that was looked at; `score` as in `Hit`."""

    chunk_id: str
    score: float


@dataclass(frozen=True, slots=True)
class HandoffView:
    """What the patient may know of the handoff: who owns the talk, and was a person offered."""

    state: Speaker = Speaker.BOT
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What the answer chain hands to the conversation: an answer, or an abstention.

    Attributes:
        outcome: ANSWERED or ABSTAINED.
        reason: Fixed code, such as ``supported`` or ``low_support``.
        text: Markdown with ``[1]`` markers; empty when abstained.
        confidence: 0..1, the score that the abstention threshold is compared with.
        answerer: ``extractive``: the guide's own sentences; ``generative``: a model's, each verified.
        dropped: What a language model wrote and nobody was shown; for staff.
        model: Id of the language model that was asked; None: none was.
        prompt_digest: First digits of the digest of the prompts it was asked with.
        fallback: Fixed code that says why the guide's own sentences stand here after all, such as ``model_timeout``.
        is_partial: Another question of the same message has no answer in the guide.
    """

    outcome: Outcome
    reason: str
    text: str
    sentences: tuple[ReplySentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    consulted: tuple[Consulted, ...] = ()
    follow_ups: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    answerer: str = "extractive"
    confidence: float = 0.0
    timings_ms: tuple[tuple[str, float], ...] = ()
    dropped: tuple[DroppedSentence, ...] = ()
    model: str | None = None
    prompt_digest: str | None = None
    fallback: str | None = None
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What triage says of a message; OUTCOME None means: go on to retrieval.

    Attributes:
        outcome: The outcome it asks for, or None.
        reason: Fixed code, e.g. ``red_flag.stroke``.
        rule_id: The rule that fired, for the transcript.
        triggers: The words of the (masked) message that fired it.
        has_question: The message also holds a question that can be answered afterwards.
        general_question: For PERSONAL: may general cited information stand beside the refusal?
        region: Country or region code the patient named, e.g. ``US``.
    """

    outcome: Outcome | None
    reason: str = "none"
    rule_id: str | None = None
    triggers: tuple[str, ...] = ()
    has_question: bool = False
    general_question: bool = False
    after_car_t: bool = False
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply as every channel shows it; see `bot.conversation.wire` for its JSON.

    Attributes:
        answerer: ``extractive``, ``generative`` or ``fixed``.
        dropped: What a language model wrote and nobody was shown; for staff.
        model: Id of the language model that was asked; None: none was.
        prompt_digest: First digits of the digest of the prompts it was asked with.
        fallback: Fixed code that says why the guide's own sentences stand here after all, such as ``model_timeout``.
    """

    reply_id: str
    conversation_id: str
    outcome: Outcome
    reason: str
    text: str
    created_at: datetime
    sentences: tuple[ReplySentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    consulted: tuple[Consulted, ...] = ()
    follow_ups: tuple[str, ...] = ()
    handoff: HandoffView = field(default_factory=HandoffView)
    answerer: str = "extractive"
    guide_version: str = ""
    index_version: str = ""
    calibration_version: str = ""
    timings_ms: tuple[tuple[str, float], ...] = ()
    rule_id: str | None = None
    triggers: tuple[str, ...] = ()
    dropped: tuple[DroppedSentence, ...] = ()
    model: str | None = None
    prompt_digest: str | None = None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a transcript.

    Attributes:
        seq: 1-based position in its conversation.
        text: Masked text for patients; Markdown for the rest.
        reply: The whole reply, for the bot's messages.
        display_name: For staff: the first name that the patient sees.
        client_message_id: The id under which the channel sent it, where it has one.
    """

    id: str
    conversation_id: str
    seq: int
    author: Author
    text: str
    created_at: datetime
    reply: Reply | None = None
    display_name: str | None = None
    client_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One talk of one visitor."""

    id: str
    visitor_id: str
    state: Speaker
    channel: str
    language: str
    created_at: datetime
    updated_at: datetime
    partner_id: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """A patient's thumb on one reply; `value` is 1 or -1."""

    reply_id: str
    value: int
    reason: str | None
    comment: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the last reply showed of the guide: its sections and their headings, the leading one first."""

    section_ids: tuple[str, ...]
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What the answer chain is asked.

    Attributes:
        text: The patient's (masked) message.
        earlier: The patient's messages before it in the conversation, oldest first.
        last: What the reply before it showed; None where it showed nothing of the guide.
    """

    text: str
    earlier: tuple[str, ...] = ()
    last: Shown | None = None
