"""What staff put beside a conversation from its page: labels, notes, and which canned replies there are.

The page of the conversation includes ``_labels.html``, ``_notes.html`` and ``_readers.html`` with `beside_values`.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import JSONResponse, Response

from bot.db.beside import BesideStore
from bot.db.staff import By
from bot.domain import Role
from bot.web.staff.shell import Shell, SignedIn

Text = Annotated[str, Form()]
_CONVERSATION = "/conversations/{conversation_id}"


def by(staff: SignedIn) -> By:
    """Name who makes a change, for the audit log."""
    return By(name=staff.name, staff_id=staff.id)


def beside_values(beside: BesideStore, *, conversation_id: str) -> dict[str, Any]:
    """Read what the three fragments name.

    Raises:
        NotFoundError: There is no such conversation.
    """
    return {
        "conversation_id": conversation_id,
        "labels": beside.labels_of(conversation_id=conversation_id),
        "all_labels": beside.labels(),
        "notes": beside.notes(conversation_id=conversation_id),
        "readers": beside.readers(conversation_id=conversation_id),
    }


def beside_router(shell: Shell, *, beside: BesideStore) -> APIRouter:
    """Make the routes; forms go back to the conversation, scripts get JSON."""
    router = APIRouter()
    _add_labels(router, shell, beside)
    _add_notes(router, shell, beside)
    agent = Depends(shell.require(Role.AGENT))

    @router.get("/canned.json")
    def canned(
        search: Annotated[str, Query(alias="q")] = "", language: str | None = None, staff: SignedIn = agent
    ) -> Response:
        found = beside.canned_replies(search=search, language=language or None)
        return JSONResponse({"replies": [asdict(reply) for reply in found]}, headers={"Cache-Control": "no-store"})

    return router


def _add_labels(router: APIRouter, shell: Shell, beside: BesideStore) -> None:
    reviewer = Depends(shell.checked(Role.REVIEWER))

    def answer(request: Request, conversation_id: str) -> Response:
        labels = beside.labels_of(conversation_id=conversation_id)
        return _back(shell, request, conversation_id, part="labels", values=[asdict(label) for label in labels])

    @router.post(_CONVERSATION + "/labels")
    def put(request: Request, conversation_id: str, name: Text = "", staff: SignedIn = reviewer) -> Response:
        beside.put_label(conversation_id=conversation_id, name=name, by=by(staff), now=shell.now())
        return answer(request, conversation_id)

    @router.post(_CONVERSATION + "/labels/{label_id}/delete")
    def take(request: Request, conversation_id: str, label_id: str, staff: SignedIn = reviewer) -> Response:
        beside.take_label(conversation_id=conversation_id, label_id=label_id, by=by(staff), now=shell.now())
        return answer(request, conversation_id)


def _add_notes(router: APIRouter, shell: Shell, beside: BesideStore) -> None:
    reviewer = Depends(shell.checked(Role.REVIEWER))

    def answer(request: Request, conversation_id: str) -> Response:
        notes = [
            {"id": note.id, "author": note.author, "text": note.text, "created_at": note.created_at.isoformat()}
            for note in beside.notes(conversation_id=conversation_id)
        ]
        return _back(shell, request, conversation_id, part="notes", values=notes)

    @router.post(_CONVERSATION + "/notes")
    def add(request: Request, conversation_id: str, text: Text = "", staff: SignedIn = reviewer) -> Response:
        beside.add_note(conversation_id=conversation_id, text=text, by=by(staff), now=shell.now())
        return answer(request, conversation_id)

    @router.post(_CONVERSATION + "/notes/{note_id}/delete")
    def delete(request: Request, conversation_id: str, note_id: str, staff: SignedIn = reviewer) -> Response:
        beside.delete_note(
            conversation_id=conversation_id,
            note_id=note_id,
            by=by(staff),
            now=shell.now(),
            of_others=staff.may(Role.LEAD),
        )
        return answer(request, conversation_id)


def _back(shell: Shell, request: Request, conversation_id: str, *, part: str, values: list[dict[str, Any]]) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        return shell.redirect(f"/staff/conversations/{quote(conversation_id, safe='')}#{part}")
    return JSONResponse({part: values}, headers={"Cache-Control": "no-store"})
