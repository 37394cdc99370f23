"""Who may sign in: the admins' page, where people are added, given a role, switched off and sent a new link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.db.staff import By, LastAdminError, NameTakenError, StaffMember, StaffStore
from bot.domain import Role
from bot.web.staff.particulars import problem_with
from bot.web.staff.shell import Shell, SignedIn

Text = Annotated[str, Form()]


def people_router(shell: Shell, *, staff: StaffStore) -> APIRouter:
    """Make the routes of the staff page; all of them are the admins'."""
    router = APIRouter()
    pages = _People(shell=shell, staff=staff)
    admin = Depends(shell.require(Role.ADMIN))
    checked = Depends(shell.checked(Role.ADMIN))

    @router.get("/people")
    def people(request: Request, staff: SignedIn = admin) -> Response:
        return pages.show(request, staff)

    @router.post("/people")
    def add(
        request: Request,
        *,
        name: Text = "",
        display_name: Text = "",
        email: Text = "",
        role: Text = "",
        staff: SignedIn = checked,
    ) -> Response:
        given = {"name": name, "display_name": display_name, "email": email, "role": role}
        return pages.add(request, staff, given)

    @router.post("/people/{staff_id}/role")
    def set_role(request: Request, staff_id: str, role: Text = "", staff: SignedIn = checked) -> Response:
        return pages.set_role(request, staff, staff_id, role)

    @router.post("/people/{staff_id}/disable")
    def disable(request: Request, staff_id: str, staff: SignedIn = checked) -> Response:
        return pages.switch(request, staff, staff_id, is_on=False)

    @router.post("/people/{staff_id}/enable")
    def enable(request: Request, staff_id: str, staff: SignedIn = checked) -> Response:
        return pages.switch(request, staff, staff_id, is_on=True)

    @router.post("/people/{staff_id}/invite")
    def invite(request: Request, staff_id: str, staff: SignedIn = checked) -> Response:
        return pages.invite(request, staff, staff_id)

    return router


class _People:
    """What the routes do."""

    def __init__(self, *, shell: Shell, staff: StaffStore) -> None:
        self._shell = shell
        self._staff = staff

    def show(
        self, request: Request, staff: SignedIn, *, given: dict[str, str] | None = None, field: str = "", why: str = ""
    ) -> Response:
        values = {"name": "", "display_name": "", "email": "", "role": Role.AGENT.value} | (given or {})
        return self._shell.page(
            request,
            "people.html",
            staff=staff,
            title="Staff",
            nav="settings",
            status=400 if why else 200,
            people=self._staff.everyone(),
            roles=_roles(),
            given=values,
            field_name=field,
            why=why,
        )

    def add(self, request: Request, staff: SignedIn, given: dict[str, str]) -> Response:
        given = {key: " ".join(value.split()) for key, value in given.items()}
        given["name"] = given["name"].lower()
        given["display_name"] = given["display_name"] or given["name"].capitalize()
        problem = problem_with(**given)
        if problem:
            return self.show(request, staff, given=given, field=problem[0], why=problem[1])
        try:
            member, token = self._staff.add(
                name=given["name"],
                display_name=given["display_name"],
                email=given["email"] or None,
                role=Role(given["role"]),
                by=_by(staff),
                now=self._shell.now(),
            )
        except NameTakenError as error:
            return self.show(request, staff, given=given, field="name", why=error.detail)
        return self._link(request, staff, member, token)

    def set_role(self, request: Request, staff: SignedIn, staff_id: str, role: str) -> Response:
        if role not in set(Role):
            raise self._shell.missing()
        member = self._staff.get(staff_id=staff_id)
        if member.role == role:
            return self._shell.redirect("/staff/people")
        return self._change(
            request,
            staff,
            lambda: self._staff.set_role(staff_id=staff_id, role=Role(role), by=_by(staff), now=self._shell.now()),
            f"{member.display_name} has the role {role} now.",
        )

    def switch(self, request: Request, staff: SignedIn, staff_id: str, *, is_on: bool) -> Response:
        member = self._staff.get(staff_id=staff_id)
        change = self._staff.enable if is_on else self._staff.disable
        done = "may sign in again" if is_on else "is switched off and signed out"
        return self._change(
            request,
            staff,
            lambda: change(staff_id=staff_id, by=_by(staff), now=self._shell.now()),
            f"{member.display_name} {done}.",
        )

    def invite(self, request: Request, staff: SignedIn, staff_id: str) -> Response:
        token = self._staff.invite(staff_id=staff_id, by=_by(staff), now=self._shell.now())
        return self._link(request, staff, self._staff.get(staff_id=staff_id), token)

    def _change(self, request: Request, staff: SignedIn, change: Callable[[], None], notice: str) -> Response:
        try:
            change()
        except LastAdminError as error:
            return self.show(request, staff, why=error.detail)
        return self._shell.redirect("/staff/people", notice)

    def _link(self, request: Request, staff: SignedIn, member: StaffMember, token: str) -> Response:
        """Show a link once; only its digest is kept."""
        return self._shell.page(
            request,
            "people_link.html",
            staff=staff,
            title="A link to hand on",
            nav="settings",
            member=member,
            link=f"{self._shell.origin(request)}/staff/invite/{token}",
        )


def _roles() -> list[tuple[str, str]]:
    shown = {
        Role.REVIEWER: "Reviewer: reads and reviews",
        Role.AGENT: "Agent: also talks with patients",
        Role.LEAD: "Lead: also settles, assigns, exports",
        Role.ADMIN: "Admin: also staff, privacy, audit",
    }
    return [(role.value, words) for role, words in shown.items()]


def _by(staff: SignedIn) -> By:
    return By(name=staff.name, staff_id=staff.id)
