"""Partners and their keys. Each change and its line in the audit log are one transaction."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.db.door import Door, guarded
from bot.db.kept import log_change
from bot.db.partner_tables import PARTNER_KEYS, PARTNERS
from bot.db.partner_values import IdentityMode, KeyKind, Logo, Partner, PartnerKey
from bot.db.staff import By
from bot.errors import BotError, NotFoundError

logger = logging.getLogger(__name__)

# An API key reads "guide_<id>_<secret>"; the beginning lets scanners of leaked secrets know it.
KEY_PREFIX = "guide"
_SECRET_BYTES = 32
_ID_BYTES = 6
# "Last used" is to show which key is in use, not to follow anybody's steps.
_USED_EVERY = timedelta(minutes=10)
_FIELDS = (
    "name", "colour", "region", "car_t_line", "support_hours", "support_schedule", "support_timezone",
    "messages_per_day", "messages_per_visitor",
)  # fmt: skip
_LISTS = ("origins", "languages", "emergency_numbers", "notify_to")
_NO_PARTNER = "There is no such partner; 'lupus-bot partner list' shows all."


class PartnerTakenError(BotError):
    """Another partner has this id."""

    code = "partner_taken"


class PartnerChangedError(BotError):
    """Somebody else changed the partner meanwhile."""

    code = "partner_changed"


class PartnerStore(Door):
    """The partners. Fields come here checked, by `bot.conversation.partner_rules`."""

    @guarded
    def everyone(self) -> list[Partner]:
        """Return all partners by id, the switched off ones as well."""
        with self._reading() as connection:
            return [_partner(row) for row in connection.execute(select(PARTNERS).order_by(PARTNERS.c.id))]

    @guarded
    def get(self, *, partner_id: str) -> Partner:
        """Return a partner.

        Raises:
            NotFoundError: There is none of this id.
        """
        with self._reading() as connection:
            return _partner(_row(connection, partner_id))

    @guarded
    def add(self, partner: Partner, *, by: By, now: datetime) -> Partner:
        """Add a partner.

        Raises:
            PartnerTakenError: There is one of this id, perhaps switched off.
        """
        values = {"id": partner.id, "is_active": True, "created_at": now, "updated_at": now, **_columns(partner)}
        try:
            with self._writing() as connection:
                connection.execute(PARTNERS.insert().values(**values))
                _audit(connection, by, "partner.added", partner.id, now=now)
                return _partner(_row(connection, partner.id))
        except IntegrityError:
            taken = PartnerTakenError(
                f"There is a partner {partner.id} already. Choose another id, or change that one."
            )
        raise taken

    @guarded
    def save(self, partner: Partner, *, by: By, now: datetime, seen: Partner | None = None) -> Partner:
        """Write a partner's fields anew; the log names those that changed.

        Args:
            seen: What the changes were made on; None: whatever is kept is written over.

        Raises:
            NotFoundError: There is none of this id.
            PartnerChangedError: It is no longer as it was seen; nothing is written.
        """
        with self._writing() as connection:
            before = _columns(_partner(_row(connection, partner.id, lock=True)))
            after = _columns(partner)
            if seen is not None and before != _columns(seen):
                raise PartnerChangedError(
                    f"Somebody else changed {partner.id} meanwhile. Nothing was written; look at it, and try again."
                )
            changed = sorted(name for name in after if after[name] != before[name])
            if changed:
                connection.execute(_of(partner.id).values(**after, updated_at=now))
                _audit(connection, by, "partner.changed", partner.id, now=now, detail={"fields": changed})
            return _partner(_row(connection, partner.id))

    @guarded
    def set_active(self, *, partner_id: str, is_active: bool, by: By, now: datetime) -> Partner:
        """Switch a partner on or off: its pages, keys and tokens stop working at once.

        Raises:
            NotFoundError: There is none of this id.
        """
        with self._writing() as connection:
            if _row(connection, partner_id, lock=True).is_active != is_active:
                connection.execute(_of(partner_id).values(is_active=is_active, updated_at=now))
                _audit(connection, by, "partner.enabled" if is_active else "partner.disabled", partner_id, now=now)
            return _partner(_row(connection, partner_id))

    @guarded
    def set_logo(self, *, partner_id: str, logo: Logo | None, by: By, now: datetime) -> None:
        """Keep a partner's picture, or none.

        Raises:
            NotFoundError: There is no such partner.
        """
        values = (
            {"logo": None, "logo_type": None} if logo is None else {"logo": logo.content, "logo_type": logo.media_type}
        )
        with self._writing() as connection:
            before = _row(connection, partner_id, lock=True)
            if (before.logo, before.logo_type) == (values["logo"], values["logo_type"]):
                return
            connection.execute(_of(partner_id).values(**values, updated_at=now))
            _audit(connection, by, "partner.changed", partner_id, now=now, detail={"fields": ["logo"]})

    @guarded
    def logo(self, *, partner_id: str) -> Logo | None:
        """Return a partner's picture; None where there is none."""
        query = select(PARTNERS.c.logo, PARTNERS.c.logo_type).where(PARTNERS.c.id == partner_id)
        with self._reading() as connection:
            row = connection.execute(query).first()
        return None if row is None or row.logo is None else Logo(row.logo, row.logo_type)

    @guarded
    def keys(self, *, partner_id: str) -> list[PartnerKey]:
        """Return a partner's keys, the newest first, those that no longer work as well."""
        query = select(PARTNER_KEYS).where(PARTNER_KEYS.c.partner_id == partner_id)
        query = query.order_by(PARTNER_KEYS.c.created_at.desc(), PARTNER_KEYS.c.id)
        with self._reading() as connection:
            return [_key(row) for row in connection.execute(query)]

    @guarded
    def rotate(
        self, *, partner_id: str, kind: KeyKind, grace: timedelta, by: By, now: datetime
    ) -> tuple[PartnerKey, str | None]:
        """Make a new key; older ones of the kind go on working for `grace`, and no longer than they would have.

        Returns:
            The key and, for the HTTP API, what its holder sends: it is stored nowhere.

        Raises:
            NotFoundError: There is no such partner.
        """
        key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        shown = f"{KEY_PREFIX}_{key_id}_{secret}" if kind is KeyKind.API else None
        values = {"id": key_id, "partner_id": partner_id, "kind": kind, "created_at": now}
        with self._writing() as connection:
            _row(connection, partner_id, lock=True)
            for key in self._working(connection, partner_id, kind, now):
                ends = now + grace if key.expires_at is None else min(key.expires_at, now + grace)
                connection.execute(PARTNER_KEYS.update().where(PARTNER_KEYS.c.id == key.id).values(expires_at=ends))
            connection.execute(PARTNER_KEYS.insert().values(**values, digest=_digest(shown) if shown else None))
            _audit(connection, by, "partner.key_made", partner_id, now=now, detail={"key": key_id, "kind": kind.value})
        return PartnerKey(key_id, partner_id, kind, now), shown

    @guarded
    def revoke(self, *, partner_id: str, key_id: str, by: By, now: datetime) -> None:
        """End a key now.

        Raises:
            NotFoundError: The partner has no such key.
        """
        mine = (PARTNER_KEYS.c.id == key_id) & (PARTNER_KEYS.c.partner_id == partner_id)
        with self._writing() as connection:
            row = connection.execute(select(PARTNER_KEYS).where(mine)).first()
            if row is None:
                raise NotFoundError("The partner has no such key.")
            if _key(row).is_valid(now):
                connection.execute(PARTNER_KEYS.update().where(mine).values(expires_at=now))
                _audit(connection, by, "partner.key_revoked", partner_id, now=now, detail={"key": key_id})

    @guarded
    def api_key(self, *, shown: str, now: datetime) -> PartnerKey | None:
        """Return whose API key this is; None: it is none, or no longer works."""
        prefix, _, rest = shown.partition("_")
        key_id = rest.partition("_")[0]
        if prefix != KEY_PREFIX or not key_id:
            return None
        mine = PARTNER_KEYS.c.id == key_id
        with self._reading() as connection:
            row = connection.execute(select(PARTNER_KEYS).where(mine, PARTNER_KEYS.c.kind == KeyKind.API)).first()
        # Where there is no such key the comparison is made all the same, so that both take as long.
        is_right = hmac.compare_digest(_digest(shown), (row.digest if row is not None else None) or "")
        if row is None or not is_right or not _key(row).is_valid(now):
            return None
        if row.used_at is None or now - row.used_at > _USED_EVERY:
            self._note_use(key_id, now)
        return _key(row)

    @guarded
    def working_key(self, *, partner_id: str, key_id: str, kind: KeyKind, now: datetime) -> PartnerKey | None:
        """Return a partner's key of this id and kind that works now; None: there is none."""
        with self._reading() as connection:
            found = (key for key in self._working(connection, partner_id, kind, now) if key.id == key_id)
            return next(found, None)

    def _note_use(self, key_id: str, now: datetime) -> None:
        """Remember that a key was used; a database that takes no writes must not turn its holder away."""
        used = PARTNER_KEYS.update().where(PARTNER_KEYS.c.id == key_id)
        try:
            with self._writing() as connection:
                connection.execute(used.values(used_at=now.replace(second=0, microsecond=0)))
        except SQLAlchemyError as error:
            logger.error("use of a key not noted", extra={"kind": type(error).__name__})

    def _working(self, connection: Connection, partner_id: str, kind: KeyKind, now: datetime) -> list[PartnerKey]:
        query = select(PARTNER_KEYS).where(PARTNER_KEYS.c.partner_id == partner_id, PARTNER_KEYS.c.kind == kind)
        return [key for key in map(_key, connection.execute(query)) if key.is_valid(now)]


