"""The portals that embed the chat or call the HTTP API: the admins' pages to add, change and end them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from bot.conversation.partner_figures import messages_today
from bot.conversation.partner_rules import (
    PartnerError,
    checked_logo,
    checked_partner,
    contrast_on_white,
    ratio_in_words,
)
from bot.db.partner_values import IdentityMode, KeyKind, Partner
from bot.db.partners import PartnerChangedError, PartnerTakenError, blank_partner
from bot.db.staff import By
from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.partner_figures import partner_figures_router
from bot.web.staff.partner_form import differences, filled_in, form_of, version_of
from bot.web.staff.shell import Shell, SignedIn
from bot.web.widget.loader import read_loaders, tag

_LIST = "/staff/partners"
# As much as is read of a picture: more than may be kept, so that the reason is told.
_MOST_READ_BYTES = 500_000
_GRACES = {0: "at once", 1: "after an hour", 24: "after a day", 168: "after a week", 720: "after 30 days"}
_USUAL_GRACE_HOURS = 24
_MODES = (
    (IdentityMode.NONE, "No: visitors are anonymous"),
    (IdentityMode.OPTIONAL, "Where it can: with and without a signed user id"),
    (IdentityMode.REQUIRED, "Always: nobody writes without a signed user id"),
)
_KINDS = ((KeyKind.API, "API: to call the HTTP API"), (KeyKind.IDENTITY, "Identity: to sign user ids"))
_REASONS = {
    "frame_not_listed": "A page that is not among the origins showed the frame",
    "origin_not_listed": "A page that is not among the origins asked to embed the chat",
    "ticket_expired": "A ticket came too late",
    "ticket_foreign": "A ticket of another partner or page",
    "ticket_forged": "A ticket that is not ours",
    "ticket_replayed": "A ticket was used twice",
    "identity_needed": "No signed user id was sent",
    "identity_expired": "A signed user id was too old",
    "identity_email": "A signed user id was an e-mail address",
    "identity_replayed": "A signed user id came from a second browser",
    "identity_refused": "A signed user id could not be checked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerDesk:
    """What the partners' pages know of the rest of the program.

    Attributes:
        regions: Country codes whose emergency numbers are known.
        languages: Languages that the guide speaks.
        is_production: Origins without HTTPS are refused.
        origin: Scheme and host from which partners' pages load the widget.
        secret_of: Derives the secret of an identity key out of the partner's id and the key's.
    """

    regions: tuple[str, ...]
    languages: tuple[str, ...]
    is_production: bool
    origin: str
    secret_of: Callable[[str, str], str]


async def _sent(request: Request) -> dict[str, str]:
    """Return the words of a form; the guard before it has read and checked the form."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def _picture(request: Request) -> bytes:
    """Return the file of a form; empty: there is none."""
    file = (await request.form()).get("logo")
    if not isinstance(file, UploadFile):
        return b""
    return await file.read(_MOST_READ_BYTES)


def partners_router(shell: Shell, *, stores: Stores, desk: PartnerDesk) -> APIRouter:
    """Make the routes of the partners' pages; all of them are the admins'."""
    router = APIRouter()
    pages = _Partners(shell=shell, stores=stores, desk=desk)
    _add_pages(router, shell, pages)
    _add_changes(router, shell, pages)
    router.include_router(partner_figures_router(shell, stores=stores))
    return router


def _add_pages(router: APIRouter, shell: Shell, pages: _Partners) -> None:
    admin = Depends(shell.require(Role.ADMIN))

    @router.get("/partners")
    def partners(request: Request, staff: SignedIn = admin) -> Response:
        return pages.show_all(request, staff)

    @router.get("/partners/{partner_id}")
    def partner(request: Request, partner_id: str, staff: SignedIn = admin) -> Response:
        return pages.show(request, staff, partner_id)

    @router.get("/partners/{partner_id}/logo")
    def logo(partner_id: str, staff: SignedIn = admin) -> Response:
        return pages.logo(partner_id)


