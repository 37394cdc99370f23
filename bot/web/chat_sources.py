"""What stands behind a citation chip: the passage, the words the answer rests on, dates and references."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from bot.domain import Citation, Message, Reference
from bot.web.chat_texts import ChatTexts

_INLINE_MARKS = re.compile(r"(\*\*|__|`)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)
_AFTER_PATH = re.compile(r"[?#]")
_BULLET = re.compile(r"^(\s*)[-*+]\s+", re.MULTILINE)


def find_citation(messages: Sequence[Message], *, reply_id: str, marker: int) -> Citation | None:
    """Find a citation in a transcript; None if there is none."""
    return next(
        (
            citation
            for message in messages
            if message.reply is not None and message.reply.reply_id == reply_id
            for citation in message.reply.citations
            if citation.marker == marker
        ),
        None,
    )


def describe_source(
    citation: Citation,
    *,
    texts: ChatTexts,
    references: Mapping[str, Reference],
    is_served: Callable[[str], bool],
    today: date,
) -> dict[str, Any]:
    """Put a citation into words for the panel.

    Args:
        citation: What was cited; its passage is kept as it was then.
        texts: The panel's labels.
        references: The guide's sources by id.
        is_served: Says whether this server has a page at a path; no link is shown to a page that is not there.
        today: Decides whether the section is past its review.
    """
    panel = texts.panel
    before, quote, after = _split(citation)
    page = _AFTER_PATH.split(citation.url)[0]
    return {
        "title": citation.title,
        "before": before,
        "quote": quote,
        "after": after,
        "where": "" if citation.page_no is None else panel.page.format(page=citation.page_no),
        "reviewed": panel.reviewed.format(date=texts.format_date(citation.reviewed_on)) if citation.reviewed_on else "",
        "expired": _expired(citation, texts=texts, today=today),
        "references": [_reference(reference_id, references=references) for reference_id in citation.references],
        "link": citation.url if is_served(page) else "",
    }


def _split(citation: Citation) -> tuple[str, str, str]:
    """Cut the passage at the quote; a transcript whose offsets do not fit shows the quote alone."""
    start, end, passage = citation.char_start, citation.char_end, citation.passage
    if passage[start:end] != citation.quote:
        return "", _plain(citation.quote), ""
    return _plain(passage[:start]), _plain(citation.quote), _plain(passage[end:])


def _plain(markdown: str) -> str:
    """Turn the guide's Markdown into plain text with its line breaks."""
    text = _LINK.sub(r"\1", _HEADING.sub("", markdown))
    return _INLINE_MARKS.sub("", _BULLET.sub(r"\1• ", text))


def _expired(citation: Citation, *, texts: ChatTexts, today: date) -> str:
    if citation.expires_on is None or citation.expires_on >= today:
        return ""
    return texts.panel.expired.format(date=texts.format_date(citation.expires_on))


def _reference(reference_id: str, *, references: Mapping[str, Reference]) -> dict[str, str]:
    reference = references.get(reference_id)
    if reference is None:
        return {"text": reference_id, "url": ""}
    is_link = reference.url is not None and reference.url.startswith("https://")
    return {"text": reference.citation, "url": reference.url or "" if is_link else ""}