def blank_partner(*, partner_id: str, name: str, now: datetime) -> Partner:
    """Return a partner with every default, for whoever fills in a form."""
    return Partner(id=partner_id, name=name, created_at=now, updated_at=now)


def _row(connection: Connection, partner_id: str, *, lock: bool = False) -> Row[Any]:
    query = select(PARTNERS).where(PARTNERS.c.id == partner_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFoundError(_NO_PARTNER)
    return row


def _of(partner_id: str) -> Any:
    return PARTNERS.update().where(PARTNERS.c.id == partner_id)


def _columns(partner: Partner) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(partner, name) for name in _FIELDS}
    return {**values, **{name: list(getattr(partner, name)) for name in _LISTS}, "identity": partner.identity}


def _partner(row: Row[Any]) -> Partner:
    lists = {name: tuple(getattr(row, name)) for name in _LISTS}
    fields: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS} | lists
    return Partner(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        identity=IdentityMode(row.identity),
        is_active=row.is_active,
        has_logo=row.logo is not None,
        **fields,
    )


def _key(row: Row[Any]) -> PartnerKey:
    return PartnerKey(
        id=row.id,
        partner_id=row.partner_id,
        kind=KeyKind(row.kind),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


def _audit(
    connection: Connection, by: By, action: str, partner_id: str, *, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    log_change(connection, by=by, action=action, kind="partner", subject_id=partner_id, now=now, detail=detail)


def _digest(shown: str) -> str:
    return hashlib.sha256(shown.encode()).hexdigest()
