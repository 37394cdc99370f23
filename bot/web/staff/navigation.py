"""Where one can go in the console, by role."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain import Role


@dataclass(frozen=True, slots=True)
class Item:
    """One entry.

    Attributes:
        key: What a page calls itself with `nav`.
        role: Who sees it: this role and those above.
        about: What it is for, on the settings page.
    """

    key: str
    title: str
    path: str
    role: Role
    about: str = ""


NAVIGATION = (
    Item("queue", "Queue", "/staff/queue", Role.AGENT),
    Item("transcripts", "Transcripts", "/staff/transcripts", Role.REVIEWER),
    Item("review", "Review", "/staff/review", Role.REVIEWER),
    Item("gaps", "Gaps", "/staff/gaps", Role.REVIEWER),
    Item("overview", "Overview", "/staff/overview", Role.REVIEWER),
    Item("settings", "Settings", "/staff/settings", Role.REVIEWER),
)

SETTINGS = (
    Item("account", "Your account", "/staff/account", Role.REVIEWER, "Your name for patients, and your password."),
    Item("canned", "Canned replies", "/staff/canned", Role.LEAD, "Sentences that staff can put into a talk."),
    Item("labels", "Labels", "/staff/labels", Role.LEAD, "The words that conversations are sorted by."),
    Item("people", "Staff", "/staff/people", Role.ADMIN, "Who may sign in, and in which role."),
    Item("partners", "Partners", "/staff/partners", Role.ADMIN, "Portals that show the chat, their keys and figures."),
    Item("privacy", "Privacy", "/staff/privacy", Role.ADMIN, "How long conversations are kept, and erasing them."),
    Item("notices", "Notices", "/staff/notices", Role.ADMIN, "Whether staff are told of new requests."),
    Item("audit", "Audit log", "/staff/audit", Role.ADMIN, "Who read and changed what."),
)


def items_for(may: Callable[[Role], bool], items: tuple[Item, ...] = NAVIGATION) -> tuple[Item, ...]:
    """Return the entries that somebody may see."""
    return tuple(item for item in items if may(item.role))


def first_path(may: Callable[[Role], bool]) -> str:
    """Return where somebody begins: the queue, or for a reviewer the reviews."""
    return "/staff/queue" if may(Role.AGENT) else "/staff/review"
