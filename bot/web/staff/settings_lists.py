"""The settings pages of labels and of canned replies, for leads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.db.beside import BesideStore
from bot.domain import Role
from bot.errors import LimitError
from bot.web.staff.beside import by
from bot.web.staff.shell import Shell, SignedIn

Text = Annotated[str, Form()]
_LABELS, _CANNED = "/staff/labels", "/staff/canned"


def lists_of_words_router(shell: Shell, *, beside: BesideStore) -> APIRouter:
    """Make the routes of both pages."""
    router = APIRouter()
    _add_labels(router, shell, beside)
    _add_canned(router, shell, beside)
    _add_canned_changes(router, shell, beside)
    return router


def _add_labels(router: APIRouter, shell: Shell, beside: BesideStore) -> None:
    lead, checked = Depends(shell.require(Role.LEAD)), Depends(shell.checked(Role.LEAD))

    def show(request: Request, staff: SignedIn, *, problem: str = "") -> Response:
        return shell.page(
            request, "labels.html", staff=staff, title="Labels", nav="settings", status=400 if problem else 200,
            labels=beside.labels(), problem=problem,
        )  # fmt: skip

    @router.get("/labels")
    def labels(request: Request, staff: SignedIn = lead) -> Response:
        return show(request, staff)

    @router.post("/labels")
    def add(request: Request, name: Text = "", staff: SignedIn = checked) -> Response:
        try:
            beside.add_label(name=name, by=by(staff), now=shell.now())
        except LimitError as error:
            return show(request, staff, problem=error.detail)
        return shell.redirect(_LABELS, notice="The label is there.")

    @router.post("/labels/{label_id}/delete")
    def delete(label_id: str, staff: SignedIn = checked) -> Response:
        beside.delete_label(label_id=label_id, by=by(staff), now=shell.now())
        return shell.redirect(_LABELS, notice="The label was deleted and taken off all conversations.")


def _add_canned(router: APIRouter, shell: Shell, beside: BesideStore) -> None:
    lead = Depends(shell.require(Role.LEAD))

    @router.get("/canned")
    def canned(request: Request, q: str = "", staff: SignedIn = lead) -> Response:
        return shell.page(
            request, "canned.html", staff=staff, title="Canned replies", nav="settings",
            replies=beside.canned_replies(search=q), search=q, problem="", draft=None,
        )  # fmt: skip


def _add_canned_changes(router: APIRouter, shell: Shell, beside: BesideStore) -> None:
    checked = Depends(shell.checked(Role.LEAD))

    def refuse(request: Request, staff: SignedIn, problem: str, draft: dict[str, str]) -> Response:
        return shell.page(
            request, "canned.html", staff=staff, title="Canned replies", nav="settings", status=400,
            replies=beside.canned_replies(), search="", problem=problem, draft=draft,
        )  # fmt: skip

    @router.post("/canned")
    def add(
        request: Request, title: Text = "", text: Text = "", language: Text = "en", staff: SignedIn = checked
    ) -> Response:
        draft = {"title": title, "text": text, "language": language}
        try:
            beside.add_canned_reply(**draft, by=by(staff), now=shell.now())
        except LimitError as error:
            return refuse(request, staff, error.detail, {"id": ""} | draft)
        return shell.redirect(_CANNED, notice="The reply was added.")

    @router.post("/canned/{canned_id}")
    def change(  # noqa: PLR0917 - FastAPI names them
        request: Request,
        canned_id: str,
        title: Text = "",
        text: Text = "",
        language: Text = "en",
        staff: SignedIn = checked,
    ) -> Response:
        draft = {"title": title, "text": text, "language": language}
        try:
            beside.change_canned_reply(canned_id=canned_id, **draft, by=by(staff), now=shell.now())
        except LimitError as error:
            return refuse(request, staff, error.detail, {"id": canned_id} | draft)
        return shell.redirect(_CANNED, notice="The reply was changed.")

    @router.post("/canned/{canned_id}/delete")
    def delete(canned_id: str, staff: SignedIn = checked) -> Response:
        beside.delete_canned_reply(canned_id=canned_id, by=by(staff), now=shell.now())
        return shell.redirect(_CANNED, notice="The reply was deleted.")
