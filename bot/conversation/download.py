"""A conversation as a text file that anybody can read: who said what when, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.texts import Texts
from bot.domain import Author, Citation, Conversation, Message

_WIDTH_RULE = "-" * 60
# "[Call 112](tel:112)" and "[1](…)" in plain words; a text file has no links to press.
_LINK = re.compile(r"\[([^\]]+)\]\((tel:)?([^)\s]+)\)")
_MARKS = re.compile(r"\*\*|\\(?=[\\`*_{}\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class Download:
    """A file to save; `text` is for UTF-8."""

    name: str
    text: str


def download_of(conversation: Conversation, messages: Sequence[Message], *, texts: Texts) -> Download:
    """Write a conversation down as its patient saw it, each reply with its sources; times are UTC."""
    heading = texts.desk("download_heading", date=_moment(conversation.created_at))
    parts = [heading, texts.fixed("disclaimer"), _WIDTH_RULE]
    parts += [_entry(message, texts) for message in messages]
    name = f"conversation-{conversation.created_at:%Y-%m-%d}-{conversation.id[:8]}.txt"
    return Download(name=name, text="\n\n".join(parts) + "\n")


def _entry(message: Message, texts: Texts) -> str:
    said = f"{_moment(message.created_at)}  {_speaker(message, texts)}\n{_plain(message.text)}"
    if message.reply is None or not message.reply.citations:
        return said
    sources = "\n".join(_source(citation) for citation in message.reply.citations)
    return f"{said}\n\n{texts.desk('download_sources')}\n{sources}"


def _speaker(message: Message, texts: Texts) -> str:
    if message.author is Author.STAFF:
        return texts.desk("download_staff", name=message.display_name or texts.desk("somebody"))
    return texts.desk(f"download_{message.author.value}")


def _source(citation: Citation) -> str:
    reviewed = f" ({citation.reviewed_on:%Y-%m-%d})" if citation.reviewed_on else ""
    return f"[{citation.marker}] {citation.title}{reviewed}: “{_plain(citation.quote)}”"


def _plain(markdown: str) -> str:
    return _MARKS.sub("", _LINK.sub(_spelt, markdown))


def _spelt(link: re.Match[str]) -> str:
    return link[1] if link[2] else f"{link[1]} ({link[3]})"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
