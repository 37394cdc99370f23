"""Who is signed in, and who tried to: sessions, failures and locks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from bot.db.audit import record_audit
from bot.db.door import Door, guarded
from bot.db.staff import StaffMember, digest_of, member_from, new_token
from bot.db.staff_tables import STAFF, STAFF_SESSIONS

# OWASP's Authentication Cheat Sheet: lock an account for a while, longer each time.
FAILURES_BEFORE_LOCK = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
# Being seen is written at most this often: reading pages should not write to the database each time.
_SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a session lasts.

    Attributes:
        idle: It ends after so long without a request.
        absolute: It ends so long after sign-in, whatever happens.
    """

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Session:
    """A member of staff who is signed in, and the token their forms carry."""

    staff: StaffMember
    csrf: str


class SignInStore(Door):
    """Sessions; of a token only the SHA-256 is kept."""

    @guarded
    def open(self, *, staff_id: str, way: str, lifetimes: Lifetimes, now: datetime) -> str:
        """Sign somebody in: a new session, failures forgotten, sessions that are over cleared away.

        Args:
            way: How they proved who they are: ``password``, ``invite`` or ``openid``.

        Returns:
            The token for the cookie, which is stored nowhere.
        """
        token = new_token()
        with self._writing() as connection:
            connection.execute(STAFF_SESSIONS.delete().where(STAFF_SESSIONS.c.expires_at <= now))
            mine = STAFF.c.id == staff_id
            values = {"failures": 0, "locked_until": None, "seen_at": now}
            connection.execute(STAFF.update().where(mine).values(**values))
            connection.execute(
                STAFF_SESSIONS.insert().values(
                    digest=digest_of(token),
                    staff_id=staff_id,
                    csrf=new_token(),
                    created_at=now,
                    seen_at=now,
                    expires_at=now + lifetimes.absolute,
                )
            )
            name = connection.execute(select(STAFF.c.name).where(mine)).scalar_one()
            _audit(connection, action="staff.signed_in", detail={"way": way}, now=now, subject_id=staff_id, by=name)
        return token

    @guarded
    def read(self, *, token: str, lifetimes: Lifetimes, now: datetime, is_seen: bool = True) -> Session | None:
        """Return the session of a token; None: there is none, it is over, or its owner was switched off.

        Args:
            is_seen: The request is the person's own doing and keeps the session alive.
        """
        over = (STAFF_SESSIONS.c.expires_at <= now) | (STAFF_SESSIONS.c.seen_at <= now - lifetimes.idle)
        query = (
            select(STAFF, STAFF_SESSIONS.c.csrf, STAFF_SESSIONS.c.digest, STAFF_SESSIONS.c.seen_at.label("last_seen"))
            .join(STAFF, STAFF.c.id == STAFF_SESSIONS.c.staff_id)
            .where(STAFF_SESSIONS.c.digest == digest_of(token), ~over, STAFF.c.is_active)
        )
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if is_seen and now - row.last_seen >= _SEEN_STEP:
            self._see(row.digest, row.id, now)
        return Session(staff=member_from(row), csrf=row.csrf)

    @guarded
    def close(self, *, token: str, now: datetime) -> None:
        """Sign somebody out; a token that is over already is no mistake."""
        gone = STAFF_SESSIONS.delete().where(STAFF_SESSIONS.c.digest == digest_of(token))
        with self._writing() as connection:
            staff_id = connection.execute(gone.returning(STAFF_SESSIONS.c.staff_id)).scalar_one_or_none()
            if staff_id is None:
                return
            name = connection.execute(select(STAFF.c.name).where(STAFF.c.id == staff_id)).scalar_one()
            _audit(connection, action="staff.signed_out", detail={}, now=now, subject_id=staff_id, by=name)

    @guarded
    def fail(self, *, staff_id: str | None, now: datetime) -> None:
        """Write down a failed try; from the fifth in a row on the account is locked, longer each time.

        A try while it is locked changes nothing, so that nobody can be kept out for ever by tries that never end.

        Args:
            staff_id: Whose account; None: there is no such name. What was typed is not kept: it may be a password.
        """
        with self._writing() as connection:
            row = _locked(connection, staff_id)
            if row is None:
                detail: dict[str, Any] = {"reason": "unknown"}
            elif row.locked_until is not None and row.locked_until > now:
                detail = {"reason": "locked"}
            else:
                detail = _count_failure(connection, row, now)
            subject_id = None if row is None else staff_id
            _audit(connection, action="staff.sign_in_failed", detail=detail, now=now, subject_id=subject_id)

    @guarded
    def _see(self, digest: str, staff_id: str, now: datetime) -> None:
        with self._writing() as connection:
            connection.execute(STAFF_SESSIONS.update().where(STAFF_SESSIONS.c.digest == digest).values(seen_at=now))
            connection.execute(STAFF.update().where(STAFF.c.id == staff_id).values(seen_at=now))


def _locked(connection: Connection, staff_id: str | None) -> Any:
    # An unknown name asks the same question, so that it takes the same time.
    query = select(STAFF.c.id, STAFF.c.failures, STAFF.c.locked_until).where(STAFF.c.id == (staff_id or ""))
    return connection.execute(query.with_for_update()).one_or_none()


def _count_failure(connection: Connection, row: Any, now: datetime) -> dict[str, Any]:
    failures = row.failures + 1
    until = _locked_until(failures, now)
    connection.execute(STAFF.update().where(STAFF.c.id == row.id).values(failures=failures, locked_until=until))
    return {"reason": "password", "failures": failures, "locked": until is not None}


def _locked_until(failures: int, now: datetime) -> datetime | None:
    over = failures - FAILURES_BEFORE_LOCK
    if over < 0:
        return None
    # The exponent is bounded: a million failures must not make a number of a million bits.
    span: timedelta = FIRST_LOCK * 2 ** min(over, 10)
    return now + min(LONGEST_LOCK, span)


def _audit(
    connection: Connection,
    *,
    action: str,
    detail: dict[str, Any],
    now: datetime,
    subject_id: str | None,
    by: str | None = None,
) -> None:
    """Add a line; `by` is the name of the person themselves, None: nobody who proved to be somebody."""
    record_audit(
        connection,
        staff_id=subject_id if by else None,
        actor=by or "unknown",
        action=action,
        subject_kind="staff",
        subject_id=subject_id,
        detail=detail,
        now=now,
    )
