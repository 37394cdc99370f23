"""How long conversations are kept, and erasing them: the admins' page, with the proof of what went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.db.audit import AuditEntry
from bot.db.erasure import ERASED, VISITOR_ERASED, Eraser, digest_of
from bot.db.retention import EMERGENCY, OTHERS, WITHOUT_PERSON, RetentionRules
from bot.db.stores import Stores
from bot.domain import Conversation, Role
from bot.errors import NotFoundError
from bot.web.staff.shell import Shell, SignedIn

_GROUPS = {
    EMERGENCY: "With an emergency or a crisis",
    WITHOUT_PERSON: "Without a request for a person",
    OTHERS: "With a request for a person",
}
_RUNS = 10
_LONGEST_ID = 200
_UNKNOWN = "There is no conversation and no visitor with this id, and nothing was erased under it."

Text = Annotated[str, Form(max_length=_LONGEST_ID)]


def privacy_router(shell: Shell, *, stores: Stores, rules: RetentionRules) -> APIRouter:
    """Make the routes of the privacy page; all of them are the admins'."""
    router = APIRouter()
    pages = _Privacy(shell=shell, stores=stores, rules=rules)
    admin = Depends(shell.require(Role.ADMIN))
    checked = Depends(shell.checked(Role.ADMIN))

    @router.get("/privacy")
    def privacy(request: Request, conversation: str = "", staff: SignedIn = admin) -> Response:
        return pages.show(request, staff, wanted=conversation.strip())

    @router.post("/privacy/check")
    def check(request: Request, wanted: Text = "", staff: SignedIn = checked) -> Response:
        return pages.ask(request, staff, wanted.strip())

    @router.post("/privacy/erase")
    def erase(kind: Text = "", wanted: Text = "", staff: SignedIn = checked) -> Response:
        return pages.erase(staff, kind, wanted)

    @router.get("/privacy/proof/{subject_id}")
    def proof(request: Request, subject_id: str, staff: SignedIn = admin) -> Response:
        return pages.proof(request, staff, subject_id)

    return router


@dataclass(frozen=True, slots=True)
class _Rule:
    group: str
    days: int | None
    due: int


class _Privacy:
    def __init__(self, *, shell: Shell, stores: Stores, rules: RetentionRules) -> None:
        self._shell = shell
        self._stores = stores
        self._rules = rules

    def show(self, request: Request, staff: SignedIn, *, problem: str = "", wanted: str = "") -> Response:
        due = self._stores.retention.due_counts(rules=self._rules, now=self._shell.now())
        rules = [
            _Rule(group=_GROUPS[group], days=days, due=due.get(group, 0))
            for group, days in self._rules.by_group().items()
        ]
        return self._shell.page(
            request,
            "privacy.html",
            staff=staff,
            title="Privacy",
            nav="settings",
            status=404 if problem else 200,
            rules=rules,
            is_kept=all(rule.days is None for rule in rules),
            runs=self._stores.retention.last_runs(limit=_RUNS),
            groups=_GROUPS,
            problem=problem,
            wanted=wanted,
        )

    def ask(self, request: Request, staff: SignedIn, wanted: str) -> Response:
        """Show what an id stands for, and ask before anything goes."""
        conversation = self._conversation(wanted)
        visitor_id = conversation.visitor_id if conversation else wanted
        talks = self._stores.transcripts.conversation_ids(visitor_id=visitor_id)
        if conversation is None and not talks:
            subject_id = next((name for name in (wanted, digest_of(wanted)) if self._proofs(name)), None)
            if subject_id is None:
                return self.show(request, staff, problem=_UNKNOWN, wanted=wanted)
            return self._shell.redirect(_proof_path(subject_id))
        return self._shell.page(
            request,
            "privacy_erase.html",
            staff=staff,
            title="Erase",
            nav="settings",
            conversation=conversation,
            visitor_id=visitor_id,
            talks=talks,
        )

    def erase(self, staff: SignedIn, kind: str, wanted: str) -> Response:
        by, now = Eraser(staff.name, staff_id=staff.id), self._shell.now()
        if kind == "conversation":
            self._stores.transcripts.erase_conversation(conversation_id=wanted, visitor_id=None, now=now, by=by)
            return self._shell.redirect(_proof_path(wanted), "The conversation was erased.")
        if kind != "visitor":
            raise self._shell.missing()
        counts = self._stores.transcripts.erase_visitor(visitor_id=wanted, now=now, by=by)
        if not counts["conversations"]:
            raise self._shell.missing()
        return self._shell.redirect(_proof_path(digest_of(wanted)), "All conversations of the visitor were erased.")

    def proof(self, request: Request, staff: SignedIn, subject_id: str) -> Response:
        proofs = self._proofs(subject_id)
        if not proofs:
            raise self._shell.missing()
        return self._shell.page(
            request,
            "privacy_proof.html",
            staff=staff,
            title="Proof of erasure",
            nav="settings",
            subject_id=subject_id,
            proofs=proofs,
        )

    def _conversation(self, wanted: str) -> Conversation | None:
        try:
            return self._stores.transcripts.conversation(conversation_id=wanted)
        except NotFoundError:
            return None

    def _proofs(self, subject_id: str) -> list[AuditEntry]:
        entries = self._stores.audit.entries(subject_id=subject_id, limit=1000)
        return [entry for entry in entries if entry.action in (ERASED, VISITOR_ERASED)]


def _proof_path(subject_id: str) -> str:
    return f"/staff/privacy/proof/{subject_id}"
