"""A transcript as staff read it: each line as the patient saw it, and beside a reply what it rested on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.domain import Author, Citation, DroppedSentence, Feedback, Message, Outcome, Reply

_OURS = frozenset({Author.BOT, Author.SYSTEM})
_ALARMS = frozenset({Outcome.EMERGENCY, Outcome.CRISIS})
_REFUSALS = frozenset({Outcome.ABSTAINED, Outcome.PERSONAL, Outcome.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True)
class Line:
    """One message.

    Attributes:
        html: Markdown of ours made HTML; what people wrote stays text, in which nothing is markup.
        name: Who speaks, as the patient sees it; empty for notes of the system.
    """

    id: str
    seq: int
    author: str
    html: Markup
    created_at: datetime
    name: str = ""
    grounds: Grounds | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a reply rested on.

    Attributes:
        tone: Look of its outcome: ``alarm``, ``refusal`` or ``plain``.
        sentences: Shown sentences with the markers they cite and their support, 0..1.
        consulted: Passages that were looked at and not cited, with their scores, 0..1.
        versions: What the reply was made with, by name.
        timings_ms: Milliseconds of each stage, and in all.
    """

    outcome: str
    reason: str
    tone: str
    rule_id: str | None
    triggers: tuple[str, ...]
    citations: tuple[Citation, ...]
    sentences: tuple[tuple[str, tuple[int, ...], float], ...]
    consulted: tuple[tuple[str, float], ...]
    dropped: tuple[DroppedSentence, ...]
    timings_ms: tuple[tuple[str, float], ...]
    versions: tuple[tuple[str, str], ...]
    feedback: Feedback | None


def lines_of(messages: list[Message], *, thumbs: dict[str, Feedback], guide_name: str) -> list[Line]:
    """Prepare a transcript for its page."""
    return [_line(message, thumbs.get(message.id), guide_name) for message in messages]


def _line(message: Message, thumb: Feedback | None, guide_name: str) -> Line:
    names = {
        Author.PATIENT: "Patient",
        Author.BOT: guide_name,
        Author.STAFF: message.display_name or "Support team",
        Author.SYSTEM: "",
    }
    return Line(
        id=message.id,
        seq=message.seq,
        author=message.author.value,
        html=_rendered(message.text) if message.author in _OURS else Markup("<p>{}</p>").format(message.text),
        created_at=message.created_at,
        name=names[message.author],
        grounds=None if message.reply is None else _grounds(message.reply, thumb),
    )


def _grounds(reply: Reply, thumb: Feedback | None) -> Grounds:
    cited = {citation.chunk_id for citation in reply.citations}
    return Grounds(
        outcome=reply.outcome.value,
        reason=reply.reason,
        tone="alarm" if reply.outcome in _ALARMS else "refusal" if reply.outcome in _REFUSALS else "plain",
        rule_id=reply.rule_id,
        triggers=reply.triggers,
        citations=reply.citations,
        sentences=tuple((each.text, each.citations, each.support) for each in reply.sentences),
        consulted=tuple((each.chunk_id, each.score) for each in reply.consulted if each.chunk_id not in cited),
        dropped=reply.dropped,
        timings_ms=reply.timings_ms,
        versions=_versions(reply),
        feedback=thumb,
    )


def _versions(reply: Reply) -> tuple[tuple[str, str], ...]:
    values = (
        ("Answerer", reply.answerer),
        ("Model", reply.model),
        ("Fell back because", reply.fallback),
        ("Prompts", reply.prompt_digest),
        ("Guide", reply.guide_version[:12]),
        ("Index", reply.index_version[:12]),
        ("Calibration", reply.calibration_version[:12]),
    )
    return tuple((name, value) for name, value in values if value)


def _rendered(text: str) -> Markup:
    return Markup(_markdown().render(text))  # noqa: S704  # markup in the text was escaped, html is off


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable("image")
