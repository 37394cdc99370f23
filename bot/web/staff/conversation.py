"""One conversation: its transcript with the grounds of each reply, who has it, and what staff keep beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.beside import beside_values, by
from bot.web.staff.lines import lines_of
from bot.web.staff.shell import Shell, SignedIn

if TYPE_CHECKING:
    from bot.conversation.desk import Desk

_TALKERS = (Role.AGENT, Role.LEAD, Role.ADMIN)


def conversation_router(shell: Shell, *, stores: Stores, desk: Desk) -> APIRouter:
    """Make the routes that show a conversation; `bot.web.staff.talk` has those that change it."""
    router = APIRouter(prefix="/conversations/{conversation_id}")
    view = _View(shell=shell, stores=stores, desk=desk)
    reader = Depends(shell.require(Role.REVIEWER))

    @router.get("")
    def conversation(request: Request, conversation_id: str, staff: SignedIn = reader) -> Response:
        stores.beside.mark_read(conversation_id=conversation_id, by=by(staff), now=shell.now())
        return view.page(request, conversation_id, staff)

    @router.get("/lines")
    def lines(request: Request, conversation_id: str, after: int = 0, staff: SignedIn = reader) -> Response:
        """Return what was said after a position, for a page that is open and so has read it."""
        fragment = view.lines(request, conversation_id, staff, after=max(0, after))
        stores.beside.mark_read(conversation_id=conversation_id, by=by(staff), now=shell.now(), is_opening=False)
        return fragment

    @router.get("/state")
    def state(request: Request, conversation_id: str, staff: SignedIn = reader) -> Response:
        """Return who has the conversation and what can be done, for a page that is open."""
        return shell.page(request, "_state.html", staff=staff, title="", **view.state(conversation_id, staff))

    @router.get("/readers")
    def readers(request: Request, conversation_id: str, staff: SignedIn = reader) -> Response:
        found = stores.beside.readers(conversation_id=conversation_id)
        return shell.page(request, "_readers.html", staff=staff, title="", readers=found)

    return router


class _View:
    """Gathers what the pages show."""

    def __init__(self, *, shell: Shell, stores: Stores, desk: Desk) -> None:
        self._shell = shell
        self._stores = stores
        self._desk = desk

    def page(self, request: Request, conversation_id: str, staff: SignedIn) -> Response:
        values = self.state(conversation_id, staff)
        return self._shell.page(
            request,
            "conversation.html",
            staff=staff,
            title=f"Conversation {conversation_id[:8]}",
            nav="transcripts",
            lines=self._lines(conversation_id),
            canned=self._stores.beside.canned_replies() if values["may_talk"] else (),
            **values,
            **beside_values(self._stores.beside, conversation_id=conversation_id),
        )

    def lines(self, request: Request, conversation_id: str, staff: SignedIn, *, after: int) -> Response:
        found = self._lines(conversation_id, after=after)
        return self._shell.page(request, "_lines.html", staff=staff, title="", lines=found)

    def state(self, conversation_id: str, staff: SignedIn) -> dict[str, Any]:
        case = self._desk.case(conversation_id=conversation_id)
        may_talk = staff.may(Role.AGENT)
        return {
            "conversation": case.conversation,
            "case": case,
            "is_mine": may_talk and case.staff_id == staff.id,
            "may_talk": may_talk,
            "colleagues": self._colleagues(staff, case.staff_id) if may_talk else (),
            "outcomes": OUTCOMES,
        }

    def _lines(self, conversation_id: str, *, after: int = 0) -> list[Any]:
        messages = self._desk.messages(conversation_id=conversation_id, after_seq=after)
        thumbs = self._stores.transcripts.thumbs(conversation_id=conversation_id)
        return lines_of(messages, thumbs=thumbs, guide_name="Guide")

    def _colleagues(self, staff: SignedIn, owner_id: str | None) -> tuple[Any, ...]:
        """Return to whom the talk can go: whoever may talk to patients and does not have it already."""
        return tuple(
            member
            for member in self._stores.staff.everyone()
            if member.is_active and member.role in _TALKERS and member.id != owner_id
        )


OUTCOMES = (
    ("answered", "Answered"),
    ("referred", "Referred to the care team"),
    ("no_reply", "The patient did not reply"),
    ("spam", "Not meant seriously"),
    ("other", "Something else"),
)
