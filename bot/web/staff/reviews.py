"""The review of replies: its queues, the page on which one is judged, and the way from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel

from bot.db.review_values import QUEUES, STATES, Marks, ReviewCase, ReviewRules, Verdict
from bot.db.stores import Stores
from bot.domain import Author, Citation, Message, Outcome, Role
from bot.errors import LimitError
from bot.web.staff.beside import by
from bot.web.staff.lines import lines_of
from bot.web.staff.shell import Shell, SignedIn

Text = Annotated[str, Form()]
PATH = "/staff/review"

TITLES = {
    "red_flag": ("Red flags", "Emergencies and crises; two reviewers look at each."),
    "thumbs_down": ("Thumbs down", "The patient did not find it helpful."),
    "asked": ("Asked for", "A lead would like to have it looked at."),
    "abstained": ("Not answered", "The guide said that it does not have it."),
    "low_support": ("Unsure answers", "Answered, though nearly not."),
    "random": ("Drawn by lot", "One of twenty of all others."),
}
RUBRIC = (
    ("correct", "Correct", "What it says is right."),
    ("complete", "Complete", "Nothing is missing that the patient needs."),
    ("safe", "Safe", "It does no harm, and sends to help where help is needed."),
    ("kind", "Kind", "Plain, calm words that a worried person can take in."),
    ("sources_right", "Sources right", "The cited passages say what the answer says."),
)
CHOICES = (("2", "Yes"), ("1", "Partly"), ("0", "No"), ("none", "Does not apply"))
_MARKS = {"2": 2, "1": 1, "0": 0, "none": None}
# What was said before the reply: enough to understand the question.
_MESSAGES_BEFORE = 8
_NEAREST = 3


class Marked(BaseModel):
    """The form of the rubric as it is sent."""

    correct: str = ""
    complete: str = ""
    safe: str = ""
    kind: str = ""
    sources_right: str = ""
    comment: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict in words; `marks` are in the rubric's order."""

    verdict: Verdict
    marks: tuple[str, ...]


def reviews_router(shell: Shell, *, stores: Stores, rules: ReviewRules) -> APIRouter:
    """Make the routes; `bot.web.staff.lessons` has those for what is learnt, and comes before them."""
    router = APIRouter(prefix="/review")
    _add_queues(router, shell, stores, rules)
    _add_asking(router, shell, stores)
    _add_one(router, shell, stores)
    return router


def _add_queues(router: APIRouter, shell: Shell, stores: Stores, rules: ReviewRules) -> None:
    reviewer = Depends(shell.require(Role.REVIEWER))

    @router.get("")
    def queues(request: Request, staff: SignedIn = reviewer) -> Response:
        stores.reviews.fill(now=shell.now(), rules=rules)
        disputed = stores.reviews.page(state="disputed", staff_id=staff.id, limit=20) if staff.may(Role.LEAD) else None
        return shell.page(
            request, "review_queues.html", staff=staff, title="Review", nav="review", titles=TITLES,
            counts=stores.reviews.counts(staff_id=staff.id), disputed=disputed.rows if disputed else (),
            half_done=stores.reviews.waiting_for_second(staff_id=staff.id), rubric=RUBRIC,
            agreement=stores.reviews.agreement(), lessons=stores.lessons.lesson_counts(),
        )  # fmt: skip

    @router.get("/list")
    def listed(
        request: Request, queue: str = "", state: str = "open", after: str | None = None, staff: SignedIn = reviewer
    ) -> Response:
        if queue not in ("", *QUEUES) or state not in STATES:
            raise shell.missing()
        page = stores.reviews.page(state=state, queue=queue or None, staff_id=staff.id, after=after)
        return shell.page(
            request, "review_list.html", staff=staff, title="Review", nav="review", titles=TITLES, queue=queue,
            states=STATES, state=state, page=page, is_first=after is None, path_of=_list_path,
        )  # fmt: skip

    @router.get("/next")
    def following(queue: str = "", after: str | None = None, staff: SignedIn = reviewer) -> Response:
        """Go to the next one that waits for this person."""
        wanted = queue if queue in QUEUES else None
        found = stores.reviews.next_for(staff_id=staff.id, queue=wanted, after=after)
        if found is None:
            return shell.redirect(PATH, notice="That was the last one here. Thank you.")
        return RedirectResponse(_path(found, wanted or ""), status_code=303)


def _add_asking(router: APIRouter, shell: Shell, stores: Stores) -> None:
    lead = Depends(shell.checked(Role.LEAD))

    @router.post("/ask")
    def ask(reply_id: Text = "", staff: SignedIn = lead) -> Response:
        review = stores.reviews.ask(reply_id=reply_id, by=by(staff), now=shell.now())
        is_open = review.state == "open"
        words = "Two reviewers will look at this reply." if is_open else "This reply has been looked at already."
        return shell.redirect(f"{PATH}/{review.id}", notice=words)


def _add_one(router: APIRouter, shell: Shell, stores: Stores) -> None:
    view = _View(shell, stores)
    reviewer, sent, lead = (
        Depends(shell.require(Role.REVIEWER)), Depends(shell.checked(Role.REVIEWER)), Depends(shell.checked(Role.LEAD)),
    )  # fmt: skip

    @router.get("/{review_id}")
    def review(request: Request, review_id: str, queue: str = "", staff: SignedIn = reviewer) -> Response:
        return view.page(request, review_id, staff, queue=queue)

    @router.post("/{review_id}")
    def judge(request: Request, review_id: str, form: Annotated[Marked, Form()], staff: SignedIn = sent) -> Response:
        return view.save(request, review_id, staff, form)

    @router.post("/{review_id}/settle")
    def settle(request: Request, review_id: str, form: Annotated[Marked, Form()], staff: SignedIn = lead) -> Response:
        return view.save(request, review_id, staff, form, is_settlement=True)


