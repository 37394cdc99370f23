"""The review of replies: reviewers' verdicts, given blind, and a lead's word where two of them differ."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from bot.db.agreement import Agreement, agreement_of
from bot.db.door import guarded, new_id
from bot.db.kept import log_change
from bot.db.review_queues import ReviewQueues, review_from
from bot.db.review_tables import MARKS, REVIEW_VERDICTS, REVIEWS
from bot.db.review_values import Marks, Review, ReviewCase, Verdict, checked_marks
from bot.db.rows import insert_or_keep
from bot.db.staff import By
from bot.db.staff_tables import STAFF
from bot.db.tables import MESSAGES, REPLIES
from bot.errors import LimitError, NotFoundError

MAX_COMMENT_CHARS = 4000


class ReviewStore(ReviewQueues):
    """Each change stands in the audit log, written in the same transaction; the log holds no marks and no words."""

    @guarded
    def get(self, *, review_id: str, staff_id: str) -> ReviewCase:
        """Read a review as somebody may see it.

        Raises:
            NotFoundError: There is no such review.
        """
        query = select(REVIEWS, MESSAGES.c.seq).join(MESSAGES, MESSAGES.c.id == REVIEWS.c.reply_id)
        with self._reading() as connection:
            row = connection.execute(query.where(REVIEWS.c.id == review_id)).one_or_none()
            if row is None:
                raise NotFoundError("There is no such review.")
            verdicts = _verdicts(connection, review_id)
        return _case(review_from(row), row.seq, verdicts, staff_id)

    @guarded
    def read(self, *, review_id: str, by: By, now: datetime) -> ReviewCase:
        """As `get`, with a line in the audit log: part of a conversation is read with it.

        Raises:
            NotFoundError: There is no such review.
        """
        found = self.get(review_id=review_id, staff_id=by.staff_id or "")
        with self._writing() as connection:
            log_change(
                connection,
                by=by,
                action="review.read",
                kind="conversation",
                subject_id=found.review.conversation_id,
                now=now,
                detail={"review_id": review_id},
            )
        return found

    @guarded
    def ask(self, *, reply_id: str, by: By, now: datetime, wanted: int = 2) -> Review:
        """Have a reply looked at, or looked at by more; what enough have judged stays as it is.

        Raises:
            LimitError: `wanted` is neither 1 nor 2.
            NotFoundError: There is no such reply.
        """
        if wanted not in (1, 2):
            raise LimitError("One or two look at a reply.")
        with self._writing() as connection:
            reply = connection.execute(select(REPLIES).where(REPLIES.c.id == reply_id)).one_or_none()
            if reply is None:
                raise NotFoundError("There is no such reply.")
            _put(connection, reply, wanted)
            row = _locked(connection, reply_id)
            wanted = max(wanted, row.wanted)
            given = [each for each in _verdicts(connection, reply_id) if not each.is_settlement]
            if row.state != "disputed" and len(given) < wanted:
                values = {"queue": "asked", "state": "open", "wanted": wanted, "done_at": None}
                connection.execute(REVIEWS.update().where(REVIEWS.c.id == reply_id).values(**values))
                _log(connection, "review.asked", row, by=by, now=now, wanted=wanted)
            return review_from(_locked(connection, reply_id))

    @guarded
    def judge(self, *, review_id: str, marks: Marks, by: By, now: datetime, comment: str = "") -> str:
        """Give one's verdict, or put another in its place as long as nobody else has given one.

        Returns:
            The review's state now: ``open`` while another verdict is wanted, ``disputed`` where two differ in any
            mark, ``done``.

        Raises:
            LimitError: No mark is given, one is none, or the comment is too long; with the code ``judged``: the
                review is not open for this person.
            NotFoundError: There is no such review.
        """
        staff_id, values = _member(by), {**checked_marks(marks), "comment": _comment(comment), "created_at": now}
        with self._writing() as connection:
            row = _locked(connection, review_id)
            case = _case(review_from(row), 0, _verdicts(connection, review_id), staff_id)
            if not case.may_judge:
                raise LimitError("This reply has been judged already.", code="judged")
            _write(connection, review_id, staff_id, values)
            state = _state_of(_verdicts(connection, review_id), row.wanted)
            _move(connection, review_id, state, now)
            _log(connection, "review.judged", row, by=by, now=now, state=state, is_changed=case.own is not None)
        return state

    @guarded
    def settle(self, *, review_id: str, marks: Marks, by: By, now: datetime, comment: str = "") -> None:
        """Decide where two reviewers differ; one of them may.

        Raises:
            LimitError: As `judge`; with the code ``judged``: the review is not in dispute.
            NotFoundError: There is no such review.
        """
        staff_id, values = _member(by), {**checked_marks(marks), "comment": _comment(comment), "created_at": now}
        with self._writing() as connection:
            row = _locked(connection, review_id)
            if row.state != "disputed":
                raise LimitError("This reply is not in dispute.", code="judged")
            _write(connection, review_id, staff_id, values, is_settlement=True)
            _move(connection, review_id, "done", now)
            _log(connection, "review.settled", row, by=by, now=now)

    @guarded
    def agreement(self) -> tuple[Agreement, ...]:
        """Say of each mark how far the two reviewers of a reply agree."""
        first, second = REVIEW_VERDICTS.alias("first"), REVIEW_VERDICTS.alias("second")
        is_later = or_(
            second.c.created_at > first.c.created_at,
            (second.c.created_at == first.c.created_at) & (second.c.id > first.c.id),
        )
        pairs = [first.c.review_id == second.c.review_id, is_later]
        pairs += [each.c.is_settlement.is_(False) for each in (first, second)]
        with self._reading() as connection:
            found = []
            for mark in MARKS:
                marks = (first.c[mark].label("one"), second.c[mark].label("two"))
                both = [each.c[mark].is_not(None) for each in (first, second)]
                rows = connection.execute(select(*marks, func.count().label("n")).where(*pairs, *both).group_by(*marks))
                found.append(agreement_of(mark, {(row.one, row.two): row.n for row in rows}))
        return tuple(found)


def _case(review: Review, seq: int, verdicts: list[Verdict], staff_id: str) -> ReviewCase:
    given = [each for each in verdicts if not each.is_settlement]
    own = next((each for each in given if each.staff_id == staff_id), None)
    is_alone = own is not None and len(verdicts) == 1
    may_judge = is_alone or (own is None and review.state == "open")
    seen = [own] if own is not None and review.state == "open" else verdicts if review.state != "open" else []
    return ReviewCase(review, seq, len(given), tuple(seen), own, may_judge)


def _state_of(verdicts: list[Verdict], wanted: int) -> str:
    if len(verdicts) < wanted:
        return "open"
    return "done" if len({each.marks for each in verdicts}) == 1 else "disputed"


def _put(connection: Connection, reply: Row[Any], wanted: int) -> None:
    values = {"id": reply.id, "reply_id": reply.id, "conversation_id": reply.conversation_id}
    values |= {"queue": "asked", "state": "open", "wanted": wanted, "created_at": reply.created_at}
    connection.execute(insert_or_keep(connection, REVIEWS).values(**values).on_conflict_do_nothing())


def _write(
    connection: Connection, review_id: str, staff_id: str, values: dict[str, Any], *, is_settlement: bool = False
) -> None:
    key = {"review_id": review_id, "staff_id": staff_id, "is_settlement": is_settlement}
    insert = insert_or_keep(connection, REVIEW_VERDICTS).values(id=new_id(), **key, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))


def _move(connection: Connection, review_id: str, state: str, now: datetime) -> None:
    done_at = now if state == "done" else None
    connection.execute(REVIEWS.update().where(REVIEWS.c.id == review_id).values(state=state, done_at=done_at))


def _locked(connection: Connection, review_id: str) -> Row[Any]:
    row = connection.execute(select(REVIEWS).where(REVIEWS.c.id == review_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError("There is no such review.")
    return row


def _verdicts(connection: Connection, review_id: str) -> list[Verdict]:
    query = (
        select(REVIEW_VERDICTS, STAFF.c.display_name)
        .join(STAFF, STAFF.c.id == REVIEW_VERDICTS.c.staff_id)
        .where(REVIEW_VERDICTS.c.review_id == review_id)
        .order_by(REVIEW_VERDICTS.c.is_settlement, REVIEW_VERDICTS.c.created_at, REVIEW_VERDICTS.c.id)
    )
    return [
        Verdict(
            staff_id=row.staff_id,
            author=row.display_name,
            marks=Marks(**{mark: getattr(row, mark) for mark in MARKS}),
            comment=row.comment or "",
            is_settlement=row.is_settlement,
            created_at=row.created_at,
        )
        for row in connection.execute(query)
    ]


def _comment(comment: str) -> str | None:
    stripped = comment.strip()
    if len(stripped) > MAX_COMMENT_CHARS:
        raise LimitError(f"A comment has at most {MAX_COMMENT_CHARS} characters.", code="comment")
    return stripped or None


def _member(by: By) -> str:
    if by.staff_id is None:
        raise LimitError("Only a member of staff does that.")
    return by.staff_id


def _log(connection: Connection, action: str, row: Row[Any], *, by: By, now: datetime, **detail: Any) -> None:
    log_change(
        connection,
        by=by,
        action=action,
        kind="review",
        subject_id=row.id,
        now=now,
        detail={"conversation_id": row.conversation_id, "queue": row.queue, **detail},
    )
