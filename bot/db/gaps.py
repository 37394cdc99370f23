"""What patients asked and the guide did not answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.db.door import Door, guarded, new_id
from bot.db.rows import conversation_row
from bot.db.tables import GAPS


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
