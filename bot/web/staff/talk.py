"""What staff do in a conversation: take it, say something, hand it on, give it back, close it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from bot.db.stores import Stores
from bot.domain import Role
from bot.errors import BotError, FloorError, LimitError
from bot.web.staff.shell import Shell, SignedIn

if TYPE_CHECKING:
    from bot.conversation.desk import Desk

Text = Annotated[str, Form()]

_WHY = {
    "taken": "{name} has this conversation already.",
    "not_yours": "This conversation is not yours (any more). Take it first.",
    "not_waiting": "The patient is not waiting any more.",
    "empty": "There is nothing to send. Write something first.",
    "too_long": "This is too long for one message. Send it as two.",
    "outcome": "Choose how the talk ended.",
}


def talk_router(shell: Shell, *, stores: Stores, desk: Desk) -> APIRouter:
    """Make the routes; all are for those who may talk to patients, `assign` for leads."""
    router = APIRouter(prefix="/conversations/{conversation_id}")
    moves = _Moves(shell=shell, stores=stores, desk=desk)
    agent = Depends(shell.checked(Role.AGENT))
    lead = Depends(shell.checked(Role.LEAD))

    @router.post("/take")
    def take(request: Request, conversation_id: str, staff: SignedIn = agent) -> Response:
        return moves.run(request, conversation_id, lambda: moves.take(conversation_id, staff), "It is yours now.")

    @router.post("/start")
    def start(request: Request, conversation_id: str, staff: SignedIn = agent) -> Response:
        return moves.run(request, conversation_id, lambda: moves.start(conversation_id, staff), "It is yours now.")

    @router.post("/say")
    def say(
        request: Request,
        conversation_id: str,
        *,
        text: Text = "",
        client_message_id: Text = "",
        staff: SignedIn = agent,
    ) -> Response:
        return moves.run(request, conversation_id, lambda: moves.say(conversation_id, staff, text, client_message_id))

    @router.post("/typing")
    def typing(request: Request, conversation_id: str, staff: SignedIn = agent) -> Response:
        return moves.run(request, conversation_id, lambda: moves.typing(conversation_id, staff))

    @router.post("/hand-on")
    def hand_on(request: Request, conversation_id: str, to: Text = "", staff: SignedIn = agent) -> Response:
        return moves.run(request, conversation_id, lambda: moves.give(conversation_id, staff, to), "Handed on.")

    @router.post("/assign")
    def assign(request: Request, conversation_id: str, to: Text = "", staff: SignedIn = lead) -> Response:
        return moves.run(
            request, conversation_id, lambda: moves.give(conversation_id, staff, to, is_lead=True), "Assigned."
        )

    @router.post("/release")
    def release(request: Request, conversation_id: str, outcome: Text = "", staff: SignedIn = agent) -> Response:
        return moves.run(
            request,
            conversation_id,
            lambda: moves.end(conversation_id, staff, outcome, closing=False),
            "The guide has it again.",
        )

    @router.post("/close")
    def close(request: Request, conversation_id: str, outcome: Text = "", staff: SignedIn = agent) -> Response:
        return moves.run(
            request, conversation_id, lambda: moves.end(conversation_id, staff, outcome, closing=True), "Closed."
        )

    return router


class _Moves:
    """Carries the moves out, and answers a page with a page and a script with JSON."""

    def __init__(self, *, shell: Shell, stores: Stores, desk: Desk) -> None:
        self._shell = shell
        self._stores = stores
        self._desk = desk

    def run(
        self, request: Request, conversation_id: str, move: Callable[[], str | None], notice: str | None = None
    ) -> Response:
        """Carry one move out.

        Raises:
            NotFoundError: There is no such conversation, or no such colleague.
            StoreError: The database fails.
        """
        is_script = "x-background" in request.headers
        path = f"/staff/conversations/{conversation_id}"
        try:
            message_id = move()
        except (FloorError, LimitError) as error:
            why = _sentence(error)
            return JSONResponse({"error": error.code, "why": why}, 409) if is_script else self._back(path, why)
        return JSONResponse({"id": message_id}) if is_script else self._back(path, notice)

    def take(self, conversation_id: str, staff: SignedIn) -> None:
        self._desk.take(conversation_id=conversation_id, staff_id=staff.id, display_name=staff.display_name)

    def start(self, conversation_id: str, staff: SignedIn) -> None:
        self._desk.start(conversation_id=conversation_id, staff_id=staff.id, display_name=staff.display_name)

    def say(self, conversation_id: str, staff: SignedIn, text: str, client_message_id: str) -> str:
        message = self._desk.say(
            conversation_id=conversation_id,
            staff_id=staff.id,
            text=text,
            # A form without a script sends none; its button can be pressed once.
            client_message_id=client_message_id or str(uuid.uuid4()),
            display_name=staff.display_name,
        )
        return message.id

    def typing(self, conversation_id: str, staff: SignedIn) -> None:
        self._desk.typing(conversation_id=conversation_id, staff_id=staff.id, display_name=staff.display_name)

    def give(self, conversation_id: str, staff: SignedIn, to: str, *, is_lead: bool = False) -> None:
        colleague = self._stores.staff.get(staff_id=to)
        give = self._desk.assign if is_lead else self._desk.hand_on
        give(
            conversation_id=conversation_id,
            staff_id=staff.id,
            display_name=staff.display_name,
            to_staff_id=colleague.id,
            to_display_name=colleague.display_name,
        )

    def end(self, conversation_id: str, staff: SignedIn, outcome: str, *, closing: bool) -> None:
        end = self._desk.close if closing else self._desk.release
        end(
            conversation_id=conversation_id,
            staff_id=staff.id,
            display_name=staff.display_name,
            outcome=outcome,
            is_lead=staff.may(Role.LEAD),
        )

    def _back(self, path: str, notice: str | None) -> Response:
        return self._shell.redirect(path, notice=notice)


def _sentence(error: BotError) -> str:
    name = getattr(error, "name", None) or "A colleague"
    return _WHY.get(error.code, error.detail).format(name=name)
