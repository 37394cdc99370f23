"""What patients asked and the guide did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.db.door import Door, guarded, new_id
from bot.db.rows import conversation_row
from bot.db.tables import GAPS


@dataclass(frozen=True, slots=True)
class Gap:
    """One question that got no answer; `section_ids` are the nearest sections, the best first."""

    id: str
    conversation_id: str
    question: str
    reason: str
    section_ids: tuple[str, ...]
    created_at: datetime


class GapStore(Door):
    """The abstentions, for those who write the guide."""

    @guarded
    def add_gap(
        self, *, conversation_id: str, question: str, reason: str, section_ids: Sequence[str], now: datetime
    ) -> str:
        """Write a question that got no answer, and return the gap's id.

        `question` is the patient's words, masked; `reason` is the reply's code, such as
        ``low_support``; `section_ids` are the nearest sections, the best first.

        Raises:
            NotFoundError: There is no such conversation.
        """
        gap_id = new_id()
        with self._writing() as connection:
            conversation_row(connection, conversation_id=conversation_id, lock=True)
            connection.execute(
                GAPS.insert().values(
                    id=gap_id,
                    conversation_id=conversation_id,
                    question=question,
                    reason=reason,
                    section_ids=list(section_ids),
                    created_at=now,
                )
            )
        return gap_id

    @guarded
    def gaps(self, *, since: datetime, until: datetime, limit: int) -> list[Gap]:
        """Read at most `limit` gaps of a span of time, the newest first."""
        query = select(GAPS).where(GAPS.c.created_at >= since, GAPS.c.created_at < until)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(GAPS.c.created_at.desc(), GAPS.c.id).limit(limit)).all()
        return [
            Gap(row.id, row.conversation_id, row.question, row.reason, tuple(row.section_ids), row.created_at)
            for row in rows
        ]
