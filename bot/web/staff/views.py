"""Saved views of the transcript list: filters under a name, one's own or for everybody."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.db.beside import BesideStore
from bot.db.list_values import Filters
from bot.db.staff import By
from bot.domain import Role
from bot.web.staff.shell import Shell, SignedIn

TRANSCRIPTS = "/staff/transcripts"


def views_router(shell: Shell, *, beside: BesideStore) -> APIRouter:
    """Make the routes; the filters stand in the address, as they do in the list's."""
    router = APIRouter()
    reviewer = Depends(shell.checked(Role.REVIEWER))

    @router.post("/views")
    def save(
        request: Request,
        name: Annotated[str, Form()] = "",
        is_shared: Annotated[bool, Form()] = False,
        staff: SignedIn = reviewer,
    ) -> Response:
        filters = Filters.of(request.query_params)
        by = By(name=staff.name, staff_id=staff.id)
        beside.save_view(name=name, filters=filters, is_shared=is_shared, by=by, now=shell.now())
        return shell.redirect(list_path(filters), notice="The view was saved.")

    @router.post("/views/{view_id}/delete")
    def delete(view_id: str, staff: SignedIn = reviewer) -> Response:
        beside.delete_view(view_id=view_id, by=By(name=staff.name, staff_id=staff.id), now=shell.now())
        return shell.redirect(TRANSCRIPTS, notice="The view was deleted.")

    return router


def list_path(filters: Filters, *, older: str | None = None, path: str = TRANSCRIPTS) -> str:
    """Return the address of a filtered list, or of another page that takes the same filters."""
    pairs = filters.pairs() | ({} if older is None else {"older": older})
    return f"{path}?{urlencode(pairs)}" if pairs else path