def _add_changes(router: APIRouter, shell: Shell, pages: _Partners) -> None:
    checked = Depends(shell.checked(Role.ADMIN))
    sent, picture = Depends(_sent), Depends(_picture)

    @router.post("/partners")
    def add(request: Request, staff: SignedIn = checked, given: dict[str, str] = sent) -> Response:
        return pages.add(request, staff, given)

    @router.post("/partners/{partner_id}")
    def save(request: Request, partner_id: str, staff: SignedIn = checked, given: dict[str, str] = sent) -> Response:
        return pages.save(request, staff, partner_id, given)

    @router.post("/partners/{partner_id}/logo")
    def set_logo(request: Request, partner_id: str, staff: SignedIn = checked, content: bytes = picture) -> Response:
        return pages.set_logo(request, staff, partner_id, content)

    @router.post("/partners/{partner_id}/logo/delete")
    def drop_logo(partner_id: str, staff: SignedIn = checked) -> Response:
        return pages.drop_logo(staff, partner_id)

    @router.post("/partners/{partner_id}/disable")
    def disable(partner_id: str, staff: SignedIn = checked) -> Response:
        return pages.switch(staff, partner_id, is_on=False)

    @router.post("/partners/{partner_id}/enable")
    def enable(partner_id: str, staff: SignedIn = checked) -> Response:
        return pages.switch(staff, partner_id, is_on=True)

    @router.post("/partners/{partner_id}/keys")
    def add_key(request: Request, partner_id: str, staff: SignedIn = checked, given: dict[str, str] = sent) -> Response:
        return pages.add_key(request, staff, partner_id, given)

    @router.post("/partners/{partner_id}/keys/{key_id}/revoke")
    def revoke(partner_id: str, key_id: str, staff: SignedIn = checked) -> Response:
        return pages.revoke(staff, partner_id, key_id)


