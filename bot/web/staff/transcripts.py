"""The list of transcripts: search, filters, saved views, export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.db.audit import AuditStore
from bot.db.beside import BesideStore
from bot.db.list_values import FILTER_NAMES, NO_PARTNER, Choices, Count, Filters
from bot.db.lists import ListStore
from bot.domain import Outcome, Role, Speaker
from bot.errors import LimitError
from bot.web.staff.shell import Shell, SignedIn
from bot.web.staff.views import list_path
from bot.web.staff.words import in_words

Options = Sequence[tuple[str, str]]

PAGE_SIZE = 50
_ANY = ("", "Any")
_YES_NO: Options = (_ANY, ("yes", "Yes"), ("no", "No"))
_STATES = {
    Speaker.BOT: "With the guide",
    Speaker.WAITING: "Waiting",
    Speaker.HUMAN: "With a person",
    Speaker.CLOSED: "Closed",
}
_FEEDBACK: Options = (
    _ANY, ("down", "Thumbs down"), ("up", "Thumbs up"), ("comment", "With a comment"), ("none", "None"),
)  # fmt: skip
_DAYS: Options = (_ANY, ("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days"))
_ANSWERERS: Options = (
    _ANY, ("extractive", "The guide's own sentences"), ("generative", "A language model"), ("fixed", "Fixed text"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One filter of the form; without options it is a day."""

    name: str
    title: str
    value: str
    options: Options = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use; `path` is the list without it."""

    text: str
    path: str


def transcripts_router(shell: Shell, *, lists: ListStore, beside: BesideStore, audit: AuditStore) -> APIRouter:
    """Make the route of the list."""
    router = APIRouter()
    reviewer = Depends(shell.require(Role.REVIEWER))

    @router.get("/transcripts")
    def transcripts(request: Request, older: str | None = None, staff: SignedIn = reviewer) -> Response:
        filters = Filters.of(request.query_params)
        now = shell.now()
        try:
            page = lists.page(filters=filters, viewer_id=staff.id, now=now, limit=PAGE_SIZE, older_than=older)
        except LimitError:
            return shell.redirect(list_path(filters))
        count = lists.count(filters=filters, viewer_id=staff.id, now=now)
        _record(audit, shell, staff, filters, shown=len(page.rows))
        fields = _fields(filters, lists.choices())
        return shell.page(
            request, "transcripts.html", staff=staff, title="Transcripts", nav="transcripts",
            page=page, filters=filters, fields=fields, chips=_chips(filters, fields), states=_STATES,
            found=found_in_words(count), is_first=older is None, views=beside.views(staff_id=staff.id),
            newest_path=list_path(filters), older_path=page.older and list_path(filters, older=page.older),
            export_path=list_path(filters, path="/staff/transcripts/export"),
            save_path=list_path(filters, path="/staff/views"), path_of=list_path,
        )  # fmt: skip

    return router


def found_in_words(count: Count) -> str:
    """Say how many conversations a list holds: "1 conversation", "about 23,000 conversations"."""
    if count.is_exact:
        return "1 conversation" if count.number == 1 else f"{count.number:,} conversations"
    step = 10 ** max(len(str(count.number)) - 2, 0)
    return f"about {round(count.number / step) * step:,} conversations"


def _record(audit: AuditStore, shell: Shell, staff: SignedIn, filters: Filters, *, shown: int) -> None:
    # What was searched for may be a patient's words: the log keeps that there was a search.
    asked = {name: word for name, word in filters.pairs().items() if name != "text"}
    audit.record(
        staff_id=staff.id,
        actor=staff.name,
        action="transcripts.listed",
        subject_kind="transcripts",
        subject_id="list",
        detail={"filters": asked, "searched": bool(filters.text), "shown": shown},
        now=shell.now(),
    )


def _fields(filters: Filters, choices: Choices) -> tuple[Field, ...]:
    """Make the form's fields; a value that is set stays choosable, whether the record knows it or not."""
    partners = [(NO_PARTNER, "None"), *((name, name) for name in choices.partners)]
    options: dict[str, tuple[str, Options]] = {
        "days": ("Begun", _DAYS),
        "since": ("From", ()),
        "until": ("To", ()),
        "outcome": ("Outcome", (_ANY, *((outcome.value, in_words(outcome)) for outcome in Outcome))),
        "reason": ("Reason", (_ANY, *((reason, in_words(reason)) for reason in choices.reasons))),
        "feedback": ("Feedback", _FEEDBACK),
        "label": ("Label", (_ANY, *choices.labels)),
        "reviewed": ("Reviewed", _YES_NO),
        "unread": ("Unread by me", _YES_NO),
        "handed_over": ("Person asked for", _YES_NO),
        "state": ("State", (_ANY, *((state.value, title) for state, title in _STATES.items()))),
        "noted": ("With a note", _YES_NO),
        "partner": ("Partner", (_ANY, *partners)),
        "language": ("Language", (_ANY, *((name, name) for name in choices.languages))),
        "channel": ("Channel", (_ANY, *((name, name) for name in choices.channels))),
        "answerer": ("Answered by", _ANSWERERS),
    }
    pairs = filters.pairs()
    return tuple(
        Field(name, title, value=pairs.get(name, ""), options=_with(given, pairs.get(name, "")))
        for name, (title, given) in options.items()
    )


def _with(options: Options, value: str) -> Options:
    if not options or any(value == known for known, _ in options):
        return options
    return (*options, (value, value))


def _chips(filters: Filters, fields: Sequence[Field]) -> tuple[Chip, ...]:
    chips = [
        Chip(f"{field.title}: {dict(field.options).get(field.value, field.value)}", _without(filters, field.name))
        for field in fields
        if field.value
    ]
    return tuple(chips)


def _without(filters: Filters, name: str) -> str:
    empty = getattr(Filters(), name)
    return list_path(replace(filters, **{name: empty})) if name in FILTER_NAMES else list_path(filters)
