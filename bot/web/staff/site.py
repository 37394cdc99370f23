"""The console's routes together: each part hands in its router, the frame around them is the `Shell`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from bot.db.retention import RetentionRules
from bot.db.review_values import ReviewRules
from bot.db.stores import Stores
from bot.domain import Role
from bot.web.staff.accounts import OtherWay, accounts_router
from bot.web.staff.audit_log import audit_router
from bot.web.staff.beside import beside_router
from bot.web.staff.conversation import conversation_router
from bot.web.staff.entrance import Entrance
from bot.web.staff.exports import exports_router
from bot.web.staff.gaps import Gaps, gaps_router
from bot.web.staff.lessons import lessons_router
from bot.web.staff.navigation import SETTINGS, first_path, items_for
from bot.web.staff.notices import notices_router
from bot.web.staff.overview import overview_router
from bot.web.staff.partners import PartnerDesk, partners_router
from bot.web.staff.passwords import Passwords
from bot.web.staff.people import people_router
from bot.web.staff.privacy import privacy_router
from bot.web.staff.queue import queue_router
from bot.web.staff.reviews import reviews_router
from bot.web.staff.settings_lists import lists_of_words_router
from bot.web.staff.shell import Refusal, Shell, SignedIn
from bot.web.staff.talk import talk_router
from bot.web.staff.transcripts import transcripts_router
from bot.web.staff.views import views_router

if TYPE_CHECKING:
    from bot.conversation.desk import Desk
    from bot.conversation.live import Live
    from bot.web.staff.openid import OpenId


@dataclass(frozen=True, slots=True)
class SignInWays:
    """How staff prove who they are.

    Attributes:
        passwords: Checks passwords; None: as they should be outside of tests.
        openid: An issuer beside the passwords; None: passwords alone.
        secret: Signs what a browser keeps on its way to the issuer.
    """

    passwords: Passwords | None = None
    openid: OpenId | None = None
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What the admins' pages tell of what runs by itself.

    Attributes:
        rules: How long conversations are kept.
        channels: The ways in which staff are told of new requests.
        review: Which replies are looked at.
    """

    rules: RetentionRules = field(default_factory=RetentionRules)
    channels: tuple[str, ...] = ()
    review: ReviewRules = field(default_factory=ReviewRules)


def staff_router(
    shell: Shell,
    *,
    stores: Stores,
    desk: Desk,
    live: Live,
    ways: SignInWays | None = None,
    upkeep: Upkeep | None = None,
    gaps: Gaps | None = None,
    partners: PartnerDesk | None = None,
) -> APIRouter:
    """Make all routes below ``/staff``; `Shell.install` must be called on the application they are added to."""
    router = APIRouter(prefix="/staff", include_in_schema=False)
    _add_home(router, shell, stores)
    _add_sign_in(router, shell, stores, ways or SignInWays())
    router.include_router(queue_router(shell, desk=desk, live=live))
    router.include_router(conversation_router(shell, stores=stores, desk=desk))
    router.include_router(talk_router(shell, stores=stores, desk=desk))
    router.include_router(people_router(shell, staff=stores.staff))
    upkeep = upkeep or Upkeep()
    router.include_router(privacy_router(shell, stores=stores, rules=upkeep.rules))
    router.include_router(notices_router(shell, stores=stores, channels=upkeep.channels))
    router.include_router(audit_router(shell, stores=stores))
    router.include_router(transcripts_router(shell, lists=stores.lists, beside=stores.beside, audit=stores.audit))
    router.include_router(exports_router(shell, exports=stores.exports))
    router.include_router(views_router(shell, beside=stores.beside))
    router.include_router(beside_router(shell, beside=stores.beside))
    router.include_router(lists_of_words_router(shell, beside=stores.beside))
    router.include_router(overview_router(shell, figures=stores.figures))
    if gaps is not None:
        router.include_router(gaps_router(shell, gaps=gaps, audit=stores.audit))
    if partners is not None:
        router.include_router(partners_router(shell, stores=stores, desk=partners))
    router.include_router(lessons_router(shell, stores=stores))
    router.include_router(reviews_router(shell, stores=stores, rules=upkeep.review))
    _add_rest(router, shell)
    return router


def add_console(
    app: FastAPI,
    shell: Shell,
    *,
    stores: Stores,
    desk: Desk,
    live: Live,
    ways: SignInWays | None = None,
    upkeep: Upkeep | None = None,
    gaps: Gaps | None = None,
    partners: PartnerDesk | None = None,
) -> None:
    """Add the console to an application."""
    shell.install(app)
    router = staff_router(
        shell, stores=stores, desk=desk, live=live, ways=ways, upkeep=upkeep, gaps=gaps, partners=partners
    )
    app.include_router(router)


def _add_sign_in(router: APIRouter, shell: Shell, stores: Stores, ways: SignInWays) -> None:
    entrance = Entrance(shell=shell, sign_ins=stores.sign_ins)
    others = []
    if ways.openid is not None:
        # Authlib is installed only where it is used.
        from bot.web.staff.openid_pages import PATH, openid_router

        others.append(OtherWay(title=ways.openid.title, path=PATH))
        router.include_router(
            openid_router(shell, openid=ways.openid, staff=stores.staff, entrance=entrance, secret=ways.secret)
        )
    router.include_router(
        accounts_router(shell, staff=stores.staff, entrance=entrance, passwords=ways.passwords, other_ways=others)
    )


def _add_home(router: APIRouter, shell: Shell, stores: Stores) -> None:
    anyone = Depends(shell.require(Role.REVIEWER))

    @router.get("")
    @router.get("/")
    def home(request: Request) -> Response:
        """Go where this person's work is; before there is anybody, say how to begin."""
        staff = shell.who(request)
        if staff is not None:
            return RedirectResponse(first_path(staff.may), status_code=303)
        if stores.staff.is_empty():
            return shell.page(request, "first.html", staff=None, title="Staff console")
        raise Refusal(401)

    @router.get("/settings")
    def settings(request: Request, staff: SignedIn = anyone) -> Response:
        pages = items_for(staff.may, SETTINGS)
        return shell.page(request, "settings.html", staff=staff, title="Settings", nav="settings", pages=pages)


def _add_rest(router: APIRouter, shell: Shell) -> None:
    """Answer every other address the same way: strangers sign in first, so that they learn of no page."""
    anyone = Depends(shell.require(Role.REVIEWER))

    @router.api_route("/{path:path}", methods=["GET", "HEAD"])
    def nothing(path: str, staff: SignedIn = anyone) -> Response:
        raise shell.missing()
