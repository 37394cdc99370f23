"""What reviews teach: kept from the page of a review with one click, listed, and handed out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel

from bot.db.lessons import KINDS, LessonStore
from bot.db.stores import Stores
from bot.domain import Role
from bot.errors import LimitError
from bot.web.staff.beside import by
from bot.web.staff.lesson_files import MEDIA_TYPES, case_lines, notes_markdown
from bot.web.staff.shell import Shell, SignedIn

_LIST = "/staff/review/lessons"
_FILES = {"case": "review-cases-{}.jsonl", "note": "guide-notes-{}.md"}
_KEPT = {"case": "Kept as a case of the question set.", "note": "Kept as a note for the guide's author."}
_DELETED = {"case": "The case was deleted.", "note": "The note was deleted."}


class Taught(BaseModel):
    """The form of a lesson as it is sent: a message of the patient in each line, ids of sections between commas."""

    kind: str = ""
    turns: str = ""
    text: str = ""
    expect: str = ""
    sections: str = ""
    queue: str = ""


def lessons_router(shell: Shell, *, stores: Stores) -> APIRouter:
    """Make the routes."""
    router = APIRouter(prefix="/review")
    _add_list(router, shell, stores.lessons)
    _add_keeping(router, shell, stores)
    return router


def _add_list(router: APIRouter, shell: Shell, lessons: LessonStore) -> None:
    reviewer, sent, lead = (
        Depends(shell.require(Role.REVIEWER)), Depends(shell.checked(Role.REVIEWER)), Depends(shell.checked(Role.LEAD)),
    )  # fmt: skip

    @router.get("/lessons")
    def listed(request: Request, kind: str = "case", staff: SignedIn = reviewer) -> Response:
        if kind not in KINDS:
            raise shell.missing()
        return shell.page(
            request, "lessons.html", staff=staff, title="Lessons", nav="review", kind=kind,
            lessons=lessons.lessons(kind=kind), counts=lessons.lesson_counts(),
        )  # fmt: skip

    @router.post("/lessons/export")
    def export(kind: Annotated[str, Form()] = "", staff: SignedIn = lead) -> Response:
        if kind not in KINDS:
            raise shell.missing()
        now = shell.now()
        # This writes the line in the audit log: where that fails, nothing leaves.
        found = lessons.export(kind=kind, by=by(staff), now=now)
        parts = case_lines(found) if kind == "case" else notes_markdown(found, now=now)
        name = _FILES[kind].format(f"{now:%Y-%m-%d}")
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response("".join(parts).encode(), media_type=MEDIA_TYPES[kind], headers=headers)

    @router.post("/lessons/{lesson_id}/delete")
    def delete(lesson_id: str, kind: Annotated[str, Form()] = "case", staff: SignedIn = sent) -> Response:
        lessons.delete(lesson_id=lesson_id, by=by(staff), now=shell.now(), of_others=staff.may(Role.LEAD))
        shown = kind if kind in KINDS else "case"
        return shell.redirect(f"{_LIST}?kind={shown}", notice=_DELETED[shown])


def _add_keeping(router: APIRouter, shell: Shell, stores: Stores) -> None:
    sent = Depends(shell.checked(Role.REVIEWER))

    @router.post("/{review_id}/lessons")
    def keep(review_id: str, form: Annotated[Taught, Form()], staff: SignedIn = sent) -> Response:
        # A reply that is under no review teaches nothing here.
        stores.reviews.get(review_id=review_id, staff_id=staff.id)
        back = f"/staff/review/{quote(review_id, safe='')}?queue={quote(form.queue, safe='')}"
        try:
            stores.lessons.add(
                kind=form.kind,
                reply_id=review_id,
                turns=form.turns.splitlines(),
                text=form.text,
                expect=[form.expect],
                section_ids=form.sections.split(","),
                by=by(staff),
                now=shell.now(),
            )
        except LimitError as error:
            return shell.redirect(f"{back}#teach", notice=f"Not kept: {error.detail}")
        return shell.redirect(f"{back}#teach", notice=_KEPT[form.kind])
