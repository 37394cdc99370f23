"""Signing in and out, one's own account, and the first password by invite."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from bot.db.staff import By, StaffMember, StaffStore, new_token
from bot.domain import Role
from bot.errors import NotFoundError
from bot.web.staff.entrance import Entrance
from bot.web.staff.particulars import MAX_DISPLAY_CHARS, is_display_name
from bot.web.staff.passwords import MAX_CHARS, Passwords, weakness
from bot.web.staff.shell import Refusal, Shell, SignedIn, local_path
from bot.web.staff.tries import Tries

_LOGGER = logging.getLogger(__name__)
_WRONG = (
    "That did not work. Check the name and the password. After several wrong tries signing in is blocked for a while."
)
_TOO_MANY = "Too many tries came from your network. Wait some minutes and try again."
_MAX_NAME_CHARS = 60
_USED_UP = "This link was used already, or it is too old. Sign in, or ask an admin for a new link."

Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class OtherWay:
    """A way to sign in beside the password.

    Attributes:
        title: What its button says.
        path: Where it begins.
    """

    title: str
    path: str


def accounts_router(
    shell: Shell,
    *,
    staff: StaffStore,
    entrance: Entrance,
    passwords: Passwords | None = None,
    tries: Tries | None = None,
    other_ways: Sequence[OtherWay] = (),
) -> APIRouter:
    """Make the routes of signing in and of one's own account."""
    router = APIRouter()
    pages = _SignIn(
        shell=shell,
        staff=staff,
        entrance=entrance,
        passwords=passwords or Passwords(),
        tries=tries or Tries(),
        other_ways=other_ways,
    )
    anyone = Depends(shell.require(Role.REVIEWER))
    checked = Depends(shell.checked(Role.REVIEWER))

    @router.get("/sign-in")
    def sign_in(request: Request, next: str | None = None) -> Response:  # noqa: A002  # the query's usual name
        return pages.show(request, onward=local_path(next))

    @router.post("/sign-in")
    def sign_in_with(
        request: Request, name: Text = "", password: Text = "", csrf: Text = "", onward: Text = ""
    ) -> Response:
        return pages.sign_in(request, name=name, password=password, csrf=csrf, onward=local_path(onward))

    @router.post("/sign-out")
    def sign_out(request: Request, staff: SignedIn = checked) -> Response:
        return entrance.leave(request)

    @router.get("/invite/{token}")
    def invite(request: Request, token: str) -> Response:
        return pages.invited(request, token=token)

    @router.post("/invite/{token}")
    def accept(request: Request, token: str, password: Text = "", again: Text = "") -> Response:
        return pages.accept(request, token=token, password=password, again=again)

    @router.get("/account")
    def account(request: Request, staff: SignedIn = anyone) -> Response:
        return pages.account(request, staff)

    @router.post("/account/name")
    def rename(request: Request, display_name: Text = "", staff: SignedIn = checked) -> Response:
        return pages.rename(request, staff, display_name=display_name)

    @router.post("/account/password")
    def change_password(
        request: Request, old: Text = "", password: Text = "", again: Text = "", staff: SignedIn = checked
    ) -> Response:
        return pages.change_password(request, staff, old=old, password=password, again=again)

    return router


