"""An unanswered question is kept for those who write the guide."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, select

from bot.db.tables import GAPS
from bot.db.transcripts import TranscriptStore
from bot.domain import Conversation


def test_a_gap_keeps_the_question_and_the_nearest_sections(
    store: TranscriptStore, talk: Conversation, engine: Engine, now: datetime
) -> None:
    gap_id = store.add_gap(
        conversation_id=talk.id,
        question="May I keep bees?",
        reason="low_support",
        section_ids=("pets", "garden"),
        now=now,
    )
    with engine.begin() as connection:
        stored = dict(connection.execute(select(GAPS)).one()._mapping)
    assert stored == {
        "id": gap_id,
        "conversation_id": talk.id,
        "question": "May I keep bees?",
        "reason": "low_support",
        "section_ids": ["pets", "garden"],
        "created_at": now,
    }
