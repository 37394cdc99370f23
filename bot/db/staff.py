"""The staff: who may sign in, in which role, and the one-time links with which they set a password.

Each change and its line in the audit log are one transaction. Passwords come here hashed, tokens leave here once and
are kept as SHA-256 only.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.exc import IntegrityError

from bot.db.audit import record_audit
from bot.db.door import Door, guarded, new_id
from bot.db.staff_tables import STAFF, STAFF_INVITES, STAFF_SESSIONS
from bot.domain import Role
from bot.errors import BotError, NotFoundError

INVITE_LIFETIME = timedelta(hours=24)
_TOKEN_BYTES = 32
_NO_STAFF = "There is no such member of staff."


class NameTakenError(BotError):
    """Somebody else signs in with this name."""

    code = "name_taken"


class LastAdminError(BotError):
    """The change would leave nobody who can manage the staff."""

    code = "last_admin"


@dataclass(frozen=True, slots=True)
class By:
    """Who makes a change, for the audit log.

    Attributes:
        name: Their name, or what else acts, such as ``command line``.
        staff_id: None: nobody of the staff.
    """

    name: str
    staff_id: str | None = None


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One who may sign in.

    Attributes:
        name: What they sign in with, in lower case.
        display_name: What patients see.
        subject: Issuer and subject of OpenID Connect, once linked.
        has_password: Whether one was set.
        locked_until: No password is accepted before this moment.
        seen_at: When they last did something.
    """

    id: str
    name: str
    display_name: str
    email: str | None
    role: Role
    subject: str | None
    is_active: bool
    has_password: bool
    failures: int
    locked_until: datetime | None
    created_at: datetime
    seen_at: datetime | None