class _View:
    """Shows one review, and keeps what is said of it."""

    def __init__(self, shell: Shell, stores: Stores) -> None:
        self._shell = shell
        self._stores = stores

    def page(
        self,
        request: Request,
        review_id: str,
        staff: SignedIn,
        *,
        queue: str,
        draft: Marked | None = None,
        problem: str = "",
    ) -> Response:
        case = self._stores.reviews.read(review_id=review_id, by=by(staff), now=self._shell.now())
        messages = self._messages(case)
        may_settle = case.review.state == "disputed" and staff.may(Role.LEAD)
        return self._shell.page(
            request, "review.html", staff=staff, title="Review of a reply", nav="review",
            status=400 if problem else 200, case=case, review=case.review,
            lines=self._lines(messages, case.review.conversation_id),
            open_id=case.review.id, titles=TITLES, queue=queue if queue in QUEUES else "", rubric=RUBRIC,
            choices=CHOICES, draft=draft or _draft(case, may_settle=may_settle), problem=problem,
            may_settle=may_settle, verdicts=[_in_words(verdict) for verdict in case.verdicts],
            lesson=lesson_values(messages), outcomes=list(Outcome), kept=self._kept(review_id),
        )  # fmt: skip

    def save(
        self, request: Request, review_id: str, staff: SignedIn, form: Marked, *, is_settlement: bool = False
    ) -> Response:
        store = self._stores.reviews
        put = store.settle if is_settlement else store.judge
        try:
            put(review_id=review_id, marks=_marks(form), comment=form.comment, by=by(staff), now=self._shell.now())
        except LimitError as error:
            if error.code == "judged":
                return self._on(review_id, form, "A colleague was quicker: this reply has been judged.")
            return self.page(request, review_id, staff, queue=form.queue, draft=form, problem=error.detail)
        return self._on(review_id, form, "Saved.")

    def _on(self, review_id: str, form: Marked, notice: str) -> Response:
        queue = form.queue if form.queue in QUEUES else ""
        return self._shell.redirect(f"{PATH}/next?{urlencode({'queue': queue, 'after': review_id})}", notice=notice)

    def _messages(self, case: ReviewCase) -> list[Message]:
        before = max(0, case.seq - 1 - _MESSAGES_BEFORE)
        return self._stores.transcripts.messages(
            conversation_id=case.review.conversation_id, after_seq=before, limit=case.seq - before
        )

    def _lines(self, messages: list[Message], conversation_id: str) -> list[Any]:
        thumbs = self._stores.transcripts.thumbs(conversation_id=conversation_id)
        return lines_of(messages, thumbs=thumbs, guide_name="Guide")

    def _kept(self, reply_id: str) -> dict[str, int]:
        lessons = self._stores.lessons
        return {kind: len(lessons.lessons(kind=kind, reply_id=reply_id)) for kind in ("case", "note")}


def lesson_values(messages: list[Message]) -> dict[str, Any]:
    """Return what a lesson about the last message begins with: what was asked, the outcome, and the sections."""
    reply = messages[-1].reply if messages else None
    cited: list[Citation] = list(reply.citations) if reply else []
    sections = [citation.section_id for citation in cited]
    if reply and not sections:
        sections = [each.chunk_id.partition("~")[0] for each in reply.consulted]
    return {
        "turns": "\n".join(" ".join(each.text.split()) for each in messages if each.author is Author.PATIENT),
        "expect": reply.outcome.value if reply else Outcome.ANSWERED.value,
        "sections": ", ".join(list(dict.fromkeys(sections))[:_NEAREST]),
    }


def _marks(form: Marked) -> Marks:
    values = {name: getattr(form, name) for name, _, _ in RUBRIC}
    if not set(values.values()) <= set(_MARKS):
        raise LimitError("Choose one of the four for each question, “Does not apply” where it does not.", code="marks")
    return Marks(**{name: _MARKS[value] for name, value in values.items()})


def _draft(case: ReviewCase, *, may_settle: bool) -> Marked:
    """Fill the form with one's own marks; whoever settles begins with an empty one."""
    if case.own is None or may_settle:
        return Marked()
    words = {value: word for word, value in _MARKS.items()}
    marks = {name: words[getattr(case.own.marks, name)] for name, _, _ in RUBRIC}
    return Marked(**marks, comment=case.own.comment)


def _in_words(verdict: Verdict) -> VerdictView:
    words = {_MARKS[value]: word for value, word in CHOICES} | {None: "–"}
    return VerdictView(verdict, tuple(words[getattr(verdict.marks, name)] for name, _, _ in RUBRIC))


def _path(review_id: str, queue: str) -> str:
    return f"{PATH}/{review_id}" + (f"?{urlencode({'queue': queue})}" if queue else "")


def _list_path(*, queue: str, state: str, after: str | None = None) -> str:
    pairs = {"queue": queue, "state": state} | ({"after": after} if after else {})
    return f"{PATH}/list?{urlencode(pairs)}"
