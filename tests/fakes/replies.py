"""A full reply; keyword arguments change single fields."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from bot.domain import Citation, Consulted, Outcome, Reply, ReplySentence

_PASSAGE = "CRS is a strong reaction. It often begins with fever."


def make_reply(conversation_id: str, **changes: Any) -> Reply:
    """Build an answered reply with one citation."""
    citation = Citation(
        marker=1,
        chunk_id="crs",
        section_id="crs",
        title="What is CRS?",
        url="/guide#crs",
        quote="CRS is a strong reaction.",
        char_start=0,
        char_end=25,
        reviewed_on=date(2026, 11, 22),
        references=("R51",),
        passage=_PASSAGE,
        source="08-side-effects.md",
    )
    values: dict[str, Any] = {
        "reply_id": str(uuid.uuid4()),
        "conversation_id": conversation_id,
        "outcome": Outcome.ANSWERED,
        "reason": "supported",
        "text": "CRS is a **strong** reaction. [1]",
        "created_at": datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        "sentences": (ReplySentence("CRS is a strong reaction.", (1,), 1.0),),
        "citations": (citation,),
        "consulted": (Consulted("crs", 0.8), Consulted("crs~2", 0.61)),
        "guide_version": "g1",
        "index_version": "i1",
        "timings_ms": (("retrieve", 3.1), ("total", 9.8)),
    }
    return Reply(**(values | changes))