class StaffStore(Door):
    """Accounts and invites; who is signed in is `bot.db.sign_ins`."""

    @guarded
    def is_empty(self) -> bool:
        """Tell whether nobody was ever added."""
        with self._reading() as connection:
            return connection.execute(select(STAFF.c.id).limit(1)).first() is None

    @guarded
    def everyone(self) -> list[StaffMember]:
        """Return all staff by name, the switched off ones as well."""
        with self._reading() as connection:
            return [member_from(row) for row in connection.execute(select(STAFF).order_by(STAFF.c.name))]

    @guarded
    def get(self, *, staff_id: str) -> StaffMember:
        """Return one member of staff.

        Raises:
            NotFoundError: There is none of this id.
        """
        with self._reading() as connection:
            return member_from(_row(connection, staff_id))

    @guarded
    def find(self, *, name: str) -> StaffMember | None:
        """Return who signs in with a name, or None."""
        return self._one(select(STAFF).where(STAFF.c.name == name.strip().lower()))

    @guarded
    def password_hash(self, *, staff_id: str) -> str | None:
        """Return the stored hash of a password; None: there is none."""
        with self._reading() as connection:
            value: str | None = _row(connection, staff_id).password_hash
        return value

    @guarded
    def add(
        self, *, name: str, display_name: str, role: Role, email: str | None = None, by: By, now: datetime
    ) -> tuple[StaffMember, str]:
        """Add somebody who sets their own password with a one-time link.

        Returns:
            Who was added, and the token of their invite.

        Raises:
            NameTakenError: The name is in use.
        """
        staff_id = new_id()
        values = {
            "id": staff_id, "name": name.strip().lower(), "display_name": display_name.strip(),
            "email": email.strip().lower() if email else None, "role": role,
            "is_active": True, "failures": 0, "created_at": now,
        }  # fmt: skip
        try:
            with self._writing() as connection:
                connection.execute(STAFF.insert().values(**values))
                token = _invite(connection, staff_id=staff_id, now=now)
                _audit(connection, by, "staff.added", staff_id, now=now, detail={"role": role.value})
                return member_from(_row(connection, staff_id)), token
        except IntegrityError:
            taken = NameTakenError("This name is in use. Choose another.")
        raise taken

    @guarded
    def invite(self, *, staff_id: str, by: By, now: datetime) -> str:
        """Make a new one-time link; older ones stop working.

        Returns:
            Its token, which is stored nowhere.

        Raises:
            NotFoundError: There is nobody of this id who may sign in.
        """
        with self._writing() as connection:
            if not _row(connection, staff_id, lock=True).is_active:
                raise NotFoundError(_NO_STAFF)
            token = _invite(connection, staff_id=staff_id, now=now)
            _audit(connection, by, "staff.invited", staff_id, now=now)
        return token

    @guarded
    def invited(self, *, token: str, now: datetime) -> StaffMember | None:
        """Return whose open invite this is; None: it was used, replaced, is too old, or never was."""
        query = select(STAFF).join(STAFF_INVITES, STAFF_INVITES.c.staff_id == STAFF.c.id)
        return self._one(query.where(_open_invite(token, now), STAFF.c.is_active))

    @guarded
    def accept_invite(self, *, token: str, password_hash: str, now: datetime) -> StaffMember:
        """Use up an invite: set the password, end all sessions, lift a lock. Of several tries one succeeds.

        Raises:
            NotFoundError: The invite was used, replaced, is too old, or its owner is switched off.
        """
        with self._writing() as connection:
            used = STAFF_INVITES.update().where(_open_invite(token, now)).values(used_at=now)
            staff_id = connection.execute(used.returning(STAFF_INVITES.c.staff_id)).scalar_one_or_none()
            if staff_id is None or not _row(connection, staff_id, lock=True).is_active:
                raise NotFoundError("This link was used, replaced or is too old.")
            _set_password(connection, staff_id, password_hash)
            by = By(name=_row(connection, staff_id).name, staff_id=staff_id)
            _audit(connection, by, "staff.password_set", staff_id, now=now, detail={"with": "invite"})
            return member_from(_row(connection, staff_id))

    @guarded
    def change_password(self, *, staff_id: str, password_hash: str, by: By, now: datetime) -> None:
        """Set another password and end all sessions.

        Raises:
            NotFoundError: There is nobody of this id.
        """
        with self._writing() as connection:
            _row(connection, staff_id, lock=True)
            _set_password(connection, staff_id, password_hash)
            _audit(connection, by, "staff.password_set", staff_id, now=now, detail={"with": "password"})

    @guarded
    def rename(self, *, staff_id: str, display_name: str, by: By, now: datetime) -> None:
        """Change the name that patients see.

        Raises:
            NotFoundError: There is nobody of this id.
        """
        self._change(staff_id, {"display_name": display_name.strip()}, by=by, action="staff.renamed", now=now)

    @guarded
    def set_role(self, *, staff_id: str, role: Role, by: By, now: datetime) -> None:
        """Give another role; sessions in the old one end.

        Raises:
            NotFoundError: There is nobody of this id.
            LastAdminError: Nobody would be left to manage the staff.
        """
        with self._writing() as connection:
            before = _locked_row(connection, staff_id)
            if role != Role.ADMIN:
                _keep_an_admin(connection, before)
            connection.execute(STAFF.update().where(STAFF.c.id == staff_id).values(role=role))
            _end_sessions(connection, staff_id)
            _audit(
                connection, by, "staff.role_changed", staff_id, now=now, detail={"from": before.role, "to": role.value}
            )

    @guarded
    def disable(self, *, staff_id: str, by: By, now: datetime) -> None:
        """Switch somebody off: sessions and invites end at once; what they wrote stays.

        Raises:
            NotFoundError: There is nobody of this id.
            LastAdminError: Nobody would be left to manage the staff.
        """
        with self._writing() as connection:
            _keep_an_admin(connection, _locked_row(connection, staff_id))
            connection.execute(STAFF.update().where(STAFF.c.id == staff_id).values(is_active=False))
            _end_sessions(connection, staff_id)
            connection.execute(STAFF_INVITES.delete().where(STAFF_INVITES.c.staff_id == staff_id))
            _audit(connection, by, "staff.disabled", staff_id, now=now)

    @guarded
    def enable(self, *, staff_id: str, by: By, now: datetime) -> None:
        """Switch somebody on again, with the password they had.

        Raises:
            NotFoundError: There is nobody of this id.
        """
        values = {"is_active": True, "failures": 0, "locked_until": None}
        self._change(staff_id, values, by=by, action="staff.enabled", now=now)

    @guarded
    def of_identity(self, *, subject: str, email: str | None, now: datetime) -> StaffMember | None:
        """Return who signs in through OpenID Connect, or None.

        The first time they are found by their address, and from then on by the subject alone: an address may later be
        given to somebody else.

        Args:
            subject: Issuer and subject.
            email: An address that the issuer has verified; None: there is none.
        """
        known = self._one(select(STAFF).where(STAFF.c.subject == subject, STAFF.c.is_active))
        if known is not None or not email:
            return known
        with self._writing() as connection:
            same = select(STAFF).where(STAFF.c.email == email.strip().lower(), STAFF.c.is_active)
            rows = connection.execute(same.with_for_update()).all()
            if len(rows) != 1 or rows[0].subject is not None:
                return None
            connection.execute(STAFF.update().where(STAFF.c.id == rows[0].id).values(subject=subject))
            by = By(name=rows[0].name, staff_id=rows[0].id)
            _audit(connection, by, "staff.linked", rows[0].id, now=now)
            return member_from(_row(connection, rows[0].id))

    def _one(self, query: Select[Any]) -> StaffMember | None:
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else member_from(row)

    def _change(self, staff_id: str, values: Mapping[str, Any], *, by: By, action: str, now: datetime) -> None:
        with self._writing() as connection:
            _row(connection, staff_id, lock=True)
            connection.execute(STAFF.update().where(STAFF.c.id == staff_id).values(**values))
            _audit(connection, by, action, staff_id, now=now)