class _Partners:
    """What the routes do."""

    def __init__(self, *, shell: Shell, stores: Stores, desk: PartnerDesk) -> None:
        self._shell = shell
        self._store = stores.partners
        self._counts = stores.partner_counts
        self._desk = desk

    def show_all(
        self,
        request: Request,
        staff: SignedIn,
        *,
        given: dict[str, str] | None = None,
        error: PartnerError | None = None,
    ) -> Response:
        partners = self._store.everyone()
        return self._shell.page(
            request,
            "partners.html",
            staff=staff,
            title="Partners",
            nav="settings",
            status=400 if error else 200,
            partners=[(partner, self._today(partner)) for partner in partners],
            given={"id": "", "name": "", "origins": ""} | (given or {}),
            problems={error.field: error.detail} if error else {},
        )

    def add(self, request: Request, staff: SignedIn, given: dict[str, str]) -> Response:
        given = {name: given.get(name, "") for name in ("id", "name", "origins")}
        now = self._shell.now()
        try:
            blank = blank_partner(partner_id=given["id"].strip(), name=given["name"], now=now)
            partner = self._checked(filled_in(replace(blank, languages=self._desk.languages[:1]), given))
            self._store.add(partner, by=_by(staff), now=now)
        except PartnerError as error:
            return self.show_all(request, staff, given=given, error=error)
        except PartnerTakenError as error:
            return self.show_all(request, staff, given=given, error=PartnerError(error.detail, field="id"))
        return self._shell.redirect(f"{_LIST}/{partner.id}", f"{partner.name} was added.")

    def show(
        self,
        request: Request,
        staff: SignedIn,
        partner_id: str,
        *,
        given: dict[str, str] | None = None,
        error: PartnerError | None = None,
        mine: Partner | None = None,
    ) -> Response:
        """Show a partner, with what could not be saved.

        Args:
            given: What stands in the form instead of what is saved.
            error: Why it was not saved.
            mine: It was not saved because somebody else has changed what it was written on.
        """
        partner = self._store.get(partner_id=partner_id)
        problems = {error.field: error.detail} if error else {}
        version = list(read_loaders())[-1]
        return self._shell.page(
            request,
            "partner.html",
            staff=staff,
            title=partner.name,
            nav="settings",
            status=409 if mine else 400 if error else 200,
            partner=partner,
            is_changed=mine is not None,
            seen=(given or {}).get("seen") or version_of(partner),
            today=self._today(partner),
            given=form_of(partner) | (given or {}),
            problems=differences(mine, partner) if mine else problems,
            regions=[("", "as in the settings"), *((code, code) for code in self._desk.regions)],
            languages=self._desk.languages,
            modes=[(mode.value, words) for mode, words in _MODES],
            contrast=None if partner.colour is None else ratio_in_words(contrast_on_white(partner.colour)),
            keys=self._store.keys(partner_id=partner_id),
            kinds=[(kind.value, words) for kind, words in _KINDS],
            graces=[(str(hours), words) for hours, words in _GRACES.items()],
            usual_grace=str(_USUAL_GRACE_HOURS),
            tag=tag(origin=self._desk.origin, partner_id=partner.id),
            pinned=tag(origin=self._desk.origin, partner_id=partner.id, version=version),
            version=version,
            refused=[(each, _REASONS.get(each.reason)) for each in self._counts.refused(partner_id=partner_id)],
        )

    def save(self, request: Request, staff: SignedIn, partner_id: str, given: dict[str, str]) -> Response:
        before = self._store.get(partner_id=partner_id)
        seen = given.get("seen", "")
        given = {name: value for name, value in given.items() if name in form_of(before)}
        try:
            partner = self._checked(filled_in(before, given))
        except PartnerError as error:
            return self.show(request, staff, partner_id, given={**given, "seen": seen}, error=error)
        try:
            if seen and seen != version_of(before):
                return self.show(request, staff, partner_id, given=given, mine=partner)
            self._store.save(partner, by=_by(staff), now=self._shell.now(), seen=before)
        except PartnerChangedError:
            return self.show(request, staff, partner_id, given=given, mine=partner)
        return self._back(partner_id, "Saved.")

    def logo(self, partner_id: str) -> Response:
        logo = self._store.logo(partner_id=partner_id)
        if logo is None:
            raise self._shell.missing()
        # A picture and nothing else, whatever its bytes look like to a browser.
        headers = {"x-content-type-options": "nosniff", "content-disposition": "inline", "cache-control": "no-store"}
        return Response(logo.content, media_type=logo.media_type, headers=headers)

    def set_logo(self, request: Request, staff: SignedIn, partner_id: str, content: bytes) -> Response:
        self._store.get(partner_id=partner_id)
        try:
            if not content:
                raise PartnerError("Choose a file first.", field="logo")
            logo = checked_logo(content)
        except PartnerError as error:
            return self.show(request, staff, partner_id, error=error)
        self._store.set_logo(partner_id=partner_id, logo=logo, by=_by(staff), now=self._shell.now())
        return self._back(partner_id, "The logo was saved.")

    def drop_logo(self, staff: SignedIn, partner_id: str) -> Response:
        self._store.set_logo(partner_id=partner_id, logo=None, by=_by(staff), now=self._shell.now())
        return self._back(partner_id, "The logo was taken away.")

    def switch(self, staff: SignedIn, partner_id: str, *, is_on: bool) -> Response:
        partner = self._store.set_active(partner_id=partner_id, is_active=is_on, by=_by(staff), now=self._shell.now())
        return self._back(partner_id, f"{partner.name} is switched {'on' if is_on else 'off'}.")

    def add_key(self, request: Request, staff: SignedIn, partner_id: str, given: dict[str, str]) -> Response:
        """Make a key and show its secret once."""
        partner = self._store.get(partner_id=partner_id)
        kind, hours = given.get("kind", ""), given.get("grace", "")
        if kind not in set(KeyKind) or hours not in map(str, _GRACES):
            error = PartnerError("Choose what the key is for and when older ones end.", field="key")
            return self.show(request, staff, partner_id, error=error)
        now = self._shell.now()
        key, shown = self._store.rotate(
            partner_id=partner_id, kind=KeyKind(kind), grace=timedelta(hours=int(hours)), by=_by(staff), now=now
        )
        older = [
            each for each in self._store.keys(partner_id=partner_id) if each.kind is key.kind and each.id != key.id
        ]
        return self._shell.page(
            request,
            "partner_key.html",
            staff=staff,
            title="A key to hand on",
            nav="settings",
            partner=partner,
            key=key,
            secret=shown or self._desk.secret_of(partner_id, key.id),
            older=[each for each in older if each.is_valid(now)],
        )

    def revoke(self, staff: SignedIn, partner_id: str, key_id: str) -> Response:
        self._store.revoke(partner_id=partner_id, key_id=key_id, by=_by(staff), now=self._shell.now())
        return self._back(partner_id, f"The key {key_id} has ended.")

    def _checked(self, partner: Partner) -> Partner:
        known: dict[str, Any] = {"regions": self._desk.regions, "languages": self._desk.languages}
        return checked_partner(partner, is_production=self._desk.is_production, **known)

    def _today(self, partner: Partner) -> int:
        return messages_today(self._counts, partner_id=partner.id, now=self._shell.now())

    def _back(self, partner_id: str, notice: str) -> Response:
        return self._shell.redirect(f"{_LIST}/{partner_id}", notice)


def _by(staff: SignedIn) -> By:
    return By(name=staff.name, staff_id=staff.id)
