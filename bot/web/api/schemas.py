"""What goes over the wire: strict and bounded on its way in, described in full on its way out.

Replies are written by `bot.conversation.wire`; `ReplyOut` describes them, and a test holds the two together.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bot.domain import Author, Outcome, Speaker

# A UUID4 as text; another one is answered as one that does not exist.
UUID4 = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
# PostgreSQL's integer.
MAX_SEQ = 2_147_483_647
CLIENT_ID = r"^[\x20-\x7e]{1,128}$"
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXAMPLE_ID = "5f2b6f0e-3c51-4f0e-9d53-1f1f5d1a7c11"


_EXAMPLE_REPLY: dict[str, Any] = {
    "reply_id": "0d6c7f36-6b0f-4c0e-8a4e-3c1f2a7b9e10",
    "conversation_id": _EXAMPLE_ID,
    "outcome": "answered",
    "reason": "supported",
    "text": "CAR-T therapy uses your own immune cells. [1]",
    "sentences": [{"text": "CAR-T therapy uses your own immune cells.", "citations": [1], "support": 1.0}],
    "citations": [
        {
            "marker": 1,
            "chunk_id": "what-is-car-t",
            "section_id": "what-is-car-t",
            "title": "What is CAR-T therapy?",
            "url": "/guide/car-t?cite=0-41#what-is-car-t",
            "quote": "CAR-T therapy uses your own immune cells.",
            "char_start": 0,
            "char_end": 41,
            "passage": "CAR-T therapy uses your own immune cells. A team collects T cells from your blood.",
            "source": "car-t.md",
            "page_no": None,
            "reviewed_on": "2026-11-22",
            "expires_on": "2027-11-22",
            "references": ["R51"],
        }
    ],
    "consulted": [{"chunk_id": "what-is-car-t", "score": 0.91}],
    "follow_ups": ["How long does CAR-T therapy take?"],
    "handoff": {"state": "bot", "offered": True},
    "answerer": "extractive",
    "model": None,
    "prompt_digest": None,
    "fallback": None,
    "dropped_count": 0,
    "guide_version": "2026-11-22",
    "index_version": "20261122T120000000000-0123abcd",
    "calibration_version": "c-1",
    "created_at": "2026-11-22T20:30:15+00:00",
    "rule_id": None,
    "triggers": [],
    "timings_ms": {"total": 9.8},
}


# A partner's own id of a person: never an e-mail address.
_Opaque = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:|~+/=-]{1,128}$", examples=["v-81c2"])]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConversationWish(_In):
    """How a conversation begins."""

    language: (
        Annotated[
            str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", description="Falls back to the partner's first.")
        ]
        | None
    ) = None
    region: (
        Annotated[
            str,
            Field(pattern=r"^[A-Z]{2}$", description="Country, for emergency numbers; the partner's own if left out."),
        ]
        | None
    ) = None
    visitor: (
        Annotated[
            _Opaque,
            Field(
                description="Your own opaque id of this person, so that limits count for them; never a name or an "
                "e-mail address. Kept nowhere as it is. One is made if left out; a signed user id goes before it."
            ),
        ]
        | None
    ) = None


def _whole(value: Any) -> Any:
    """Replace halves of surrogate pairs, which no text may have; a message that was cut may end with one."""
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value


class MessageWish(_In):
    """What the patient wrote."""

    text: Annotated[
        str,
        Field(
            description="As long as the request may be; what is longer than a message may be is read for an emergency.",
            examples=["What is CAR-T therapy?"],
        ),
        BeforeValidator(_whole),
    ]
    client_message_id: (
        Annotated[str, Field(pattern=CLIENT_ID, description="As the header Idempotency-Key, which goes before it.")]
        | None
    ) = None
    _wrong: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    @property
    def wrong(self) -> list[dict[str, Any]]:
        """Return what is wrong beside the text, as Pydantic writes it; it keeps no emergency from its reply."""
        return self._wrong

    @model_validator(mode="wrap")
    @classmethod
    def _keep_text(cls, value: Any, validate: ModelWrapValidatorHandler[MessageWish]) -> MessageWish:
        try:
            return validate(value)
        except ValidationError as error:
            if not isinstance(value, dict) or not isinstance(value.get("text"), str):
                raise
            wish = cls.model_construct(text=_whole(value["text"]))
            wish._wrong = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_input=False)]
            return wish


def _thumb(value: int) -> int:
    """Refuse all but two numbers; a Literal would take `true` for 1."""
    if value not in (1, -1):
        raise PydanticCustomError("thumb", "Send 1 or -1")
    return value


class FeedbackWish(_In):
    """What the patient thought of a reply."""

    reply_id: Annotated[str, Field(max_length=64)]
    value: Annotated[
        int,
        Field(description="1: it helped; -1: it did not.", json_schema_extra={"enum": [1, -1]}),
        AfterValidator(_thumb),
    ]
    reason: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$", description="A short code of your own.")] | None = None
    comment: Annotated[str, Field(max_length=2_000)] | None = None


class ContactWish(_In):
    """How the patient can be reached."""

    kind: Literal["email", "phone"]
    value: Annotated[str, Field(max_length=400, examples=["rosa@example.org"])]
    consent: Annotated[bool, Field(description="The patient has agreed that it is kept.")] = False


class RatingWish(_In):
    """What the patient thought of the talk with a person."""

    rating: Annotated[int, Field(ge=1, le=5, description="1 (bad) to 5 (good).")]


class FieldOut(_Out):
    """One field that is not as described."""

    in_: Annotated[str, Field(alias="in", description="body, query, path or header")]
    field: str
    what: str


class ProblemOut(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="The code's own address.")]
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Fixed; programs decide by it.")]
    text: Annotated[str, Field(description="A sentence to show the patient, where there is one.")] | None = None
    errors: list[FieldOut] | None = None


class CitationOut(_Out):
    """What a marker such as [1] rests on."""

    marker: int
    chunk_id: str
    section_id: str
    title: str
    url: Annotated[str, Field(description="Address on this server of the passage in the guide.")]
    quote: Annotated[str, Field(description="Verbatim ``passage[char_start:char_end]``.")]
    char_start: int
    char_end: int
    passage: str
    source: str
    page_no: int | None
    reviewed_on: date | None
    expires_on: date | None
    references: list[str]


class SentenceOut(_Out):
    """One sentence of an answer."""

    text: str
    citations: list[int]
    support: Annotated[float, Field(description="0..1; 1 for a verbatim sentence of the guide.")]


class ConsultedOut(_Out):
    """A passage that was looked at."""

    chunk_id: str
    score: float


class HandoffOut(_Out):
    """Who owns the talk, and was a person offered."""

    state: Speaker
    offered: bool


class ReplyOut(_Out):
    """One reply."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE_REPLY]})

    reply_id: str
    conversation_id: str
    outcome: Outcome
    reason: Annotated[
        str, Field(description="Fixed code, such as low_support, red_flag.stroke, asked_for_person or trouble.")
    ]
    text: Annotated[str, Field(description="Markdown to show, with [1] markers; empty while a person has the talk.")]
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    consulted: list[ConsultedOut]
    follow_ups: list[str]
    handoff: HandoffOut
    answerer: Annotated[str, Field(description="extractive, generative or fixed")]
    model: str | None
    prompt_digest: str | None
    fallback: str | None
    dropped_count: int
    guide_version: str
    index_version: str
    calibration_version: str
    created_at: datetime
    rule_id: str | None
    triggers: list[str]
    timings_ms: dict[str, float]


