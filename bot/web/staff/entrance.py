"""The one place where somebody who has proved who they are gets a session."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from bot.db.sign_ins import SignInStore
from bot.db.staff import StaffMember
from bot.web.staff.shell import Shell


class Entrance:
    """Opens and closes sessions; whatever cookie a browser comes with, a sign-in gives it a new one.

    Args:
        shell: Cookies, clock and lifetimes.
        sign_ins: The sessions.
    """

    def __init__(self, *, shell: Shell, sign_ins: SignInStore) -> None:
        self._shell = shell
        self._sign_ins = sign_ins

    def enter(
        self, request: Request, member: StaffMember, *, way: str, onward: str, notice: str | None = None
    ) -> Response:
        """Sign somebody in and go on to `onward`, a path of the console."""
        self._close(request)
        token = self._sign_ins.open(staff_id=member.id, way=way, lifetimes=self._shell.lifetimes, now=self._shell.now())
        response = self._shell.redirect(onward, notice)
        self._shell.cookies.set(response, "staff", token)
        self._shell.cookies.drop(response, "staff_form")
        return response

    def leave(self, request: Request) -> Response:
        """End the session here and in the browser."""
        self._close(request)
        response = self._shell.redirect("/staff/sign-in", "You are signed out.")
        self._shell.cookies.drop(response, "staff")
        return response

    def fail(self, *, staff_id: str | None) -> None:
        """Write down a try that failed; None: of nobody we know."""
        self._sign_ins.fail(staff_id=staff_id, now=self._shell.now())

    def _close(self, request: Request) -> None:
        token = self._shell.cookies.read(request, "staff")
        if token is not None:
            self._sign_ins.close(token=token, now=self._shell.now())
