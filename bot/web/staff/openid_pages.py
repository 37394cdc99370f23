"""The two routes of a sign-in with OpenID Connect: to the issuer, and back."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from bot.db.staff import StaffStore
from bot.web.staff.entrance import Entrance
from bot.web.staff.openid import Begun, OpenId, OpenIdError
from bot.web.staff.shell import Shell, local_path

PATH = "/staff/sign-in/openid"
_COOKIE = "staff_openid"
_AGE_S = 600
_STRANGER = "The other service knows you, but there is no account for you here. Ask an admin to add you."
_BEGIN_AGAIN = "The sign-in took too long or was begun elsewhere. Begin again."
_MAX_CODE_CHARS = 4000


def openid_router(shell: Shell, *, openid: OpenId, staff: StaffStore, entrance: Entrance, secret: str) -> APIRouter:
    """Make the routes.

    Args:
        secret: Signs what the browser keeps on its way.
    """
    router = APIRouter()
    signer = URLSafeTimedSerializer(secret, salt="bot.staff.openid")

    @router.get("/sign-in/openid")
    def begin(request: Request, next: str | None = None) -> Response:  # noqa: A002  # the query's usual name
        try:
            address, begun = openid.begin(redirect_uri=_back(shell, request))
        except OpenIdError as error:
            return _stop(shell, request, error.detail)
        response = RedirectResponse(address, status_code=303)
        kept = signer.dumps(asdict(begun) | {"onward": local_path(next)})
        # The way back comes from another site: a strict cookie would not be sent.
        shell.cookies.set(response, _COOKIE, str(kept), max_age_s=_AGE_S, same_site="lax")
        return response

    @router.get("/sign-in/openid/back")
    def back(request: Request, state: str = "", code: str = "") -> Response:
        try:
            kept = signer.loads(shell.cookies.read(request, _COOKIE) or "", max_age=_AGE_S)
        except BadData:
            return _stop(shell, request, _BEGIN_AGAIN)
        onward = local_path(kept.pop("onward"))
        try:
            identity = openid.finish(
                redirect_uri=_back(shell, request), state=state, code=code[:_MAX_CODE_CHARS], begun=Begun(**kept)
            )
        except OpenIdError as error:
            entrance.fail(staff_id=None)
            return _stop(shell, request, error.detail)
        member = staff.of_identity(subject=identity.subject, email=identity.email, now=shell.now())
        if member is None:
            entrance.fail(staff_id=None)
            return _stop(shell, request, _STRANGER)
        response = entrance.enter(request, member, way="openid", onward=onward)
        shell.cookies.drop(response, _COOKIE)
        return response

    return router


def _back(shell: Shell, request: Request) -> str:
    return f"{shell.origin(request)}{PATH}/back"


def _stop(shell: Shell, request: Request, detail: str) -> Response:
    response = shell.page(request, "stop.html", staff=None, title="That did not work", status=403, detail=detail)
    shell.cookies.drop(response, _COOKIE)
    return response