class MessageOut(_Out):
    """One line of a transcript, as the patient sees it."""

    message_id: str
    seq: Annotated[int, Field(description="1-based position in the conversation.")]
    author: Author
    text: Annotated[str, Field(description="Masked text for the patient's; Markdown for the rest.")]
    created_at: datetime
    display_name: Annotated[str | None, Field(description="First name of a person who writes.")]
    reply: ReplyOut | None


class MessagesOut(_Out):
    """A part of a transcript."""

    messages: list[MessageOut]
    next_after_seq: Annotated[int | None, Field(description="For the next part; null: this was the last.")]


class WaitingOut(_Out):
    """Where the patient stands: who speaks, the place in line, what happens next."""

    state: Speaker
    step: Annotated[str, Field(description="What happens next, in words for the patient; empty with the guide alone.")]
    position: Annotated[int | None, Field(description="1-based place in line while waiting.")]
    since: datetime | None
    person: Annotated[str | None, Field(description="Who is here.")]
    hours: Annotated[str | None, Field(description="When people answer, in words.")]
    is_open: bool
    is_overdue: bool
    contacts: Annotated[list[str], Field(description="Kinds that were left; their values are not shown again.")]
    may_rate: bool


class ConversationOut(_Out):
    """A conversation."""

    conversation_id: Annotated[str, Field(examples=[_EXAMPLE_ID])]
    state: Speaker
    language: str
    region: str | None
    created_at: datetime
    updated_at: datetime
    handoff: WaitingOut


class OpenedOut(_Out):
    """A new conversation."""

    conversation_id: Annotated[str, Field(examples=[_EXAMPLE_ID])]
    token: Annotated[str, Field(description="Opens this conversation and nothing else; keep it as you keep a cookie.")]
    token_expires_at: datetime
    visitor: Annotated[
        str | None,
        Field(description="Send it with this person's next conversation; null: they are named by a signed user id."),
    ]
    state: Speaker
    language: str
    created_at: datetime
    disclaimer: Annotated[str, Field(description="Show it wherever replies are shown.")]


class FeedbackOut(_Out):
    """What was kept."""

    reply_id: str
    value: int
    reason: str | None
    created_at: datetime


class ExportOut(_Out):
    """Everything that the patient has said and was told."""

    conversation: ConversationOut
    messages: list[MessageOut]


class ErasureWish(_In):
    """Who is erased; left out where the signed user id alone says it."""

    visitor: Annotated[_Opaque, Field(description="The id that their conversations were opened with.")] | None = None


class ErasureOut(_Out):
    """The proof that what was said is gone; the audit log holds one for each conversation."""

    erased_at: datetime
    rows: Annotated[dict[str, int], Field(description="Rows deleted, by table; 'conversations' counts the talks.")]
    total: int


class ErasedOut(ErasureOut):
    """The proof that one conversation is gone; the audit log holds the same."""

    conversation_id: str


class CodeOut(_Out):
    """A code that problems carry."""

    code: str
    status: int
    title: str
    detail: str


def schema_of(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to a model's JSON schema, and add it and what it needs to the definitions."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}", by_alias=True)
    definitions.update(schema.pop("$defs", {}))
    definitions[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}
