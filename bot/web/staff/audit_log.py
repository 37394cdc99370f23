"""The audit log for admins: who read and changed what, whether the log is whole, and its export."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response, StreamingResponse

from bot.db.audit import AuditEntry, AuditStore
from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.shell import Shell, SignedIn

_PAGE = 100
_EXPORT_PAGE = 1000
_COLUMNS = ("id", "created_at", "staff_id", "actor", "action", "subject_kind", "subject_id", "detail")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Given = Annotated[str, Query(max_length=200)]
Sent = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is looked for; empty: anything. Days are UTC, both included."""

    who: str = ""
    action: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    def asked(self) -> dict[str, Any]:
        """Return it as `AuditStore.entries` takes it; a day that is none is left out."""
        since, until = _day(self.since), _day(self.until)
        return {
            "staff_id": self.who or None,
            "action": self.action or None,
            "subject_id": self.subject or None,
            "since": since,
            "until": None if until is None else until + timedelta(days=1),
        }

    def query(self, **more: str) -> str:
        """Return it as the end of an address."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in (given | more).items() if value})


def audit_router(shell: Shell, *, stores: Stores) -> APIRouter:
    """Make the routes of the audit page; all of them are the admins'."""
    router = APIRouter()
    pages = _Audit(shell=shell, stores=stores)
    admin = Depends(shell.require(Role.ADMIN))
    checked = Depends(shell.checked(Role.ADMIN))

    @router.get("/audit")
    def audit(
        request: Request,
        *,
        who: Given = "",
        action: Given = "",
        subject: Given = "",
        since: Given = "",
        until: Given = "",
        before: int | None = None,
        check: bool = False,
        staff: SignedIn = admin,
    ) -> Response:
        wanted = AuditFilter(who.strip(), action.strip(), subject.strip(), since, until)
        return pages.show(request, staff, wanted, before=before, is_checked=check)

    @router.post("/audit/export")
    def export(
        *,
        who: Sent = "",
        action: Sent = "",
        subject: Sent = "",
        since: Sent = "",
        until: Sent = "",
        form: Sent = "csv",
        staff: SignedIn = checked,
    ) -> Response:
        return pages.export(staff, AuditFilter(who, action, subject, since, until), form)

    return router


class _Audit:
    def __init__(self, *, shell: Shell, stores: Stores) -> None:
        self._shell = shell
        self._stores = stores

    def show(
        self, request: Request, staff: SignedIn, wanted: AuditFilter, *, before: int | None, is_checked: bool
    ) -> Response:
        entries = self._stores.audit.entries(**wanted.asked(), before_id=before, limit=_PAGE + 1)
        older = wanted.query(before=str(entries[_PAGE - 1].id)) if len(entries) > _PAGE else None
        people = self._stores.staff.everyone()
        return self._shell.page(
            request,
            "audit.html",
            staff=staff,
            title="Audit log",
            nav="settings",
            entries=[(entry, _in_short(entry)) for entry in entries[:_PAGE]],
            wanted=wanted,
            people=[("", "Everybody"), *((person.id, person.name) for person in people)],
            older=older,
            newest=wanted.query() if before is not None else None,
            is_checked=is_checked,
            broken=self._stores.audit.check_chain() if is_checked else None,
        )

    def export(self, staff: SignedIn, wanted: AuditFilter, form: str) -> Response:
        if form not in ("csv", "jsonl"):
            raise self._shell.missing()
        now = self._shell.now()
        # Before the first line leaves: an export that breaks off was one all the same.
        self._stores.audit.record(
            staff_id=staff.id,
            actor=staff.name,
            action="audit.exported",
            subject_kind="audit",
            detail={"form": form},
            now=now,
        )
        lines = _csv_lines if form == "csv" else _json_lines
        headers = {"content-disposition": f'attachment; filename="audit-{now:%Y%m%d-%H%M%S}.{form}"'}
        media = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
        return StreamingResponse(lines(_all_entries(self._stores.audit, wanted)), media_type=media, headers=headers)


def _all_entries(store: AuditStore, wanted: AuditFilter) -> Iterator[AuditEntry]:
    before: int | None = None
    while page := store.entries(**wanted.asked(), before_id=before, limit=_EXPORT_PAGE):
        yield from page
        before = page[-1].id


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _COLUMNS} | {"created_at": entry.created_at.isoformat()}


def _json_lines(entries: Iterator[AuditEntry]) -> Iterator[str]:
    for entry in entries:
        yield json.dumps(_values(entry), ensure_ascii=False) + "\n"


def _csv_lines(entries: Iterator[AuditEntry]) -> Iterator[str]:
    yield ",".join(_COLUMNS) + "\r\n"
    for entry in entries:
        line = io.StringIO()
        values = _values(entry) | {"detail": json.dumps(entry.detail, ensure_ascii=False)}
        csv.writer(line).writerow([_cell(values[name]) for name in _COLUMNS])
        yield line.getvalue()


def _cell(value: object) -> str:
    shown = "" if value is None else str(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _in_short(entry: AuditEntry) -> str:
    return "; ".join(f"{name}: {_flat(value)}" for name, value in entry.detail.items())


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_flat(inner)}" for name, inner in value.items()) or "none"
    return str(value)


def _day(value: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        return None
