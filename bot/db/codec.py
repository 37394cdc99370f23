"""A reply as JSON and back: what the record keeps, so that a transcript can be shown again exactly.

The JSON that channels send is `bot.conversation.wire`'s; this one loses nothing. Fields that a
later version adds must have defaults: then documents of before it can still be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from bot.domain import (
    Citation,
    Consulted,
    DroppedSentence,
    HandoffView,
    Outcome,
    Reply,
    ReplySentence,
    Speaker,
)
from bot.errors import StoreError


def reply_to_document(reply: Reply) -> dict[str, Any]:
    """Turn a reply into values that JSON knows."""
    document = asdict(reply)
    document["created_at"] = reply.created_at.isoformat()
    document["timings_ms"] = [list(pair) for pair in reply.timings_ms]
    for citation in document["citations"]:
        citation["reviewed_on"] = _date_to_text(citation["reviewed_on"])
        citation["expires_on"] = _date_to_text(citation["expires_on"])
    return document


def reply_from_document(document: Mapping[str, Any]) -> Reply:
    """Build the reply that `reply_to_document` was given.

    Raises:
        StoreError: The document is damaged; the detail names the field or kind of fault, no text.
    """
    try:
        return _reply(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        kind = type(error).__name__
    raise StoreError(f"A stored reply cannot be read ({kind}): it was changed by hand, or by a newer version.")


def _reply(document: Mapping[str, Any]) -> Reply:
    values = _known(Reply, document)
    values["outcome"] = Outcome(document["outcome"])
    values["created_at"] = datetime.fromisoformat(document["created_at"])
    values["sentences"] = tuple(_sentence(item) for item in document["sentences"])
    values["citations"] = tuple(_citation(item) for item in document["citations"])
    values["consulted"] = tuple(Consulted(**_known(Consulted, item)) for item in document["consulted"])
    values["follow_ups"] = tuple(document["follow_ups"])
    values["handoff"] = HandoffView(state=Speaker(document["handoff"]["state"]), offered=document["handoff"]["offered"])
    values["timings_ms"] = tuple((name, ms) for name, ms in document["timings_ms"])
    values["triggers"] = tuple(document["triggers"])
    # Replies of before there was a model have no such field.
    values["dropped"] = tuple(_dropped(item) for item in document.get("dropped", ()))
    return Reply(**values)


def _sentence(item: Mapping[str, Any]) -> ReplySentence:
    values = _known(ReplySentence, item)
    values["citations"] = tuple(item["citations"])
    return ReplySentence(**values)


def _dropped(item: Mapping[str, Any]) -> DroppedSentence:
    values = _known(DroppedSentence, item)
    values["reasons"] = tuple(item["reasons"])
    return DroppedSentence(**values)


def _citation(item: Mapping[str, Any]) -> Citation:
    values = _known(Citation, item)
    values["reviewed_on"] = _date_from_text(item["reviewed_on"])
    values["expires_on"] = _date_from_text(item["expires_on"])
    values["references"] = tuple(item["references"])
    return Citation(**values)


def _known(kind: type[Any], item: Mapping[str, Any]) -> dict[str, Any]:
    # A newer version beside this one may store fields that this one does not have.
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in item.items() if name in names}


def _date_to_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _date_from_text(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