class _SignIn:
    """What the routes do."""

    def __init__(
        self,
        *,
        shell: Shell,
        staff: StaffStore,
        entrance: Entrance,
        passwords: Passwords,
        tries: Tries,
        other_ways: Sequence[OtherWay],
    ) -> None:
        self._shell = shell
        self._staff = staff
        self._entrance = entrance
        self._passwords = passwords
        self._tries = tries
        self._other_ways = other_ways

    def show(self, request: Request, *, onward: str, trouble: str = "", name: str = "", status: int = 200) -> Response:
        """Show the form; it carries a token that only this browser's cookie matches."""
        if not trouble and self._shell.who(request) is not None:
            return self._shell.redirect(onward)
        if self._staff.is_empty():
            return self._shell.redirect("/staff")
        seed = self._shell.cookies.read(request, "staff_form") or new_token()
        response = self._shell.page(
            request, "sign_in.html", staff=None, title="Sign in", status=status, onward=onward, trouble=trouble,
            name=name, form_token=_form_token(seed), other_ways=self._other_ways,
        )  # fmt: skip
        self._shell.cookies.set(response, "staff_form", seed)
        return response

    def sign_in(self, request: Request, *, name: str, password: str, csrf: str, onward: str) -> Response:
        """Check a name and a password; whatever is wrong, the answer is the same."""
        seed = self._shell.cookies.read(request, "staff_form") or ""
        if not self._shell.is_own(request) or not hmac.compare_digest(csrf.encode(), _form_token(seed).encode()):
            trouble = "This page was open for too long. Try again."
            return self.show(request, onward=onward, trouble=trouble, name=name, status=403)
        address = request.client.host if request.client else ""
        if not self._tries.may_try(address):
            _LOGGER.warning("too many sign-ins from one address")
            return self.show(request, onward=onward, trouble=_TOO_MANY, name=name, status=429)
        member = self._staff.find(name=name[:_MAX_NAME_CHARS])
        if not self._is_right(member, password):
            self._tries.count(address)
            self._entrance.fail(staff_id=member.id if member else None)
            return self.show(request, onward=onward, trouble=_WRONG, name=name, status=403)
        assert member is not None  # noqa: S101  # what is right has an owner
        return self._entrance.enter(request, member, way="password", onward=onward)

    def invited(self, request: Request, *, token: str, problem: str = "") -> Response:
        """Show the form for a first password; looking at it uses nothing up, since mail programs do."""
        member = self._staff.invited(token=token, now=self._shell.now())
        if member is None:
            raise Refusal(404, detail=_USED_UP)
        status = 400 if problem else 200
        return self._shell.page(
            request, "invite.html", staff=None, title="Choose a password", status=status, member=member, problem=problem
        )

    def accept(self, request: Request, *, token: str, password: str, again: str) -> Response:
        """Set the password of an invite and sign its owner in; the token is all the proof there is."""
        member = self._staff.invited(token=token, now=self._shell.now())
        if member is None or not self._shell.is_own(request):
            raise Refusal(404, detail=_USED_UP)
        problem = _problem(member, password, again)
        if problem:
            return self.invited(request, token=token, problem=problem)
        now = self._shell.now()
        member = self._staff.accept_invite(token=token, password_hash=self._passwords.hash(password), now=now)
        return self._entrance.enter(request, member, way="invite", onward="/staff", notice="Your password is set.")

    def account(self, request: Request, staff: SignedIn, *, problem: str = "", field: str = "") -> Response:
        """Show one's own account."""
        member = self._staff.get(staff_id=staff.id)
        return self._shell.page(
            request, "account.html", staff=staff, title="Your account", nav="settings",
            status=400 if problem else 200, member=member, problem=problem, field_name=field,
            other_title=self._other_ways[0].title if self._other_ways else "",
        )  # fmt: skip

    def rename(self, request: Request, staff: SignedIn, *, display_name: str) -> Response:
        """Change the name that patients see."""
        name = " ".join(display_name.split())
        if not is_display_name(name):
            problem = f"Take 1 to {MAX_DISPLAY_CHARS} characters."
            return self.account(request, staff, problem=problem, field="display_name")
        self._staff.rename(staff_id=staff.id, display_name=name, by=_by(staff), now=self._shell.now())
        return self._shell.redirect("/staff/account", "Your name is changed.")

    def change_password(self, request: Request, staff: SignedIn, *, old: str, password: str, again: str) -> Response:
        """Change one's own password; every session ends and this browser gets a new one."""
        member = self._staff.get(staff_id=staff.id)
        if not self._is_right(member, old):
            self._entrance.fail(staff_id=staff.id)
            return self.account(request, staff, problem="This is not your present password.", field="old")
        problem = _problem(member, password, again)
        if problem:
            return self.account(request, staff, problem=problem, field="password")
        now, hashed = self._shell.now(), self._passwords.hash(password)
        self._staff.change_password(staff_id=staff.id, password_hash=hashed, by=_by(staff), now=now)
        notice = "Your password is changed. You are signed out everywhere else."
        return self._entrance.enter(request, member, way="password", onward="/staff/account", notice=notice)

    def _is_right(self, member: StaffMember | None, password: str) -> bool:
        """Check a password; the hash is worked out for unknown and locked names too, so that all take the same time."""
        stored = None if member is None else self._password_hash(member)
        is_right = self._passwords.is_right(password, stored)
        if member is None or not member.is_active:
            return False
        is_locked = member.locked_until is not None and member.locked_until > self._shell.now()
        return is_right and not is_locked

    def _password_hash(self, member: StaffMember) -> str | None:
        try:
            return self._staff.password_hash(staff_id=member.id)
        except NotFoundError:
            return None


def _problem(member: StaffMember, password: str, again: str) -> str:
    if len(password) > MAX_CHARS:
        return f"Take at most {MAX_CHARS} characters."
    names = (member.name, member.display_name, member.email or "")
    return weakness(password, names=names) or (
        "" if password == again else "The two are not the same. Type both again."
    )


def _by(staff: SignedIn) -> By:
    return By(name=staff.name, staff_id=staff.id)


def _form_token(seed: str) -> str:
    return hashlib.sha256(f"staff form {seed}".encode()).hexdigest()