def member_from(row: Row[Any]) -> StaffMember:
    """Build a member of staff from a row of the table."""
    return StaffMember(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        email=row.email,
        role=Role(row.role),
        subject=row.subject,
        is_active=row.is_active,
        has_password=row.password_hash is not None,
        failures=row.failures,
        locked_until=row.locked_until,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )


def new_token() -> str:
    """Make a token of 256 random bits that may stand in an address or a cookie."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> str:
    """Return what is stored of a token; 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _row(connection: Connection, staff_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(STAFF).where(STAFF.c.id == staff_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(_NO_STAFF)
    return row


def _locked_row(connection: Connection, staff_id: str) -> Row[Any]:
    """Lock all admins and this row: two admins who switch each other off at once must not both succeed."""
    rows = select(STAFF.c.id).where((STAFF.c.role == Role.ADMIN) | (STAFF.c.id == staff_id))
    connection.execute(rows.order_by(STAFF.c.id).with_for_update()).all()
    return _row(connection, staff_id)


def _keep_an_admin(connection: Connection, row: Row[Any]) -> None:
    others = select(func.count()).where(STAFF.c.role == Role.ADMIN, STAFF.c.is_active, STAFF.c.id != row.id)
    if row.role == Role.ADMIN and row.is_active and connection.execute(others).scalar_one() == 0:
        raise LastAdminError("This is the last admin. Make somebody else admin first.")


def _invite(connection: Connection, *, staff_id: str, now: datetime) -> str:
    token = new_token()
    connection.execute(STAFF_INVITES.delete().where(STAFF_INVITES.c.staff_id == staff_id))
    connection.execute(
        STAFF_INVITES.insert().values(
            digest=digest_of(token), staff_id=staff_id, created_at=now, expires_at=now + INVITE_LIFETIME
        )
    )
    return token


def _open_invite(token: str, now: datetime) -> Any:
    of_token = STAFF_INVITES.c.digest == digest_of(token)
    return of_token & STAFF_INVITES.c.used_at.is_(None) & (STAFF_INVITES.c.expires_at > now)


def _set_password(connection: Connection, staff_id: str, password_hash: str) -> None:
    values = {"password_hash": password_hash, "failures": 0, "locked_until": None}
    connection.execute(STAFF.update().where(STAFF.c.id == staff_id).values(**values))
    _end_sessions(connection, staff_id)


def _end_sessions(connection: Connection, staff_id: str) -> None:
    connection.execute(STAFF_SESSIONS.delete().where(STAFF_SESSIONS.c.staff_id == staff_id))


def _audit(
    connection: Connection,
    by: By,
    action: str,
    staff_id: str,
    *,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    record_audit(
        connection,
        staff_id=by.staff_id,
        actor=by.name,
        action=action,
        subject_kind="staff",
        subject_id=staff_id,
        detail=detail,
        now=now,
    )
